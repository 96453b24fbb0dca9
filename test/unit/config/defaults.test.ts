import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { ConfigurationError } from '../../../src/config/configuration-error.ts';
import { defaultGatewayConfig, upstreamConfigForUrl } from '../../../src/config/defaults.ts';

test('a gateway without a folder has every default, PORT and flags over them', () => {
  const config = defaultGatewayConfig({});
  assert.equal(config.file, undefined);
  assert.equal(config.port, 4000);
  assert.equal(config.stateDir, resolve('.weft'));
  assert.equal(defaultGatewayConfig({ PORT: '5' }).port, 5);
  assert.equal(defaultGatewayConfig({ PORT: '5' }, { port: 6, host: '::1' }).port, 6);
  assert.throws(() => defaultGatewayConfig({ PORT: 'x' }), {
    code: 'CONFIGURATION_INVALID',
    message: 'environment variable PORT: expected an integer from 0 to 65535, got "x"',
  });
});

test('a subgraph of which only the URL is known is a federation upstream that is not polled', () => {
  const { name, kind, targets, pollMs, timeouts } = upstreamConfigForUrl('my-graph', 'http://a.test/graphql');
  assert.deepEqual(
    { name, kind, targets, pollMs },
    {
      name: 'my-graph',
      kind: 'federation',
      targets: ['http://a.test/graphql'],
      pollMs: 0,
    },
  );
  assert.equal(timeouts.totalMs, 5000);
});

test('a subgraph URL that cannot be called is refused without its password', () => {
  for (const url of ['', 'embedded', 'ftp://u:SECRET@a.test', 'http://a.test?x']) {
    assert.throws(
      () => upstreamConfigForUrl('a', url),
      (error: unknown) => {
        assert.ok(error instanceof ConfigurationError);
        assert.match(error.message, /^the supergraph: subgraph "a": expected an http:\/\/ or https:\/\/ URL/);
        assert.doesNotMatch(error.message, /SECRET/);
        return true;
      },
    );
  }
});
