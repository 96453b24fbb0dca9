import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertRefused, gatewayRefusals } from './folder.ts';

test('sections that are none, and keys that are misspelt, are refused', async (context) => {
  await assertRefused(context, [
    [
      'telemetry: 5',
      '1:12 telemetry: expected a mapping with the keys service, propagation, clientName, clientVersion, serverTiming, traces, metrics, got 5',
    ],
    [
      'telemetry: { tracing: true }',
      '1:14 telemetry.tracing: unknown key, known: service, propagation, clientName, clientVersion, serverTiming, traces, metrics',
    ],
    [
      'telemetry: { traces: 5, metrics: yes }',
      '1:22 telemetry.traces: expected true, false or a mapping with the keys otlp, sample, rules, parent, keep, maxQueued, got 5',
      '1:34 telemetry.metrics: expected true, false or a mapping with the keys path, listen, access, otlp, maxSeries, maxOperations, durationBuckets, exemplars, got "yes"',
    ],
  ]);
});

test('rates are from 0 to 1', async (context) => {
  await assertRefused(context, [
    [
      'telemetry: { traces: { sample: 10, rules: [{ operations: [A], sample: 101% }, { operations: [A], sample: -1 }, { operations: [A], sample: "10 %" }, { operations: [A], sample: half }] } }',
      '1:32 telemetry.traces.sample: expected a number from 0 to 1, or a percentage from 0% to 100%, got 10',
      '1:71 telemetry.traces.rules[0].sample: expected a number from 0 to 1, or a percentage from 0% to 100%, got "101%"',
      '1:106 telemetry.traces.rules[1].sample: expected a number from 0 to 1, or a percentage from 0% to 100%, got -1',
      '1:139 telemetry.traces.rules[2].sample: expected a number from 0 to 1, or a percentage from 0% to 100%, got "10 %"',
      '1:176 telemetry.traces.rules[3].sample: expected a number from 0 to 1, or a percentage from 0% to 100%, got "half"',
    ],
  ]);
});

test('a rule of sampling says whom it is about, and how often', async (context) => {
  await assertRefused(context, [
    [
      'telemetry: { traces: { rules: [{ sample: 1 }, { operations: [A] }, { operations: [], sample: 1 }, { operations: ["a b"], sample: 1 }, { opertions: [A], sample: 1 }, { methods: [get], sample: 1 }, { operations: [A], routes: [/a], sample: 0 }, 5] } }',
      '1:32 telemetry.traces.rules[0]: expected one at least of the keys operations, routes, clients, consumers, tiers, methods; "sample" beside "rules" is for all, got a mapping',
      '1:47 telemetry.traces.rules[1].sample: missing, expected a number from 0 to 1, or a percentage from 0% to 100%',
      '1:82 telemetry.traces.rules[2].operations: expected a list of names of operations, one at least, got an empty list',
      '1:114 telemetry.traces.rules[3].operations[0]: expected the name of an operation, got "a b"',
      '1:137 telemetry.traces.rules[4].opertions: unknown key, did you mean "operations"?',
      '1:178 telemetry.traces.rules[5].methods[0]: expected one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, got "get"; did you mean "GET"?',
      '1:224 telemetry.traces.rules[6].routes: "operations" is of GraphQL; a route goes into a rule of its own',
      '1:225 telemetry.traces.rules[6].routes[0]: there is no route "/a", nor any other',
      '1:243 telemetry.traces.rules[7]: expected a mapping with the keys operations, routes, clients, consumers, tiers, methods, sample, got 5',
    ],
  ]);
});

test('a rule names routes, consumers and tiers that there are', async (context) => {
  await assertRefused(context, [
    [
      'routes: [{ path: /api/users, upstream: users }]\ntiers: { gold: {} }\nconsumers: { acme: {} }\ntelemetry: { traces: { rules: [{ routes: [/api/user], consumers: [amce], tiers: [gold, golt], sample: 0 }] } }\nlog: { access: { rules: [{ routes: [/x], sample: 0 }, { consumers: [zzz], sample: 0 }] } }',
      '4:43 telemetry.traces.rules[0].routes[0]: there is no route "/api/user", did you mean "/api/users"?',
      '4:67 telemetry.traces.rules[0].consumers[0]: there is no consumer "amce", did you mean "acme"?',
      '4:88 telemetry.traces.rules[0].tiers[1]: there is no tier "golt", did you mean "gold"?',
      '5:37 log.access.rules[0].routes[0]: there is no route "/x", known: /api/users',
      '5:69 log.access.rules[1].consumers[0]: there is no consumer "zzz", known: acme',
    ],
    [
      'telemetry: { traces: { rules: [{ consumers: [a], tiers: [b], routes: [/c], sample: 0 }] } }',
      '1:46 telemetry.traces.rules[0].consumers[0]: there is no consumer "a", nor any other',
      '1:58 telemetry.traces.rules[0].tiers[0]: there is no tier "b", nor any other',
      '1:71 telemetry.traces.rules[0].routes[0]: there is no route "/c", nor any other',
    ],
  ]);
});

