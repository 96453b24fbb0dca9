import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CorsPolicy } from '../../../src/config/identity-types.ts';
import { createCors, type Cors } from '../../../src/policies/cors.ts';

function cors(...policies: readonly Partial<CorsPolicy>[]): Cors {
  return createCors({
    policies: policies.map((policy) => ({
      origins: ['*'],
      methods: ['GET', 'POST'],
      headers: undefined,
      exposedHeaders: [],
      credentials: false,
      maxAgeSeconds: 600,
      ...policy,
    })),
  });
}

function allowed({ responseHeaders }: Cors, origin: string): string | undefined {
  return responseHeaders(origin)['access-control-allow-origin'];
}

describe('origins', () => {
  test('an exact origin is itself alone', () => {
    const app = cors({ origins: ['https://app.example', 'http://localhost:3000'] });
    assert.equal(allowed(app, 'https://app.example'), 'https://app.example');
    assert.equal(allowed(app, 'http://localhost:3000'), 'http://localhost:3000');
    const others = [
      'http://app.example',
      'https://app.example:8443',
      'https://app.example.evil.example',
      'https://evil.example/https://app.example',
      'https://evilapp.example',
      'https://app.example/',
      'HTTPS://APP.EXAMPLE',
      'http://localhost',
      'null',
      '*',
      '',
    ];
    for (const origin of others) assert.equal(allowed(app, origin), undefined, origin);
  });

  test('letter case and default ports of the configuration do not count', () => {
    assert.equal(allowed(cors({ origins: ['HTTPS://App.Example:443'] }), 'https://app.example'), 'https://app.example');
  });

  test('a star in front stands for one label, of the same scheme and port', () => {
    const apps = cors({ origins: ['https://*.app.example', 'http://*.any.company.example:8080'] });
    for (const origin of ['https://a.app.example', 'https://a-1.app.example', 'http://x.any.company.example:8080']) {
      assert.equal(allowed(apps, origin), origin);
    }
    const others = [
      'https://app.example',
      'https://.app.example',
      'https://a.b.app.example',
      'http://a.app.example',
      'http://ab.app.example',
      'https://a.app.example:8443',
      'https://evil.example/.app.example',
      'https://evil.example:443/.app.example',
      'https://evil.example#.app.example',
      'https://evil.example\\.app.example',
      'https://evil@a.app.example',
      'https://a.app.example.evil.example',
      'https://evilapp.example',
      'https://-a.app.example',
      'https://a%2e.app.example',
      'https://*.app.example',
      'http://x.any.company.example',
    ];
    for (const origin of others) assert.equal(allowed(apps, origin), undefined, origin);
  });

  test('"*" is every origin, without credentials', () => {
    const all = cors({});
    assert.equal(allowed(all, 'https://a.example'), '*');
    assert.equal(allowed(all, 'null'), '*');
    assert.equal(all.responseHeaders('null')['access-control-allow-credentials'], undefined);
  });

  test('credentials for any page there is are a mistake of the configuration', () => {
    for (const origins of [['*'], ['https://a.example', '*'], ['null']]) {
      assert.throws(() => cors({ origins, credentials: true }), { code: 'CONFIGURATION_INVALID' }, String(origins));
    }
    assert.equal(allowed(cors({ origins: ['null'] }), 'null'), 'null');
  });

  test('what is no origin is a mistake of the configuration', () => {
    const wrong = [
      'app.example',
      'https://',
      'https://a.example/path',
      'https://*',
      'https://*.*.example',
      'ftp://a.example',
    ];
    for (const origin of [
      ...wrong,
      'https://a*.example',
      'https://a.*.example',
      '*.example',
      'https://user@a.example',
    ]) {
      assert.throws(() => cors({ origins: [origin] }), { code: 'CONFIGURATION_INVALID' }, origin);
    }
  });

  test('the first policy that has the origin counts', () => {
    const two = cors({ origins: ['https://a.example'], credentials: true }, { exposedHeaders: ['x-b'] });
    assert.deepEqual(two.responseHeaders('https://a.example'), {
      'access-control-allow-origin': 'https://a.example',
      'access-control-allow-credentials': 'true',
      vary: 'origin',
    });
    assert.deepEqual(two.responseHeaders('https://b.example'), {
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'x-b',
      vary: 'origin',
    });
  });
});

describe('an answer', () => {
  test('varies by origin as soon as origins are named, whoever asks', () => {
    const app = cors({ origins: ['https://app.example'] });
    for (const origin of ['https://app.example', 'https://evil.example', undefined]) {
      assert.equal(app.responseHeaders(origin)['vary'], 'origin');
    }
    assert.deepEqual(app.responseHeaders('https://evil.example'), { vary: 'origin' });
  });

  test('is the same for all where all may read it', () => {
    const all = cors({ exposedHeaders: ['x-request-id', 'etag'] });
    for (const origin of ['https://app.example', undefined]) {
      assert.deepEqual(all.responseHeaders(origin), {
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'x-request-id, etag',
      });
    }
  });
});

describe('a preflight', () => {
  const ask = (one: Cors, headers: Record<string, string>, method = 'OPTIONS'): unknown =>
    one.preflight({ method, headers }, { allowedMethods: ['GET', 'HEAD', 'POST', 'DELETE'] });
  const asks = { origin: 'https://app.example', 'access-control-request-method': 'POST' };
  const app = cors({ origins: ['https://app.example'], methods: ['GET', 'POST', 'PUT'], credentials: true });

  test('names the methods that policy and route both allow, and how long that holds', () => {
    assert.deepEqual(ask(app, asks), {
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, POST',
      'access-control-max-age': '600',
      vary: 'origin',
    });
  });

  test('lets pages send the headers they ask for, or those that the configuration names', () => {
    const headersOf = (one: Cors, asked: string): unknown =>
      (ask(one, { ...asks, 'access-control-request-headers': asked }) as Record<string, string>)[
        'access-control-allow-headers'
      ];
    assert.equal(headersOf(app, 'content-type,x-a'), 'content-type, x-a');
    assert.equal(headersOf(app, 'x-a, "x b"'), undefined);
    assert.equal(headersOf(cors({ headers: ['content-type', 'authorization'] }), 'x-a'), 'content-type, authorization');
  });

  test('of an origin that is not allowed is told nothing', () => {
    assert.deepEqual(ask(app, { ...asks, origin: 'https://evil.example' }), { vary: 'origin' });
  });

  test('is nothing but OPTIONS with an origin and a method to ask for', () => {
    assert.equal(ask(app, asks, 'POST'), undefined);
    assert.equal(ask(app, { origin: 'https://app.example' }), undefined);
    assert.equal(ask(app, { 'access-control-request-method': 'POST' }), undefined);
  });
});

test('how far an origin is trusted can be asked', () => {
  const two = cors({ origins: ['https://a.example'], credentials: true }, { origins: ['https://b.example'] });
  assert.deepEqual(['https://a.example', 'https://b.example', 'https://c.example', 'null'].map(two.trust), [
    'with-credentials',
    'without-credentials',
    'none',
    'none',
  ]);
});
