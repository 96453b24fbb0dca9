import { test } from 'node:test';
import { assertRefused } from './folder.ts';

test('a limit that cannot be built is refused with its place', async (context) => {
  await assertRefused(context, [
    [
      'limits: { rates: [{ max: 0, window: 1s }, { max: -1, window: 1s }, { max: 1.5, window: 1s }, { max: "5", window: 1s }, { max: 1e13, window: 1s }] }',
      '1:26 limits.rates[0].max: expected an integer from 1 to 1000000000000, got 0',
      '1:50 limits.rates[1].max: expected an integer from 1 to 1000000000000, got -1',
      '1:75 limits.rates[2].max: expected an integer from 1 to 1000000000000, got 1.5',
      '1:101 limits.rates[3].max: expected an integer from 1 to 1000000000000, got "5"',
      '1:127 limits.rates[4].max: expected an integer from 1 to 1000000000000, got 1e13',
    ],
    [
      'limits: { rates: [{ max: 1, window: 0s }, { max: 1, window: 25d }, { max: 1, window: 60 }, { max: 1, window: 1 hour }] }',
      '1:37 limits.rates[0].window: expected a duration from 1ms to 24d, got "0s"',
      '1:61 limits.rates[1].window: expected a duration from 1ms to 24d, got "25d"',
      '1:86 limits.rates[2].window: expected a duration such as 800ms, 2s or 1.5m, got 60',
      '1:110 limits.rates[3].window: expected a duration such as 800ms, 2s or 1.5m, got "1 hour"',
    ],
    [
      'limits: { rates: [{ max: 1 }, { window: 1s }, {}, { max: 1, window: 1s, quota: day }, { concurrent: 1, window: 1s }, { concurrent: 1, max: 1 }] }',
      '1:19 limits.rates[0].window: missing, expected "window", "quota" or "concurrent"',
      '1:31 limits.rates[1].max: missing, expected an integer from 1 to 1000000000000',
      '1:47 limits.rates[2].window: missing, expected "window", "quota" or "concurrent"',
      '1:47 limits.rates[2].max: missing, expected an integer from 1 to 1000000000000',
      '1:80 limits.rates[3].quota: only one of window, quota and concurrent may stand here',
      '1:101 limits.rates[4].concurrent: only one of window, quota and concurrent may stand here',
      '1:140 limits.rates[5].max: does not go with "concurrent", which says how many',
    ],
    [
      'limits: { rates: [{ max: 1, quota: year }, { max: 1, quota: day, algorithm: fixed-window }, { concurrent: 0 }, { concurrent: 1, algorithm: token-bucket }] }',
      '1:36 limits.rates[0].quota: expected one of day, month, got "year"',
      '1:77 limits.rates[1].algorithm: goes with "window" only',
      '1:107 limits.rates[2].concurrent: expected an integer from 1 to 1000000000000, got 0',
      '1:140 limits.rates[3].algorithm: goes with "window" only',
    ],
    [
      'limits: { rates: [{ max: 1, windw: 1s }, 5, { name: a.b, max: 1, window: 1s }, { name: "", max: 1, window: 1s }] }',
      '1:29 limits.rates[0].windw: unknown key, did you mean "window"?',
      '1:42 limits.rates[1]: expected a mapping with the keys name, max, window, algorithm, burst, maxWait, quota, concurrent, mode, onOutage, per, tiers, callers, operations, counts, got 5',
      '1:53 limits.rates[2].name: expected a name of letters, digits, "_" and "-", got "a.b"',
      '1:88 limits.rates[3].name: expected a name of letters, digits, "_" and "-", got ""',
    ],
    ['limits: { rates: {} }', '1:18 limits.rates: expected a list of limits, got an empty mapping'],
    [
      'limits: []',
      '1:9 limits: expected a mapping with the keys mode, store, timeout, onOutage, instances, maxKeys, headers, rates, fields, documents, cost, disabled, got an empty list',
    ],
  ]);
});

