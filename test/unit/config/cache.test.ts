import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { GraphqlCacheConfig, RouteCacheConfig } from '../../../src/config/cache-types.ts';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import type { UpstreamConfig } from '../../../src/config/types.ts';
import { cacheDefaults } from './cache-defaults.ts';
import { makeFolder, readGateway, twoUpstreams } from './folder.ts';

const redis = 'redis: { url: redis://127.0.0.1:1 }';

async function readRoute(context: TestContext, cache: string): Promise<RouteCacheConfig | undefined> {
  const { gateway } = await readGateway(context, `routes: [{ path: /a, upstream: users, cache: ${cache} }]`);
  return gateway.routes[0]?.cache;
}

async function readUsers(context: TestContext, line: string): Promise<UpstreamConfig | undefined> {
  const users = `${twoUpstreams['upstreams/users.yaml']}${line}`;
  const dir = await makeFolder(context, { ...twoUpstreams, 'upstreams/users.yaml': users });
  return (await loadGatewayFolder(dir, { CACHE: 'true' })).upstreams.find(({ name }) => name === 'users');
}

/** `graphql: true`. */
const graphqlDefaults: GraphqlCacheConfig = {
  coordinates: {},
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  partial: false,
  obeysUpstreams: true,
  invalidatesByMutations: true,
};

/** `cache: true` of a route. */
const routeDefaults: RouteCacheConfig = {
  maxAgeMs: undefined,
  defaultMaxAgeMs: undefined,
  methods: ['GET', 'HEAD'],
  statuses: [200, 203, 204, 300, 301, 308, 404, 410],
  contentTypes: [],
  key: { query: undefined, headers: [], caller: false },
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
};

test('nothing is kept where nothing is said of it', async (context) => {
  const { gateway } = await readGateway(context, 'routes: [{ path: /a, upstream: users }]');
  assert.deepEqual(gateway.cache, cacheDefaults);
  assert.equal(gateway.routes[0] !== undefined && 'cache' in gateway.routes[0], false);
});

test('instances share by Redis where there is one, unless the file says otherwise', async (context) => {
  assert.equal((await readGateway(context, redis)).gateway.cache.store, 'redis');
  assert.equal((await readGateway(context, `${redis}\ncache: { store: memory }`)).gateway.cache.store, 'memory');
  assert.equal((await readGateway(context, `${redis}\ncache: { store: redis }`)).gateway.cache.store, 'redis');
});

test('every key of cache is read, units become numbers', async (context) => {
  const text = `
cache:
  maxSize: 2MiB
  maxEntrySize: 2MiB
  timeout: 1s
  show: true
  graphql:
    fields:
      Query.products: { maxAge: 60s }
      Query.now: { maxAge: 0s }
      Product: { maxAge: 365d, scope: PRIVATE }
      User.email: { scope: PUBLIC }
      _Order.lines_2: { inheritMaxAge: true }
    staleWhileRevalidate: 30s
    staleIfError: 365d
    partial: true
    obeyUpstreams: false
    invalidateByMutations: false
  entities: { Product: { maxAge: 60s }, Price: { maxAge: 1ms, scope: PRIVATE } }
`;
  assert.deepEqual((await readGateway(context, text)).gateway.cache, {
    maxBytes: 2_097_152,
    maxEntryBytes: 2_097_152,
    store: 'memory',
    timeoutMs: 1000,
    show: true,
    graphql: {
      coordinates: {
        'Query.products': { maxAge: 60, scope: undefined, inheritMaxAge: false },
        'Query.now': { maxAge: 0, scope: undefined, inheritMaxAge: false },
        Product: { maxAge: 31_536_000, scope: 'PRIVATE', inheritMaxAge: false },
        'User.email': { maxAge: undefined, scope: 'PUBLIC', inheritMaxAge: false },
        '_Order.lines_2': { maxAge: undefined, scope: undefined, inheritMaxAge: true },
      },
      staleWhileRevalidateMs: 30_000,
      staleIfErrorMs: 31_536_000_000,
      partial: true,
      obeysUpstreams: false,
      invalidatesByMutations: false,
    },
    entities: {
      Product: { maxAgeMs: 60_000, scope: 'PUBLIC' },
      Price: { maxAgeMs: 1, scope: 'PRIVATE' },
    },
  });
});

test('graphql: true is a mapping that says nothing, and false is none', async (context) => {
  const read = async (graphql: string) =>
    (await readGateway(context, `cache: { graphql: ${graphql} }`)).gateway.cache.graphql;
  assert.deepEqual(await read('true'), graphqlDefaults);
  assert.deepEqual(await read('{}'), graphqlDefaults);
  assert.equal(await read('false'), undefined);
});

test('in a memory of less than the largest body by default, no body is larger than the memory', async (context) => {
  const { gateway } = await readGateway(context, 'cache: { maxSize: 64KiB }');
  assert.equal(gateway.cache.maxEntryBytes, 65_536);
});

test('cache: true of a route is a mapping that says nothing, and false is none', async (context) => {
  assert.deepEqual(await readRoute(context, 'true'), routeDefaults);
  assert.deepEqual(await readRoute(context, '{}'), routeDefaults);
  assert.equal(await readRoute(context, 'false'), undefined);
});

test('every key of what a route keeps is read; names of headers and media types have no letter case', async (context) => {
  const text = `
    maxAge: 10m
    defaultMaxAge: 10m
    methods: [GET]
    statuses: [200, 301, 599]
    contentTypes: [Application/JSON, image/svg+xml]
    key: { query: [page, "filter[a]"], headers: [Accept-Language, x-tenant], caller: true }
    staleWhileRevalidate: 30s
    staleIfError: 1h
`;
  assert.deepEqual(await readRoute(context, `{ ${text.trim().split('\n').join(',')} }`), {
    maxAgeMs: 600_000,
    defaultMaxAgeMs: 600_000,
    methods: ['GET'],
    statuses: [200, 301, 599],
    contentTypes: ['application/json', 'image/svg+xml'],
    key: { query: ['page', 'filter[a]'], headers: ['accept-language', 'x-tenant'], caller: true },
    staleWhileRevalidateMs: 30_000,
    staleIfErrorMs: 3_600_000,
  });
});

test('no query parameters at all are another key than all of them', async (context) => {
  assert.deepEqual((await readRoute(context, '{ key: { query: [] } }'))?.key.query, []);
  assert.equal((await readRoute(context, '{ key: {} }'))?.key.query, undefined);
});

test('a REST upstream says whether and how long its answers to operations are kept', async (context) => {
  const says = async (cache: string) => (await readUsers(context, `cache: ${cache}`))?.cache;
  const asTheySay = { maxAgeMs: undefined, defaultMaxAgeMs: undefined };
  assert.deepEqual(await says('true'), asTheySay);
  assert.deepEqual(await says('{}'), asTheySay);
  assert.deepEqual(await says('${CACHE}'), asTheySay);
  assert.deepEqual(await says('{ maxAge: 60s, defaultMaxAge: 5s }'), { maxAgeMs: 60_000, defaultMaxAgeMs: 5000 });
  for (const line of ['', 'cache: false']) {
    const users = await readUsers(context, line);
    assert.equal(users !== undefined && 'cache' in users, false);
  }
});

test('a route that serves GET or HEAD keeps the answers to it', async (context) => {
  for (const methods of ['GET, POST', 'HEAD, POST']) {
    const text = `routes: [{ path: /a, upstream: users, methods: [${methods}], cache: true }]`;
    assert.deepEqual((await readGateway(context, text)).gateway.routes[0]?.cache, routeDefaults);
  }
});
