import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import { printConfig } from '../../../src/config/print.ts';
import { makeFolder, twoUpstreams } from './folder.ts';

const users = twoUpstreams['upstreams/users.yaml'];

interface Shown {
  readonly gateway: {
    readonly cache: Readonly<Record<string, unknown>>;
    readonly routes: readonly { readonly cache: unknown }[];
  };
  readonly upstreams: Readonly<Record<string, { readonly cache: unknown }>>;
}

async function print(context: TestContext, gateway: string, upstream: string): Promise<string> {
  const files = { ...twoUpstreams, 'gateway.yaml': gateway, 'upstreams/users.yaml': upstream, age: '7s' };
  return printConfig(await loadGatewayFolder(await makeFolder(context, files), {}));
}

const everything = `
redis: { url: redis://127.0.0.1:1 }
cache:
  maxSize: 4MiB
  maxEntrySize: 64KiB
  timeout: 5ms
  show: true
  graphql:
    fields:
      Query.products: { maxAge: 60s }
      Query.now: { maxAge: 0s }
      Product: { maxAge: 5m, scope: PRIVATE }
      User.email: { scope: PRIVATE }
      Order.lines: { inheritMaxAge: true }
    staleWhileRevalidate: 30s
    staleIfError: 10m
    partial: true
    obeyUpstreams: false
    invalidateByMutations: false
  entities: { Product: { maxAge: 60s }, Price: { maxAge: 5s, scope: PRIVATE } }
routes:
  - path: /a
    upstream: users
    cache:
      maxAge: 10m
      defaultMaxAge: 30s
      methods: [GET]
      statuses: [200, 404]
      contentTypes: [Application/json]
      key: { query: [], headers: [Accept-Language], caller: true }
      staleWhileRevalidate: 30s
      staleIfError: 1h
  - { path: /b, upstream: users, cache: true }
  - { path: /c, upstream: users, cache: false }
  - { path: /d, upstream: users }
`;

test('what is kept is printed with the keys and units of the files, defaults too', async (context) => {
  const { gateway, upstreams } = parse(await print(context, everything, `${users}cache: { maxAge: 90s }`)) as Shown;
  assert.deepEqual(gateway.cache, {
    maxSize: '4MiB',
    maxEntrySize: '64KiB',
    store: 'redis',
    timeout: '5ms',
    show: true,
    graphql: {
      fields: {
        'Query.products': { maxAge: '1m' },
        'Query.now': { maxAge: '0s' },
        Product: { maxAge: '5m', scope: 'PRIVATE' },
        'User.email': { scope: 'PRIVATE' },
        'Order.lines': { inheritMaxAge: true },
      },
      staleWhileRevalidate: '30s',
      staleIfError: '10m',
      partial: true,
      obeyUpstreams: false,
      invalidateByMutations: false,
    },
    entities: { Product: { maxAge: '1m', scope: 'PUBLIC' }, Price: { maxAge: '5s', scope: 'PRIVATE' } },
  });
  const none = { staleWhileRevalidate: '0s', staleIfError: '0s' };
  assert.deepEqual(
    gateway.routes.map(({ cache }) => cache),
    [
      {
        maxAge: '10m',
        defaultMaxAge: '30s',
        methods: ['GET'],
        statuses: [200, 404],
        contentTypes: ['application/json'],
        key: { query: [], headers: ['accept-language'], caller: true },
        staleWhileRevalidate: '30s',
        staleIfError: '1h',
      },
      {
        methods: ['GET', 'HEAD'],
        statuses: [200, 203, 204, 300, 301, 308, 404, 410],
        key: { headers: [], caller: false },
        ...none,
      },
      false,
      false,
    ],
  );
  assert.deepEqual(upstreams['users']?.cache, { maxAge: '90s' });
  assert.equal(upstreams['reviews']?.cache, undefined);
});

test('the printed configuration of what is kept is a configuration again', async (context) => {
  for (const cache of ['true', 'false', '{ defaultMaxAge: 5s }']) {
    const first = await print(context, everything, `${users}cache: ${cache}`);
    const { gateway, upstreams } = parse(first) as Shown;
    assert.equal(await print(context, JSON.stringify(gateway), JSON.stringify(upstreams['users'])), first);
  }
  const first = await print(context, 'cache: { graphql: true, maxSize: 64KiB }', users);
  const { gateway } = parse(first) as Shown;
  assert.equal(gateway.cache['maxEntrySize'], '64KiB');
  assert.equal(await print(context, JSON.stringify(gateway), users), first);
});

test('a value from another file is not printed', async (context) => {
  const text = 'routes: [{ path: /a, upstream: users, cache: { maxAge: "${file:./age}" } }]';
  const { gateway } = parse(await print(context, text, users)) as Shown;
  const cache = gateway.routes[0]?.cache as { readonly maxAge: unknown } | undefined;
  assert.equal(cache?.maxAge, '***');
});