test('burst and maxWait belong to one algorithm each', async (context) => {
  await assertRefused(context, [
    [
      'limits: { rates: [{ max: 1, window: 1s, burst: 5 }, { max: 1, window: 1s, algorithm: sliding-window, burst: 5 }, { max: 1, window: 1s, algorithm: token-bucket, burst: 0 }] }',
      '1:48 limits.rates[0].burst: goes with "algorithm: token-bucket" only',
      '1:109 limits.rates[1].burst: goes with "algorithm: token-bucket" only',
      '1:168 limits.rates[2].burst: expected an integer from 1 to 1000000000000, got 0',
    ],
    [
      'limits: { rates: [{ max: 1, window: 1s, maxWait: 1s }, { max: 1, window: 1s, algorithm: leaky-bucket, maxWait: 2m }, { max: 1, window: 1s, algorithm: leaky-bucket, maxWait: 0s }] }',
      '1:50 limits.rates[0].maxWait: goes with "algorithm: leaky-bucket" only',
      '1:112 limits.rates[1].maxWait: expected a duration from 1ms to 1m, got "2m"',
      '1:174 limits.rates[2].maxWait: expected a duration from 1ms to 1m, got "0s"',
    ],
    [
      'limits: { rates: [{ max: 1, window: 1s, algorithm: fixed }, { max: 1, window: 1s, mode: on, onOutage: open, per: user, counts: points }] }',
      '1:52 limits.rates[0].algorithm: expected one of fixed-window, sliding-window, token-bucket, leaky-bucket, got "fixed"',
      '1:89 limits.rates[1].mode: expected one of off, measure, enforce, got "on"',
      '1:103 limits.rates[1].onOutage: expected one of allow, deny, local, got "open"',
      '1:114 limits.rates[1].per: expected one of global, address, caller, tier, got "user"',
      '1:128 limits.rates[1].counts: expected one of requests, cost, got "points"',
    ],
  ]);
});

test('whose use is counted must be known when it is counted', async (context) => {
  await assertRefused(context, [
    [
      'limits: { rates: [{ concurrent: 1, counts: cost }, { per: address, max: 1, window: 1s, tiers: [free], callers: known, operations: [A], counts: cost }, { per: global, max: 1, window: 1s, tiers: [free], callers: known }] }\ntiers: { free: {} }',
      '1:44 limits.rates[0].counts: what runs at the same time is counted in requests',
      '1:95 limits.rates[1].tiers: does not go with "per: address", which asks for no caller',
      '1:112 limits.rates[1].callers: does not go with "per: address", which asks for no caller',
      '1:131 limits.rates[1].operations: does not go with "per: address", which is counted before the operation is known',
      '1:144 limits.rates[1].counts: does not go with "per: address", which is counted before the operation is known',
      '1:194 limits.rates[2].tiers: does not go with "per: global", which asks for no caller',
      '1:211 limits.rates[2].callers: does not go with "per: global", which asks for no caller',
    ],
    [
      'limits: { rates: [{ max: 1, window: 1s, tiers: [free], callers: anonymous }, { per: tier, max: 1, window: 1s, callers: anonymous }] }\ntiers: { free: {} }',
      '1:65 limits.rates[0].callers: callers that nobody knows are on no tier',
      '1:120 limits.rates[1].callers: callers that nobody knows are on no tier',
    ],
  ]);
});

test('a limit names tiers that there are, and operations that there may be', async (context) => {
  await assertRefused(context, [
    [
      'limits: { rates: [{ max: 1, window: 1s, tiers: [fre] }, { max: 1, window: 1s, tiers: [] }, { max: 1, window: 1s, operations: [] }, { max: 1, window: 1s, operations: ["a b"] }] }\ntiers: { free: {} }',
      '1:49 limits.rates[0].tiers[0]: there is no tier "fre", did you mean "free"?',
      '1:86 limits.rates[1].tiers: expected a list of tiers, one at least, got an empty list',
      '1:126 limits.rates[2].operations: expected a list of names of operations, one at least, got an empty list',
      '1:167 limits.rates[3].operations[0]: expected the name of an operation, got "a b"',
    ],
    [
      'graphql: { limits: [{ max: 1, window: 1s, tiers: [gold] }, { max: 1, window: 1s, per: tier }] }',
      '1:51 graphql.limits[0].tiers[0]: there is no tier "gold", nor any other',
      '1:87 graphql.limits[1].per: tier needs the section "tiers", which is missing',
    ],
  ]);
});