test('where spans go is an http:// or https:// URL without credentials, and headers that may be set', async (context) => {
  await assertRefused(context, [
    [
      'telemetry: { traces: { otlp: true, parent: fellow, keep: { errors: 1, slowerThan: 0s }, maxQueued: 0 } }',
      '1:30 telemetry.traces.otlp: expected a mapping with the keys url, protocol, headers, timeout, interval, got true',
      '1:44 telemetry.traces.parent: expected one of follow, ignore, got "fellow"; did you mean "follow"?',
      '1:68 telemetry.traces.keep.errors: expected true or false, got 1',
      '1:83 telemetry.traces.keep.slowerThan: expected a duration from 1ms to 24d, got "0s"',
      '1:100 telemetry.traces.maxQueued: expected an integer from 1 to 1000000, got 0',
    ],
    [
      'telemetry: { traces: { otlp: { url: ftp://a.test, protocol: http, headers: [a], timeout: 5, interval: 0s } } }',
      '1:37 telemetry.traces.otlp.url: expected an http:// or https:// URL of a receiver of OTLP, got "ftp://a.test"',
      '1:61 telemetry.traces.otlp.protocol: expected one of http/protobuf, http/json, grpc, got "http"',
      '1:76 telemetry.traces.otlp.headers: expected a mapping of header names to values, got a list',
      '1:90 telemetry.traces.otlp.timeout: expected a duration such as 800ms, 2s or 1.5m, got 5',
      '1:103 telemetry.traces.otlp.interval: expected a duration from 1ms to 24d, got "0s"',
    ],
    [
      'telemetry: { traces: { otlp: { url: "http://a:SECRET@b.test/v1/traces", headers: { "a b": x, content-type: text/plain, n: 5, X: a, x: b, host: a } } } }',
      '1:37 telemetry.traces.otlp.url: expected an http:// or https:// URL of a receiver of OTLP without user and password, got "http://***@b.test/v1/traces"',
      '1:84 telemetry.traces.otlp.headers.a b: expected a header name such as x-api-key',
      '1:94 telemetry.traces.otlp.headers.content-type: the header cannot be set: the exporter writes it itself',
      '1:123 telemetry.traces.otlp.headers.n: expected a text, got a number; put quotes around it',
      '1:132 telemetry.traces.otlp.headers.x: the same header stands here a second time (letter case does not count)',
      '1:138 telemetry.traces.otlp.headers.host: the header cannot be set: the exporter writes it itself',
    ],
  ]);
});

test('grpc has no path, is for traces only, and a secret is not shown', async (context) => {
  await assertRefused(context, [
    [
      'telemetry: { traces: { otlp: { url: "http://a.test/v1/traces?key=SECRET", protocol: grpc } } }',
      '1:37 telemetry.traces.otlp.url: grpc has no path: write a URL such as http://localhost:4317',
    ],
    [
      'telemetry: { traces: { otlp: { headers: SECRET } } }',
      '1:41 telemetry.traces.otlp.headers: expected a mapping of header names to values, got "***"',
    ],
    [
      'telemetry: { metrics: { otlp: { protocol: grpc } } }',
      '1:43 telemetry.metrics.otlp.protocol: expected one of http/protobuf, http/json, got "grpc"',
    ],
  ]);
});

test('metrics that cannot be read or counted are refused', async (context) => {
  await assertRefused(context, [
    [
      'telemetry: { metrics: { path: metrics, listen: 9464, maxSeries: 0, maxOperations: 0, exemplars: 1, otlp: 5 } }',
      '1:31 telemetry.metrics.path: expected a path such as /api/users: a slash before each segment, none at the end, got "metrics"',
      '1:48 telemetry.metrics.listen: expected a mapping with the keys host, port, got 9464',
      '1:65 telemetry.metrics.maxSeries: expected an integer from 1 to 1000000, got 0',
      '1:83 telemetry.metrics.maxOperations: expected an integer from 1 to 100000, got 0',
      '1:97 telemetry.metrics.exemplars: expected true or false, got 1',
      '1:106 telemetry.metrics.otlp: expected true, false or a mapping with the keys url, protocol, headers, timeout, interval, got 5',
    ],
    [
      'telemetry: { metrics: { listen: { port: 70000, host: "" } } }',
      '1:41 telemetry.metrics.listen.port: expected an integer from 0 to 65535, got 70000',
      '1:54 telemetry.metrics.listen.host: expected a host name or address, got ""',
    ],
  ]);
});

