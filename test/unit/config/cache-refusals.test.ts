import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertRefused, makeFolder, refusals, twoUpstreams, upstreamRefusals } from './folder.ts';

test('sizes and waits that cannot be are refused', async (context) => {
  await assertRefused(context, [
    [
      'cache: { maxSize: 0B, maxEntrySize: 5, timeout: 2s, show: yes }',
      '1:19 cache.maxSize: expected a size of at least 1B, got "0B"',
      '1:37 cache.maxEntrySize: expected a size such as 512KiB, 4MiB or 1MB, got 5',
      '1:49 cache.timeout: expected a duration from 1ms to 1s, got "2s"',
      '1:59 cache.show: expected true or false, got "yes"',
    ],
    ['cache: { maxSize: 1MiB, maxEntrySize: 2MiB }', '1:39 cache.maxEntrySize: 2MiB is larger than maxSize (1MiB)'],
    ['cache: { maxEntrySize: 1GiB }', '1:24 cache.maxEntrySize: 1GiB is larger than maxSize (64MiB by default)'],
    [
      'cache: { maxSize: 1, maxEntrySize: 1GiB }',
      '1:19 cache.maxSize: expected a size such as 512KiB, 4MiB or 1MB, got 1',
    ],
    [
      'cache: true',
      '1:8 cache: expected a mapping with the keys maxSize, maxEntrySize, store, timeout, show, graphql, entities, got true',
    ],
    ['cache: { maxsize: 1MiB }', '1:10 cache.maxsize: unknown key, did you mean "maxSize"?'],
  ]);
});

test('what instances share needs Redis', async (context) => {
  await assertRefused(context, [
    ['cache: { store: redis }', '1:17 cache.store: redis needs the section "redis", which is missing'],
    ['cache: { store: disk }', '1:17 cache.store: expected one of memory, redis, got "disk"'],
  ]);
});

test('hints that say nothing, contradict themselves or are none are refused', async (context) => {
  await assertRefused(context, [
    [
      'cache: { graphql: { fields: { A: {}, B: { maxAge: 1s, inheritMaxAge: true }, C: { inheritMaxAge: false }, D: 5 } } }',
      '1:34 cache.graphql.fields.A: expected one at least of the keys maxAge, scope, inheritMaxAge, got an empty mapping',
      '1:70 cache.graphql.fields.B.inheritMaxAge: does not go with "maxAge", which says how long',
      '1:98 cache.graphql.fields.C.inheritMaxAge: expected true, got false',
      '1:110 cache.graphql.fields.D: expected a mapping with the keys maxAge, scope, inheritMaxAge, got 5',
    ],
    [
      'cache: { graphql: { fields: { A: { scope: private }, B: { scope: SHARED }, C: { scpe: PUBLIC } } } }',
      '1:43 cache.graphql.fields.A.scope: expected one of PUBLIC, PRIVATE, got "private"; did you mean "PRIVATE"?',
      '1:66 cache.graphql.fields.B.scope: expected one of PUBLIC, PRIVATE, got "SHARED"',
      '1:81 cache.graphql.fields.C.scpe: unknown key, did you mean "scope"?',
    ],
    [
      'cache: { graphql: { fields: { A: { maxAge: 60 }, B: { maxAge: 1500ms }, C: { maxAge: 366d }, D: { maxAge: -1s } } } }',
      '1:44 cache.graphql.fields.A.maxAge: expected a duration such as 800ms, 2s or 1.5m, got 60',
      '1:63 cache.graphql.fields.B.maxAge: expected whole seconds such as 60s, got "1500ms"',
      '1:86 cache.graphql.fields.C.maxAge: expected a duration of at most 365d, got "366d"',
      '1:107 cache.graphql.fields.D.maxAge: expected a duration such as 800ms, 2s or 1.5m, got "-1s"',
    ],
  ]);
});

test('what is no coordinate by its form is refused', async (context) => {
  const error = 'expected a type such as Product, or a field such as Query.products';
  for (const name of ['a.b.c', 'Query.', '.a', '1A', 'A b', 'Query.a(first:)', '*', 'Query.*']) {
    await assertRefused(context, [
      [`cache: { graphql: { fields: { "${name}": { maxAge: 1s } } } }`, `1:31 cache.graphql.fields.${name}: ${error}`],
    ]);
  }
});

