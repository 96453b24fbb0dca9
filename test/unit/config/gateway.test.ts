import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join } from 'node:path';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import { cacheDefaults } from './cache-defaults.ts';
import { gatewayRefusals, makeFolder, twoUpstreams } from './folder.ts';
import { limitDefaults } from './limit-defaults.ts';
import { logDefaults, telemetryDefaults } from './telemetry-defaults.ts';

/** What a door says that says nothing: all is as for the listener. */
const openDoor = {
  anonymous: undefined,
  access: undefined,
  addresses: undefined,
  cors: undefined,
  csrf: undefined,
  headers: undefined,
};

/** The security sections of a gateway.yaml that has none of them. */
const openToAll = {
  security: { trustedProxies: [], addresses: undefined, cors: undefined, csrf: true, headers: {} },
  tls: undefined,
  redis: undefined,
  identity: { providers: [], anonymous: true, consumers: [], tiers: [], revocations: undefined },
  authorization: { mode: 'mask', policies: undefined },
  audiences: [],
};

/** What the GraphQL endpoint of such a file says of documents. */
const wholeDocuments = { maxBatch: 0, persisted: { automatic: undefined, trusted: undefined } };

test('an empty gateway.yaml is a whole configuration: every default', async (context) => {
  const dir = await makeFolder(context, twoUpstreams);
  const { gateway } = await loadGatewayFolder(dir, {});
  assert.deepEqual(gateway, {
    file: join(dir, 'gateway.yaml'),
    host: '127.0.0.1',
    port: 4000,
    graphql: {
      path: '/graphql',
      graphiql: true,
      introspection: true,
      suggestions: true,
      door: openDoor,
      maxBodyBytes: 1_048_576,
      firstOperation: undefined,
      queryPlan: false,
      timeline: false,
      ...wholeDocuments,
    },
    engine: 'compiled',
    routes: [],
    ...openToAll,
    limits: limitDefaults,
    cache: cacheDefaults,
    responseHeaders: {},
    shutdown: { drainMs: 20_000 },
    stateDir: join(dir, '.weft'),
    telemetry: telemetryDefaults,
    log: logDefaults,
  });
});

test('every key of gateway.yaml is read, units become numbers and paths absolute', async (context) => {
  const text = `
host: 0.0.0.0
port: 80
graphql: { path: /api/graphql, graphiql: false, maxBodySize: 2KiB, firstOperation: ./first.graphql, queryPlan: true, timeline: true }
engine: stitched
routes:
  - { path: /api/users, upstream: users, stripPrefix: /api, methods: [GET, POST] }
  - { path: /reviews, upstream: reviews }
responseHeaders: { Set-Cookie: append, cache-control: most-restrictive }
shutdown: { drain: 0s }
stateDir: ./state
log: { level: debug }
`;
  const dir = await makeFolder(context, { ...twoUpstreams, 'gateway.yaml': text, 'first.graphql': '{ users }' });
  const { gateway } = await loadGatewayFolder(dir, {});
  assert.deepEqual(gateway, {
    file: join(dir, 'gateway.yaml'),
    host: '0.0.0.0',
    port: 80,
    graphql: {
      path: '/api/graphql',
      graphiql: false,
      introspection: true,
      suggestions: true,
      door: openDoor,
      maxBodyBytes: 2048,
      firstOperation: join(dir, 'first.graphql'),
      queryPlan: true,
      timeline: true,
      ...wholeDocuments,
    },
    engine: 'stitched',
    routes: [
      { path: '/api/users', upstream: 'users', stripPrefix: '/api', methods: ['GET', 'POST'], door: openDoor },
      {
        path: '/reviews',
        upstream: 'reviews',
        stripPrefix: '',
        methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        door: openDoor,
      },
    ],
    ...openToAll,
    limits: limitDefaults,
    cache: cacheDefaults,
    responseHeaders: { 'set-cookie': 'append', 'cache-control': 'most-restrictive' },
    shutdown: { drainMs: 0 },
    stateDir: join(dir, 'state'),
    telemetry: telemetryDefaults,
    log: { ...logDefaults, level: 'debug' },
  });
});