test('limits of a route know no operations, and those of a tier no others than its callers', async (context) => {
  await assertRefused(context, [
    [
      'routes: [{ path: /a, upstream: users, limits: [{ max: 1, window: 1s, operations: [A], counts: cost }, { max: 1, window: 1s, tiers: [gold] }] }]',
      '1:70 routes[0].limits[0].operations: unknown key, known: name, max, window, algorithm, burst, maxWait, quota, concurrent, mode, onOutage, per, tiers, callers',
      '1:87 routes[0].limits[0].counts: unknown key, known: name, max, window, algorithm, burst, maxWait, quota, concurrent, mode, onOutage, per, tiers, callers',
      '1:133 routes[0].limits[1].tiers[0]: there is no tier "gold", nor any other',
    ],
    [
      'tiers: { free: { limits: [{ per: global, max: 1, window: 1s }, { max: 1, window: 1s, tiers: [free] }, { max: 1, window: 1s, callers: all }] } }',
      '1:34 tiers.free.limits[0].per: expected one of caller, tier, got "global"',
      '1:86 tiers.free.limits[1].tiers: unknown key, known: name, max, window, algorithm, burst, maxWait, quota, concurrent, mode, onOutage, per, operations, counts',
      '1:125 tiers.free.limits[2].callers: unknown key, known: name, max, window, algorithm, burst, maxWait, quota, concurrent, mode, onOutage, per, operations, counts',
    ],
  ]);
});

test('what holds for all limits is told with its place', async (context) => {
  await assertRefused(context, [
    [
      'limits: { mode: on, store: disk, timeout: 2s, onOutage: closed, instances: 0, maxKeys: 0, headers: [x], rate: [] }',
      '1:17 limits.mode: expected one of off, measure, enforce, got "on"',
      '1:28 limits.store: expected one of memory, redis, got "disk"',
      '1:43 limits.timeout: expected a duration from 1ms to 1s, got "2s"',
      '1:57 limits.onOutage: expected one of allow, deny, local, got "closed"',
      '1:76 limits.instances: expected an integer from 1 to 100000, got 0',
      '1:88 limits.maxKeys: expected an integer from 1 to 100000000, got 0',
      '1:101 limits.headers[0]: expected one of ratelimit, x-ratelimit, got "x"',
      '1:105 limits.rate: unknown key, did you mean "rates"?',
    ],
    [
      'limits: { store: redis, timeout: 0ms, headers: all }',
      '1:18 limits.store: redis needs the section "redis", which is missing',
      '1:34 limits.timeout: expected a duration from 1ms to 1s, got "0ms"',
      '1:48 limits.headers: expected a list of ratelimit and x-ratelimit; [] hides both, got "all"',
    ],
    [
      'limits: { fields: { algorithm: leaky-bucket, mode: 1, onOutage: x } }',
      '1:32 limits.fields.algorithm: expected one of fixed-window, sliding-window, token-bucket, got "leaky-bucket"',
      '1:52 limits.fields.mode: expected one of off, measure, enforce, got 1',
      '1:65 limits.fields.onOutage: expected one of allow, deny, local, got "x"',
    ],
  ]);
});

test('bounds of documents are whole numbers above 0, or none', async (context) => {
  await assertRefused(context, [
    [
      'limits: { documents: { maxBytes: 0, maxTokens: 1.5, maxDepth: off, maxAliases: -1, maxHeight: 5 } }',
      '1:34 limits.documents.maxBytes: expected an integer of 1 or more, got 0',
      '1:48 limits.documents.maxTokens: expected an integer of 1 or more, or none, got 1.5',
      '1:63 limits.documents.maxDepth: expected an integer of 1 or more, or none, got "off"',
      '1:80 limits.documents.maxAliases: expected an integer of 1 or more, got -1',
      '1:84 limits.documents.maxHeight: unknown key, known: mode, maxBytes, maxTokens, maxDepth, maxAliases, maxRootFields, maxDirectives, maxFragments, maxListItems',
    ],
    [
      'limits: { documents: { maxBytes: 5 kB, mode: log } }',
      '1:34 limits.documents.maxBytes: expected a size such as 512KiB, 4MiB or 1MB, got "5 kB"',
      '1:46 limits.documents.mode: expected one of off, measure, enforce, got "log"',
    ],
    [
      'tiers: { free: { documents: { maxDepth: 0, mode: off } } }',
      '1:41 tiers.free.documents.maxDepth: expected an integer of 1 or more, got 0',
      '1:44 tiers.free.documents.mode: unknown key, known: maxBytes, maxTokens, maxDepth, maxAliases, maxRootFields, maxDirectives, maxFragments, maxListItems',
    ],
  ]);
});