test('graphql is on, off or a mapping', async (context) => {
  const keys = 'fields, staleWhileRevalidate, staleIfError, partial, obeyUpstreams, invalidateByMutations';
  await assertRefused(context, [
    ['cache: { graphql: on }', `1:19 cache.graphql: expected true, false or a mapping with the keys ${keys}, got "on"`],
    [
      'cache: { graphql: { fields: [Query.a], partial: 1, obeyUpstreams: 1, invalidateByMutations: 1 } }',
      '1:29 cache.graphql.fields: expected a mapping of types and fields to hints, got a list',
      '1:49 cache.graphql.partial: expected true or false, got 1',
      '1:67 cache.graphql.obeyUpstreams: expected true or false, got 1',
      '1:93 cache.graphql.invalidateByMutations: expected true or false, got 1',
    ],
    [
      'cache: { graphql: { staleWhileRevalidate: 366d, staleIfError: 5, maxAge: 5s } }',
      '1:43 cache.graphql.staleWhileRevalidate: expected a duration of at most 365d, got "366d"',
      '1:63 cache.graphql.staleIfError: expected a duration such as 800ms, 2s or 1.5m, got 5',
      `1:66 cache.graphql.maxAge: unknown key, known: ${keys}`,
    ],
  ]);
});

test('an entity needs the name of its type and how long it is kept', async (context) => {
  await assertRefused(context, [
    [
      'cache: { entities: { Product.name: { maxAge: 1s }, A: {}, B: { maxAge: 0s }, C: { maxAge: 1s, scope: MINE }, D: 60s } }',
      '1:22 cache.entities.Product.name: expected the name of a type such as Product',
      '1:52 cache.entities.A.maxAge: missing, expected a duration such as 800ms, 2s or 1.5m',
      '1:72 cache.entities.B.maxAge: expected a duration from 1ms to 365d, got "0s"',
      '1:102 cache.entities.C.scope: expected one of PUBLIC, PRIVATE, got "MINE"',
      '1:113 cache.entities.D: expected a mapping with the keys maxAge, scope, got "60s"',
    ],
    [
      'cache: { entities: [Product] }',
      '1:20 cache.entities: expected a mapping of types to maxAge and scope, got a list',
    ],
  ]);
});

/** In the first line from column 45 on. */
const route = (cache: string): string => `routes: [{ path: /a, upstream: users, cache: ${cache} }]`;

test('a route keeps no answer to a method that changes something, and none that is a part or no answer', async (context) => {
  const at = 'routes[0].cache';
  await assertRefused(context, [
    [
      route('{ methods: [POST, get] }'),
      `1:58 ${at}.methods[0]: expected one of GET, HEAD, got "POST"`,
      `1:64 ${at}.methods[1]: expected one of GET, HEAD, got "get"; did you mean "GET"?`,
    ],
    [route('{ methods: [] }'), `1:57 ${at}.methods: expected a list of GET and HEAD, one at least, got an empty list`],
    [
      route('{ statuses: [200, 206, 304, 100, 199, 600, "200"] }'),
      `1:64 ${at}.statuses[1]: 206 is never kept: it is a part of an answer`,
      `1:69 ${at}.statuses[2]: 304 is never kept: it says that the client has the answer`,
      `1:74 ${at}.statuses[3]: expected a final status from 200 to 599, got 100`,
      `1:79 ${at}.statuses[4]: expected a final status from 200 to 599, got 199`,
      `1:84 ${at}.statuses[5]: expected a final status from 200 to 599, got 600`,
      `1:89 ${at}.statuses[6]: expected a final status from 200 to 599, got "200"`,
    ],
    [route('{ statuses: [] }'), `1:58 ${at}.statuses: expected a list of statuses, one at least, got an empty list`],
  ]);
});

test('a route keeps answers to methods that it serves', async (context) => {
  const served = (methods: string, cache: string): string =>
    `routes: [{ path: /a, upstream: users, methods: ${methods}, cache: ${cache} }]`;
  await assertRefused(context, [
    [served('[GET]', '{ methods: [GET, HEAD] }'), '1:79 routes[0].cache.methods[1]: the route does not serve HEAD'],
    [served('[POST]', 'true'), '1:56 routes[0].cache: the route serves neither GET nor HEAD, so nothing is kept'],
    [served('[POST]', '{}'), '1:56 routes[0].cache: the route serves neither GET nor HEAD, so nothing is kept'],
    [served('[GET]', '{ methods: [POST] }'), '1:74 routes[0].cache.methods[0]: expected one of GET, HEAD, got "POST"'],
    [served('[POST]', 'false, a: 1'), `1:70 routes[0].a: unknown key, ${routeKeys}`],
  ]);
});

const routeKeys =
  'known: path, upstream, stripPrefix, methods, anonymous, access, addresses, cors, csrf, securityHeaders, limits, cache';

test('ages that cannot be are refused, and no answer is fresher by default than it may be', async (context) => {
  const at = 'routes[0].cache';
  await assertRefused(context, [
    [
      route('{ maxAge: 0s, defaultMaxAge: 5, staleWhileRevalidate: 1y, staleIfError: 366d }'),
      `1:56 ${at}.maxAge: expected a duration from 1ms to 365d, got "0s"`,
      `1:75 ${at}.defaultMaxAge: expected a duration such as 800ms, 2s or 1.5m, got 5`,
      `1:100 ${at}.staleWhileRevalidate: expected a duration such as 800ms, 2s or 1.5m, got "1y"`,
      `1:118 ${at}.staleIfError: expected a duration of at most 365d, got "366d"`,
    ],
    [route('{ maxAge: 10s, defaultMaxAge: 30s }'), `1:76 ${at}.defaultMaxAge: 30s is longer than maxAge (10s)`],
  ]);
});

