import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import { gatewayRefusals, makeFolder, twoUpstreams, upstreamRefusals } from './folder.ts';

test('an unquoted ${VAR} has the type of what comes in, a quoted one is text', async (context) => {
  const text = 'port: ${P:-4100}\ngraphql: { graphiql: "${G}" }';
  assert.deepEqual(await gatewayRefusals(context, text, { G: 'false' }), [
    'gateway.yaml:2:22 graphql.graphiql: expected true, false or a mapping that says for whom, got "false" (from ${G})',
  ]);
  const files = { ...twoUpstreams, 'gateway.yaml': 'port: ${P:-4100}\ngraphql:\n  graphiql: ${G}' };
  const { gateway } = await loadGatewayFolder(await makeFolder(context, files), { G: 'false' });
  assert.equal(gateway.port, 4100);
  assert.equal(gateway.graphql.graphiql, false);
});

test('a header keeps the letters of its variable, even where they look like a number', async (context) => {
  const text = 'kind: graphql\ntargets: http://a.test\nheaders:\n  x-key: ${KEY}\n  x-flag: ${FLAG}\n';
  const dir = await makeFolder(context, { ...twoUpstreams, 'upstreams/reviews.yaml': text });
  const { upstreams } = await loadGatewayFolder(dir, { KEY: '007', FLAG: 'TRUE' });
  assert.deepEqual(upstreams[0]?.headers, {
    'x-key': { from: 'value', value: '007' },
    'x-flag': { from: 'value', value: 'TRUE' },
  });
});

test('variables, defaults, files and escapes stand in one text; what comes in is not looked at again', async (context) => {
  const text = [
    'kind: graphql',
    'targets: "http://${HOST:-localhost}:${PORT_OF:-81}/x"',
    'headers:',
    '  a: "Bearer ${file:./token}"',
    '  b: "$${HOST} $HOST $$"',
    '  c: "${NESTED}${EMPTY}."',
  ].join('\n');
  const dir = await makeFolder(context, {
    ...twoUpstreams,
    'upstreams/reviews.yaml': text,
    'upstreams/token': 'abc \r\n',
  });
  const { upstreams } = await loadGatewayFolder(dir, { HOST: '', PORT_OF: '82', NESTED: '${HOST}', EMPTY: '' });
  assert.deepEqual(upstreams[0]?.targets, ['http://localhost:82/x']);
  assert.deepEqual(upstreams[0]?.headers, {
    a: { from: 'value', value: 'Bearer abc ' },
    b: { from: 'value', value: '${HOST} $HOST $$' },
    c: { from: 'value', value: '${HOST}.' },
  });
});

test('each expression without a value is told once, and what follows from it is not', async (context) => {
  const text = [
    'port: ${P}',
    'host: ${}',
    'stateDir: "${A:-${B}}"',
    'engine: ${file:./nothing}',
    'log:',
    '  level: ${A',
    'graphql:',
    '  path: "${A-SECRET}"',
    '  firstOperation: ${file:.}',
  ].join('\n');
  assert.deepEqual(await gatewayRefusals(context, text), [
    'gateway.yaml:1:7 port: the environment variable P is not set',
    'gateway.yaml:2:7 host: expected ${NAME}, ${NAME:-default} or ${file:/path}, got ${}',
    'gateway.yaml:3:11 stateDir: expected ${NAME}, ${NAME:-default} or ${file:/path}, got ${A...}',
    'gateway.yaml:4:9 engine: the file ./nothing does not exist',
    'gateway.yaml:6:10 log.level: ${ has no closing }; write $${ where ${ itself is meant',
    'gateway.yaml:8:9 graphql.path: expected ${NAME}, ${NAME:-default} or ${file:/path}, got ${A...}',
    'gateway.yaml:9:19 graphql.firstOperation: the file . cannot be read (EISDIR)',
  ]);
});