test('a rule who may read metrics is for the listener of the gateway, and names tiers and policies that there are', async (context) => {
  await assertRefused(context, [
    [
      'telemetry: { metrics: { listen: {}, access: { tiers: [ops] } } }',
      '1:45 telemetry.metrics.access: does not go with "listen": whoever reaches that listener may read',
      '1:55 telemetry.metrics.access.tiers[0]: there is no tier "ops", nor any other',
    ],
    [
      'telemetry: { metrics: { access: { tiers: [ops], policies: [a] } } }',
      '1:43 telemetry.metrics.access.tiers[0]: there is no tier "ops", nor any other',
      '1:59 telemetry.metrics.access.policies: policies need "authorization.policies", which is missing',
    ],
    [
      'telemetry: { metrics: { access: {} } }',
      '1:33 telemetry.metrics.access: expected one at least of the keys authenticated, scopes, roles, tiers, consumers, policies, or no "access" for everybody, got an empty mapping',
    ],
  ]);
});

test('bounds of histograms ascend, and are above 0s', async (context) => {
  await assertRefused(context, [
    [
      'telemetry: { metrics: { durationBuckets: [5ms, 5ms, 1ms, 2s] } }',
      '1:48 telemetry.metrics.durationBuckets[1]: expected more than 5ms, the bound before it, got "5ms"',
      '1:53 telemetry.metrics.durationBuckets[2]: expected more than 5ms, the bound before it, got "1ms"',
    ],
    [
      'telemetry: { metrics: { durationBuckets: [0s, 5, 1m, 90000s] } }',
      '1:43 telemetry.metrics.durationBuckets[0]: expected a duration above 0s, of at most 1d, got "0s"',
      '1:47 telemetry.metrics.durationBuckets[1]: expected a duration such as 2.5ms or 1s, got 5',
      '1:50 telemetry.metrics.durationBuckets[2]: expected a duration such as 2.5ms or 1s, got "1m"',
      '1:54 telemetry.metrics.durationBuckets[3]: expected a duration above 0s, of at most 1d, got "90000s"',
    ],
    [
      'telemetry: { metrics: { durationBuckets: [] } }',
      '1:42 telemetry.metrics.durationBuckets: expected a list of durations, one at least, got an empty list',
    ],
  ]);
});

test('metrics have a path of their own', async (context) => {
  await assertRefused(context, [
    ['telemetry: { metrics: { path: /graphql } }', '1:31 telemetry.metrics.path: /graphql is the GraphQL endpoint'],
    [
      'telemetry: { metrics: { path: /health/metrics } }',
      '1:31 telemetry.metrics.path: /health and below belong to the gateway',
    ],
    [
      'routes: [{ path: /a, upstream: users }, { path: /metrics, upstream: users }]\ntelemetry: { metrics: true }',
      '2:23 telemetry.metrics: routes[1] has the same path /metrics',
    ],
    [
      'graphql: { path: /metrics }\ntelemetry: { metrics: {} }',
      '2:23 telemetry.metrics: /metrics is the GraphQL endpoint',
    ],
  ]);
});

test('formats of propagation, and headers of clients, are known by their form', async (context) => {
  await assertRefused(context, [
    [
      'telemetry: { propagation: { accept: [w3, b3], send: w3c, baggage: ["a b", tenant] }, clientName: x, clientVersion: [x y] }',
      '1:38 telemetry.propagation.accept[0]: expected one of w3c, b3, b3-multi, jaeger, got "w3"; did you mean "w3c"?',
      '1:53 telemetry.propagation.send: expected a list of w3c, b3, b3-multi and jaeger, got "w3c"',
      '1:68 telemetry.propagation.baggage[0]: expected the name of an entry of baggage, got "a b"',
      '1:98 telemetry.clientName: expected a list of header names, got "x"',
      '1:117 telemetry.clientVersion[0]: expected a header name such as x-request-id, got "x y"',
    ],
  ]);
});

test('what a resource is called has one place', async (context) => {
  await assertRefused(context, [
    [
      'telemetry: { service: { name: "", attributes: { service.name: a, service.instance.id: b, x: 5 } } }',
      '1:31 telemetry.service.name: expected a name, got ""',
      '1:49 telemetry.service.attributes.service.name: it has a key of its own: write telemetry.service.name',
      '1:66 telemetry.service.attributes.service.instance.id: it has a key of its own: write telemetry.service.instance',
      '1:93 telemetry.service.attributes.x: expected a text, got 5',
    ],
  ]);
});