test('budgets are whole numbers above 0, or none, of upstreams that there are', async (context) => {
  await assertRefused(context, [
    [
      'limits: { cost: { max: 0, upstreamMax: none, upstreams: { revews: 5, reviews: 0 }, defaultListSize: -1, show: yes } }',
      '1:24 limits.cost.max: expected an integer of 1 or more, got 0',
      '1:59 limits.cost.upstreams.revews: no upstream is named "revews", did you mean "reviews"?',
      '1:79 limits.cost.upstreams.reviews: expected an integer of 1 or more, got 0',
      '1:101 limits.cost.defaultListSize: expected an integer from 0 to 1000000, got -1',
      '1:111 limits.cost.show: expected true or false, got "yes"',
    ],
    [
      'limits: { cost: { mode: log, max: "5" } }',
      '1:25 limits.cost.mode: expected one of off, measure, enforce, got "log"',
      '1:35 limits.cost.max: expected an integer of 1 or more, or none, got "5"',
    ],
    [
      'tiers: { free: { cost: { max: 0, upstreamMax: 1 } } }',
      '1:31 tiers.free.cost.max: expected an integer of 1 or more, got 0',
      '1:34 tiers.free.cost.upstreamMax: unknown key, known: max',
    ],
  ]);
});

test('a kill switch says what it is about, and when it ends', async (context) => {
  await assertRefused(context, [
    [
      'limits: { disabled: [{}, { operations: mutations }, { operations: [] }, { operations: [query, x] }, { names: [a b], fields: [pay] }, { names: [] }] }',
      '1:22 limits.disabled[0]: expected one at least of the keys operations, names, fields, routes, got an empty mapping',
      '1:40 limits.disabled[1].operations: expected query, mutation, subscription, or a list of them, got "mutations"',
      '1:67 limits.disabled[2].operations: expected a list of kinds of operation, one at least, got an empty list',
      '1:95 limits.disabled[3].operations[1]: expected one of query, mutation, subscription, got "x"',
      '1:111 limits.disabled[4].names[0]: expected the name of an operation, got "a b"',
      '1:126 limits.disabled[4].fields[0]: expected a field such as Mutation.pay, got "pay"',
      '1:143 limits.disabled[5].names: expected a list of names of operations, one at least, got an empty list',
    ],
    [
      'limits: { disabled: [{ until: 2026-12-01T00:00:00Z }, { names: [A], until: 2026-12-01 }, { names: [A], until: tomorrow }, { names: [A], until: 2026-12-01T00:00:00 }, { names: [A], until: 2026-02-30T00:00:00Z }] }',
      '1:22 limits.disabled[0]: expected one at least of the keys operations, names, fields, routes, got a mapping',
      '1:76 limits.disabled[1].until: expected a time with its zone such as 2026-12-01T00:00:00Z, got "2026-12-01"',
      '1:111 limits.disabled[2].until: expected a time with its zone such as 2026-12-01T00:00:00Z, got "tomorrow"',
      '1:144 limits.disabled[3].until: expected a time with its zone such as 2026-12-01T00:00:00Z, got "2026-12-01T00:00:00"',
      '1:188 limits.disabled[4].until: expected a time with its zone such as 2026-12-01T00:00:00Z, got "2026-02-30T00:00:00Z"',
    ],
    [
      'limits: { disabled: [{ names: [A], message: "a\\nb" }, { names: [A], message: "" }, { names: [A], message: 5 }] }',
      '1:45 limits.disabled[0].message: expected a text of one line, got "a\\nb"',
      '1:78 limits.disabled[1].message: expected a text of one line, got ""',
      '1:107 limits.disabled[2].message: expected a text of one line, got 5',
    ],
    [
      'limits: { disabled: [{ routes: [/a] }, { routes: [/users], names: [A] }, { routes: [] }, { routes: [/users], operations: query }] }\nroutes: [{ path: /users, upstream: users }]',
      '1:33 limits.disabled[0].routes[0]: there is no route "/a", known: /users',
      '1:50 limits.disabled[1].routes: "names" is of GraphQL; a route goes into an entry of its own',
      '1:84 limits.disabled[2].routes: expected a list of paths of routes, one at least, got an empty list',
      '1:100 limits.disabled[3].routes: "operations" is of GraphQL; a route goes into an entry of its own',
    ],
  ]);
});

test('two limits of one file do not have the same name', async (context) => {
  await assertRefused(context, [
    [
      'limits: { rates: [{ name: a, max: 1, window: 1s }] }\ntiers: { free: { limits: [{ name: a, max: 1, window: 1s }] } }\ngraphql: { limits: [{ name: b, max: 1, window: 1s }] }\nroutes: [{ path: /a, upstream: users, limits: [{ name: b, max: 1, window: 1s }] }]',
      '2:35 tiers.free.limits[0].name: limits.rates[0] of gateway.yaml has this name too',
      '4:56 routes[0].limits[0].name: graphql.limits[0] of gateway.yaml has this name too',
    ],
  ]);
});