test('each wrong value is told with its place, what was expected and what came, all at once', async (context) => {
  const text = `# comment
host: 5
prot: 1
port: abc
graphql:
  path: /graphql/
  graphiql: yes
  maxBodySize: 1000
  firstOperation: ./no.graphql
engine: compield
shutdown: 5
log: { level: wran }
stateDir:
`;
  assert.deepEqual(await gatewayRefusals(context, text), [
    'gateway.yaml:2:7 host: expected a host name or address, got 5',
    'gateway.yaml:3:1 prot: unknown key, did you mean "port"?',
    'gateway.yaml:4:7 port: expected an integer from 0 to 65535, got "abc"',
    'gateway.yaml:6:9 graphql.path: expected a path such as /api/users: a slash before each segment, none at the end, got "/graphql/"',
    'gateway.yaml:7:13 graphql.graphiql: expected true, false or a mapping that says for whom, got "yes"',
    'gateway.yaml:8:16 graphql.maxBodySize: expected a size such as 512KiB, 4MiB or 1MB, got 1000',
    'gateway.yaml:9:19 graphql.firstOperation: there is no file "./no.graphql"',
    'gateway.yaml:10:9 engine: expected one of compiled, stitched, got "compield"; did you mean "compiled"?',
    'gateway.yaml:11:11 shutdown: expected a mapping with the keys drain, got 5',
    'gateway.yaml:12:15 log.level: expected one of trace, debug, info, warn, error, silent, got "wran"; did you mean "warn"?',
    'gateway.yaml:13:10 stateDir: expected a folder, got nothing',
  ]);
});

test('ports outside 0 to 65535 and fractions are refused', async (context) => {
  for (const port of ['65536', '-1', '1.5', '"80"']) {
    const [line] = await gatewayRefusals(context, `port: ${port}`);
    assert.equal(line, `gateway.yaml:1:7 port: expected an integer from 0 to 65535, got ${port}`);
  }
});

test('each wrong route is told with its place and, where one is near, the name that was meant', async (context) => {
  const text = `routes:
  - { path: /api/users/**, upstream: usres }
  - path: /api/users
    upstream: users
    stripPrefix: /ap
    methods: [get, POST]
  - { path: /api/users, upstream: users, strip: /x }
  - upstream: reviews
  - { path: /graphql, upstream: reviews }
  - { path: /health, upstream: reviews }
  - 5
  - { path: /a, upstream: reviews, methods: [] }
`;
  assert.deepEqual(await gatewayRefusals(context, text), [
    'gateway.yaml:2:13 routes[0].path: expected a path without wildcards (all that is below a path belongs to it), got "/api/users/**"',
    'gateway.yaml:2:38 routes[0].upstream: no upstream is named "usres", did you mean "users"?',
    'gateway.yaml:5:18 routes[1].stripPrefix: expected whole segments at the start of /api/users, got "/ap"',
    'gateway.yaml:6:15 routes[1].methods[0]: expected one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, got "get"; did you mean "GET"?',
    'gateway.yaml:7:13 routes[2].path: routes[1] has the same path /api/users',
    'gateway.yaml:7:42 routes[2].strip: unknown key, known: path, upstream, stripPrefix, methods, anonymous, access, addresses, cors, csrf, securityHeaders, limits, cache',
    'gateway.yaml:8:5 routes[3].path: missing, expected a path such as /api/users: a slash before each segment, none at the end',
    'gateway.yaml:9:13 routes[4].path: /graphql is the GraphQL endpoint',
    'gateway.yaml:10:13 routes[5].path: /health and below belong to the gateway',
    'gateway.yaml:11:5 routes[6]: expected a mapping with the keys path, upstream, stripPrefix, methods, anonymous, access, addresses, cors, csrf, securityHeaders, limits, cache, got 5',
    'gateway.yaml:12:45 routes[7].methods: expected at least one method, got an empty list',
  ]);
});