test('who gets timings is told by names that there are, and not by policies', async (context) => {
  await assertRefused(context, [
    [
      'telemetry: { serverTiming: { policies: [a] } }\ngraphql: { timeline: { tiers: [gold] }, queryPlan: yes }',
      '1:40 telemetry.serverTiming.policies: policies need "authorization.policies", which is missing',
      '1:40 telemetry.serverTiming.policies: policies are for doors: they do not choose here',
      '2:32 graphql.timeline.tiers[0]: there is no tier "gold", nor any other',
      '2:52 graphql.queryPlan: expected true, false or a mapping that says for whom, got "yes"',
    ],
    [
      'graphql: { queryPlan: { consumers: [acme] }, timeline: 1 }',
      '1:37 graphql.queryPlan.consumers[0]: there is no consumer "acme", nor any other',
      '1:56 graphql.timeline: expected true, false or a mapping that says for whom, got 1',
    ],
  ]);
});

test('keys of the log are checked by their form', async (context) => {
  await assertRefused(context, [
    [
      'log: { format: jsn, access: { sample: 2, headers: [a b], variables: 1, paths: 1, addresses: some }, slowerThan: 0s, redact: { headers: x, queryParameters: [""] } }',
      '1:16 log.format: expected one of auto, json, text, got "jsn"; did you mean "json"?',
      '1:39 log.access.sample: expected a number from 0 to 1, or a percentage from 0% to 100%, got 2',
      '1:52 log.access.headers[0]: expected a header name such as x-request-id, got "a b"',
      '1:69 log.access.variables: expected true or false, got 1',
      '1:79 log.access.paths: expected true or false, got 1',
      '1:93 log.access.addresses: expected one of none, network, full, got "some"',
      '1:113 log.slowerThan: expected a duration from 1ms to 24d, got "0s"',
      '1:136 log.redact.headers: expected a list of header names, got "x"',
      '1:157 log.redact.queryParameters[0]: expected the name of a query parameter, got ""',
    ],
  ]);
});

test('headers with credentials are never written, those of providers neither', async (context) => {
  await assertRefused(context, [
    [
      'log: { access: { headers: [Authorization, cookie, Proxy-Authorization, x-api-key, X-Token, client-cert, x-fine] } }\nidentity: { providers: [{ kind: api-key, file: ./keys.json }, { kind: jwt, keys: { secret: "01234567890123456789012345678901" }, from: [{ header: x-token }] }, { kind: mtls, from: client-cert }] }\ntrustedProxies: [10.0.0.1]',
      '1:28 log.access.headers[0]: the header authorization holds credentials, which are written nowhere',
      '1:43 log.access.headers[1]: the header cookie holds credentials, which are written nowhere',
      '1:51 log.access.headers[2]: the header proxy-authorization holds credentials, which are written nowhere',
      '1:72 log.access.headers[3]: the header x-api-key holds credentials, which are written nowhere',
      '1:83 log.access.headers[4]: the header x-token holds credentials, which are written nowhere',
      '1:92 log.access.headers[5]: the header client-cert holds credentials, which are written nowhere',
    ],
  ]);
});

test('what appears nowhere is not written and names no client', async (context) => {
  await assertRefused(context, [
    [
      'log: { redact: { headers: [X-Secret, x-client-name] }, access: { headers: [x-secret, x-forwarded-for, Forwarded] } }',
      '1:38 log.redact.headers[1]: telemetry.clientName reads the header x-client-name by default; name others there',
      '1:76 log.access.headers[0]: the header x-secret stands in log.redact.headers too',
      '1:86 log.access.headers[1]: the header x-forwarded-for holds addresses, which are written with "addresses: full" only',
      '1:103 log.access.headers[2]: the header forwarded holds addresses, which are written with "addresses: full" only',
    ],
    [
      'log: { redact: { headers: [x-a] } }\ntelemetry: { clientName: [authorization, X-A], clientVersion: [cookie] }',
      '2:27 telemetry.clientName[0]: the header authorization holds credentials, which are written nowhere',
      '2:42 telemetry.clientName[1]: the header x-a stands in log.redact.headers too',
      '2:64 telemetry.clientVersion[0]: the header cookie holds credentials, which are written nowhere',
    ],
  ]);
});

test('a header of credentials is refused whether its provider names it or has it by default', async (context) => {
  const refused = async (provider: string): Promise<readonly string[]> =>
    gatewayRefusals(
      context,
      `log: { access: { headers: [X-Api-Key, X-Other] } }\nidentity: { providers: [${provider}] }`,
    );
  const message = (index: number, name: string): string =>
    `gateway.yaml:1:${index === 0 ? 28 : 39} log.access.headers[${index}]: the header ${name} holds credentials, which are written nowhere`;
  const keys = 'kind: api-key, file: ./keys.json';
  assert.deepEqual(await refused(`{ ${keys} }`), [message(0, 'x-api-key')]);
  assert.deepEqual(await refused(`{ ${keys}, from: [{ header: X-Other }] }`), [message(1, 'x-other')]);
});