test('a wrong value from a variable names the variable; one from a file stays hidden', async (context) => {
  const dir = { 'gateway.yaml': 'port: ${P}\nengine: ${file:./secret}', secret: 'MARKER' };
  const folder = await makeFolder(context, { ...twoUpstreams, ...dir });
  await assert.rejects(loadGatewayFolder(folder, { P: 'abc' }), {
    message: [
      'gateway.yaml:1:7 port: expected an integer from 0 to 65535, got "abc" (from ${P})',
      'gateway.yaml:2:9 engine: expected one of compiled, stitched, got "***" (from ${file:./secret})',
    ].join('\n'),
  });
});

test('a key that stands twice is refused with both places', async (context) => {
  assert.deepEqual(await gatewayRefusals(context, 'port: 1\nlog: { level: info, level: warn }\nport: 2\n'), [
    'gateway.yaml:2:21 log.level: the key stands here a second time, first in line 2',
    'gateway.yaml:3:1 port: the key stands here a second time, first in line 1',
  ]);
});

test('what is no YAML is told with its place, without the text that the parser stumbled on', async (context) => {
  const headers = (value: string): string => `kind: graphql\ntargets: http://a.test\nheaders:\n  a: ${value}\n`;
  const at = 'upstreams/reviews.yaml:4';
  assert.deepEqual(await upstreamRefusals(context, headers('!SECRET')), [`${at}:6 is not YAML: Unresolved tag`]);
  assert.deepEqual(await upstreamRefusals(context, headers('|SECRET')), [
    `${at}:7 is not YAML: Block scalar header includes extra characters`,
  ]);
  assert.deepEqual(await upstreamRefusals(context, headers('*SECRET')), [
    `${at}:6 headers.a: aliases (*name) are not read; write the value out`,
  ]);
});

test('an expression that YAML takes for a mapping comes with the advice to quote it', async (context) => {
  assert.deepEqual(await gatewayRefusals(context, 'routes: [${P}]'), [
    'gateway.yaml:1:11 is not YAML: Missing , or : between flow sequence items (put quotes around "${...}" here)',
  ]);
});

test('aliases are refused, so that no value stands at two places', async (context) => {
  assert.deepEqual(await gatewayRefusals(context, 'host: &a b\nstateDir: *a'), [
    'gateway.yaml:2:11 stateDir: aliases (*name) are not read; write the value out',
  ]);
});

test('a file that is no mapping is refused', async (context) => {
  const expected =
    'expected a mapping with the keys host, port, graphql, engine, tls, trustedProxies, addresses, cors, csrf, ' +
    'securityHeaders, redis, identity, consumers, tiers, authorization, audiences, limits, cache, routes, responseHeaders, shutdown, ' +
    'stateDir, telemetry, log';
  assert.deepEqual(await gatewayRefusals(context, '- 1'), [`gateway.yaml:1:1 ${expected}, got a list`]);
  assert.deepEqual(await gatewayRefusals(context, 'hello'), [`gateway.yaml:1:1 ${expected}, got "hello"`]);
});

test('a text that lacks its quotes and falls apart at a comma is refused without its rest, which may be a secret', async (context) => {
  const problem = 'expected "key: value", got a text without a colon; put quotes around texts with commas';
  assert.deepEqual(await gatewayRefusals(context, 'log: { level: info,SECRET }'), [
    `gateway.yaml:1:20 log: ${problem}`,
  ]);
  assert.deepEqual(await gatewayRefusals(context, '{ port: 1, SECRET }'), [`gateway.yaml:1:12 ${problem}`]);
});

test('a key is one line of a message whatever it is made of, and __proto__ is none', async (context) => {
  assert.deepEqual(await gatewayRefusals(context, '"a\\nb": 1\nlog: { __proto__: {} }'), [
    'gateway.yaml:1:1 "a\\nb": unknown key, ' +
      'known: host, port, graphql, engine, tls, trustedProxies, addresses, cors, csrf, securityHeaders, redis, identity, ' +
      'consumers, tiers, authorization, audiences, limits, cache, routes, responseHeaders, shutdown, stateDir, telemetry, log',
    'gateway.yaml:2:8 log.__proto__: this name is not possible',
  ]);
});