test('a route path has no wildcard, empty segment, dot segment, query or missing first slash', async (context) => {
  for (const path of ['/', '/a//b', '/a/../b', '/a?b', '/a b', 'a', '/a#b']) {
    const [line = ''] = await gatewayRefusals(context, `routes: [{ path: "${path}", upstream: users }]`);
    assert.match(line, /^gateway\.yaml:1:18 routes\[0\]\.path: expected a path such as \/api\/users: /, path);
  }
  for (const path of ['/a/*', '/a/{id}', '/a/:id']) {
    const [line = ''] = await gatewayRefusals(context, `routes: [{ path: "${path}", upstream: users }]`);
    assert.match(line, /routes\[0\]\.path: expected a path without wildcards/, path);
  }
});

test('the whole path may be stripped, half a segment may not', async (context) => {
  const route = (prefix: string): string => `routes: [{ path: /api/users, upstream: users, stripPrefix: ${prefix} }]`;
  const dir = await makeFolder(context, { ...twoUpstreams, 'gateway.yaml': route('/api/users') });
  assert.equal((await loadGatewayFolder(dir, {})).gateway.routes[0]?.stripPrefix, '/api/users');
  assert.deepEqual(await gatewayRefusals(context, route('/api/user')), [
    'gateway.yaml:1:60 routes[0].stripPrefix: expected whole segments at the start of /api/users, got "/api/user"',
  ]);
});

test('response headers that the gateway writes itself, hop-by-hop ones and repeated names are refused', async (context) => {
  const text = `responseHeaders:
  Connection: append
  content-length: first
  x y: first
  set-cookie: apend
  Set-Cookie: append
`;
  assert.deepEqual(await gatewayRefusals(context, text), [
    'gateway.yaml:2:3 responseHeaders.Connection: the header cannot be set: it describes one connection and never passes the gateway',
    'gateway.yaml:3:3 responseHeaders.content-length: the header cannot be set: the gateway writes the body of a GraphQL answer itself',
    'gateway.yaml:4:3 responseHeaders.x y: expected a header name such as x-api-key',
    'gateway.yaml:5:15 responseHeaders.set-cookie: expected one of append, first, most-restrictive, got "apend"; did you mean "append"?',
    'gateway.yaml:6:3 responseHeaders.Set-Cookie: the same header stands here a second time (letter case does not count)',
  ]);
});

test('a GraphQL endpoint below /health is refused', async (context) => {
  assert.deepEqual(await gatewayRefusals(context, 'graphql: { path: /health/graphql }'), [
    'gateway.yaml:1:18 graphql.path: /health and below belong to the gateway',
  ]);
});

test('for the port a flag wins over PORT, and PORT over the file', async (context) => {
  const dir = await makeFolder(context, { ...twoUpstreams, 'gateway.yaml': 'port: 1\nhost: a' });
  const portOf = async (env: NodeJS.ProcessEnv, overrides = {}): Promise<number> =>
    (await loadGatewayFolder(dir, env, overrides)).gateway.port;
  assert.equal(await portOf({}), 1);
  assert.equal(await portOf({ PORT: '' }), 1);
  assert.equal(await portOf({ PORT: '2' }), 2);
  assert.equal(await portOf({ PORT: '2' }, { port: 0 }), 0);
  assert.equal(await portOf({ PORT: 'nonsense' }, { port: 3 }), 3);
  assert.equal((await loadGatewayFolder(dir, {}, { host: 'b' })).gateway.host, 'b');
});

test('a PORT that is no port is told beside the errors of the file', async (context) => {
  for (const PORT of ['abc', '65536', '-1', '8e1', ' 80']) {
    assert.deepEqual(await gatewayRefusals(context, 'engine: fast', { PORT }), [
      `environment variable PORT: expected an integer from 0 to 65535, got "${PORT}"`,
      'gateway.yaml:1:9 engine: expected one of compiled, stitched, got "fast"',
    ]);
  }
});