test('content types have neither parameters nor wildcards', async (context) => {
  const error = 'expected a media type without parameters and wildcards such as application/json';
  const types = ['json', 'text/*', '*/*', 'text/html; charset=utf-8', 'text/', ''];
  for (const type of types) {
    await assertRefused(context, [
      [route(`{ contentTypes: ["${type}"] }`), `1:63 routes[0].cache.contentTypes[0]: ${error}, got "${type}"`],
    ]);
  }
  await assertRefused(context, [
    [
      route('{ contentTypes: [] }'),
      '1:62 routes[0].cache.contentTypes: expected a list of media types, one at least, got an empty list',
    ],
  ]);
});

test('headers of one hop, credentials and what differs each time tell no answers apart', async (context) => {
  const at = 'routes[0].cache.key.headers';
  const cannot = 'the header cannot tell answers apart';
  const credentials =
    'what of a credential goes upstream counts anyway, and "caller: true" gives each caller answers of its own';
  await assertRefused(context, [
    [
      route('{ key: { headers: [Connection, proxy-authorization, Authorization, cookie, "a b"] } }'),
      `1:65 ${at}[0]: ${cannot}: it describes one connection and never passes the gateway`,
      `1:77 ${at}[1]: ${cannot}: it describes one connection and never passes the gateway`,
      `1:98 ${at}[2]: ${cannot}: ${credentials}`,
      `1:113 ${at}[3]: ${cannot}: ${credentials}`,
      `1:121 ${at}[4]: expected a header name such as x-api-key, got "a b"`,
    ],
    [
      route('{ key: { caller: true, headers: [authorization, X-Request-Id, traceparent, tracestate, b3] } }'),
      `1:79 ${at}[0]: ${cannot}: ${credentials}`,
      `1:94 ${at}[1]: ${cannot}: it differs with each request`,
      `1:108 ${at}[2]: ${cannot}: it differs with each request`,
      `1:121 ${at}[3]: ${cannot}: it differs with each request`,
      `1:133 ${at}[4]: ${cannot}: it differs with each request`,
    ],
    [
      route('{ key: { query: page, headers: accept, caller: 1 } }'),
      '1:62 routes[0].cache.key.query: expected a list of query parameters, got "page"',
      '1:77 routes[0].cache.key.headers: expected a list of header names, got "accept"',
      '1:93 routes[0].cache.key.caller: expected true or false, got 1',
    ],
    [
      route('{ key: { query: [""] } }'),
      '1:63 routes[0].cache.key.query[0]: expected the name of a query parameter, got ""',
    ],
    [
      route('{ key: [page] }'),
      '1:53 routes[0].cache.key: expected a mapping with the keys query, headers, caller, got a list',
    ],
  ]);
});

test('cache of a route is on, off or a mapping', async (context) => {
  const keys = 'maxAge, defaultMaxAge, methods, statuses, contentTypes, key, staleWhileRevalidate, staleIfError';
  await assertRefused(context, [
    [route('60s'), `1:46 routes[0].cache: expected true, false or a mapping with the keys ${keys}, got "60s"`],
    [route('{ ttl: 60s }'), `1:48 routes[0].cache.ttl: unknown key, known: ${keys}`],
  ]);
});

test('only REST upstreams say what is kept of their answers', async (context) => {
  for (const kind of ['graphql', 'federation']) {
    assert.deepEqual(await upstreamRefusals(context, `kind: ${kind}\ntargets: http://a.test\ncache: true`), [
      `upstreams/reviews.yaml:3:1 cache: not for kind: ${kind} (answers of other kinds are kept by "cache.graphql" and "cache.entities" of gateway.yaml)`,
    ]);
  }
});

test('the wrong ages of an upstream are refused with their places', async (context) => {
  const table: readonly (readonly [string, ...(readonly string[])])[] = [
    ['{ maxAge: 10s, defaultMaxAge: 30s }', '3:38 cache.defaultMaxAge: 30s is longer than maxAge (10s)'],
    ['{ maxAge: 0s }', '3:18 cache.maxAge: expected a duration from 1ms to 365d, got "0s"'],
    ['{ statuses: [200] }', '3:10 cache.statuses: unknown key, known: maxAge, defaultMaxAge'],
    ['60s', '3:8 cache: expected true, false or a mapping with the keys maxAge, defaultMaxAge, got "60s"'],
  ];
  for (const [cache, ...lines] of table) {
    const users = `${twoUpstreams['upstreams/users.yaml']}cache: ${cache}`;
    const dir = await makeFolder(context, { ...twoUpstreams, 'upstreams/users.yaml': users });
    const expected = lines.map((line) => `upstreams/users.yaml:${line}`);
    assert.deepEqual(await refusals(dir), expected, cache);
  }
});
