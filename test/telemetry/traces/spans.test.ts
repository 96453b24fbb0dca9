import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import {
  callOf,
  recordOf,
  runOf,
  serverSpanId,
  startTestTraces,
  tellOf,
  traceId,
  tracesConfig,
  withParts,
} from '../../support/otlp-records.ts';
import { graphqlRequest, spanAt, spansOf, timesOf } from '../../support/otlp-traces.ts';

describe('a GraphQL request', () => {
  test("is a server span by the HTTP conventions, under the caller's span, with names and numbers only", async (t) => {
    const server = spanAt(await spansOf(t, graphqlRequest()), 'POST /graphql');
    assert.equal(server.kind, 'server');
    assert.equal(server.traceId, traceId);
    assert.equal(server.spanId, serverSpanId);
    assert.equal(server.parentSpanId, 'b7ad6b7169203331');
    assert.equal(server.traceState, 'vendor=abc');
    // Sampled, and the parent is known to be of another process (OTLP 1.9, SpanFlags).
    assert.equal(server.flags, 0x301);
    assert.equal(server.status, 'unset');
    assert.deepEqual(server.attributes, {
      'http.request.method': 'POST',
      'http.route': '/graphql',
      'http.response.status_code': 200,
      'http.request.body.size': 310,
      'http.response.body.size': 2048,
      'weft.served': 'graphql',
      'weft.request.id': 'req-1',
      'weft.consumer': 'web-shop',
      'weft.tier': 'gold',
      'weft.client.name': 'web',
      'weft.client.version': '7',
    });
    assert.deepEqual(server.scope, { name: 'weft', version: '1.2.3' });
  });

  test('has times of day, to the nanosecond', async (t) => {
    const before = Date.now();
    const { endedAt } = recordOf();
    const server = spanAt(await spansOf(t, graphqlRequest()), 'POST /graphql');
    assert.ok(server.endNs - server.startNs >= 39_999_998n && server.endNs - server.startNs <= 40_000_002n);
    const expectedMs = before - performance.now() + endedAt;
    assert.ok(Math.abs(Number(server.endNs / 1_000_000n) - expectedMs) < 1000);
  });

  test('has its operation, authentication, parsing, validation, planning and calls under it', async (t) => {
    const spans = await spansOf(t, graphqlRequest());
    const server = spanAt(spans, 'POST /graphql');
    const operation = spanAt(spans, 'query Cart');
    const parents = Object.fromEntries(Object.values(spans).map(({ name, parentSpanId }) => [name, parentSpanId]));
    assert.deepEqual(parents, {
      'POST /graphql': 'b7ad6b7169203331',
      authenticate: serverSpanId,
      'query Cart': serverSpanId,
      parse: operation.spanId,
      validate: operation.spanId,
      plan: operation.spanId,
      'GET /users/{id}': operation.spanId,
      'POST orders': operation.spanId,
    });
    assert.deepEqual(timesOf(spanAt(spans, 'authenticate'), server), [1000, 4000]);
    assert.deepEqual(timesOf(operation, server), [4000, 40_000]);
    assert.deepEqual(timesOf(spanAt(spans, 'parse'), server), [4000, 5000]);
    assert.deepEqual(timesOf(spanAt(spans, 'validate'), server), [5000, 7000]);
    assert.deepEqual(timesOf(spanAt(spans, 'plan'), server), [7000, 10_000]);
    assert.deepEqual(timesOf(spanAt(spans, 'GET /users/{id}'), server), [10_000, 20_000]);
    assert.equal(new Set(Object.values(spans).map(({ spanId }) => spanId)).size, 8);
    for (const span of Object.values(spans)) {
      assert.match(span.spanId, /^[0-9a-f]{16}$/);
      assert.equal(span.traceId, traceId);
      assert.equal(span.traceState, 'vendor=abc');
    }
  });

  test('tells its operation by the GraphQL conventions, without the document', async (t) => {
    const operation = spanAt(await spansOf(t, graphqlRequest()), 'query Cart');
    assert.equal(operation.kind, 'internal');
    assert.deepEqual(operation.attributes, {
      'graphql.operation.type': 'query',
      'graphql.operation.name': 'Cart',
      'weft.operation.hash': 'c0ffee',
      'weft.engine': 'compiled',
      'weft.cache': 'miss',
      'weft.cost.estimated': 12,
      'weft.cost.actual': 9.5,
    });
  });

  test('a step that took no time has no span beside one that did', async (t) => {
    const record = withParts(recordOf({ parseMs: 0.01, validateMs: 2 }), { runs: [runOf({}, { planMs: 0.05 })] });
    assert.deepEqual(Object.keys(await spansOf(t, record)).toSorted(), ['POST /graphql', 'query Cart', 'validate']);
  });

  test('an error of an HTTP batch is told of the whole of it, and of none of its operations', async (t) => {
    const record = withParts(recordOf({ batchSize: 2 }), { runs: [runOf(), runOf({ name: 'Orders' })] });
    record.addError('UPSTREAM_FAILED', 'users');
    const spans = await spansOf(t, record);
    assert.deepEqual(spanAt(spans, 'POST /graphql').attributes['weft.error.codes'], ['UPSTREAM_FAILED']);
    assert.deepEqual([spanAt(spans, 'query Cart').status, spanAt(spans, 'query Orders').status], ['unset', 'unset']);
  });

  test('a name of an operation that is longer than any would be is not the name of a span', async (t) => {
    const name = 'N'.repeat(101);
    const span = spanAt(await spansOf(t, withParts(recordOf(), { runs: [runOf({ name })] })), 'query');
    assert.equal(span.attributes['graphql.operation.name'], name);
  });

  test('steps that took no time have no span', async (t) => {
    const record = withParts(recordOf({ entranceMs: 0.02, authenticationMs: 0.01, parseMs: 0.01 }), {
      runs: [runOf()],
    });
    assert.deepEqual(Object.keys(await spansOf(t, record)).toSorted(), ['POST /graphql', 'query Cart']);
  });

  test('each operation of an HTTP batch has a span, and calls stand under the request', async (t) => {
    const record = withParts(recordOf({ batchSize: 2 }), {
      runs: [runOf(), runOf({ name: '', type: 'mutation' })],
      calls: [callOf()],
    });
    const spans = await spansOf(t, record);
    assert.deepEqual(
      Object.values(spans).map(({ name, parentSpanId }) => [name, parentSpanId]),
      [
        ['POST /graphql', ''],
        ['query Cart', serverSpanId],
        ['mutation', serverSpanId],
        ['GET /users/{id}', serverSpanId],
      ],
    );
    assert.equal(spanAt(spans, 'POST /graphql').attributes['weft.batch.size'], 2);
  });

  test("an answer of 200 with an upstream's error is an error of the operation, and not of HTTP", async (t) => {
    const record = withParts(recordOf(), { runs: [runOf()] });
    record.addError('UPSTREAM_TIMEOUT', 'users');
    record.addError('UPSTREAM_FAILED', 'users');
    const spans = await spansOf(t, record);
    const server = spanAt(spans, 'POST /graphql');
    assert.deepEqual([server.status, server.attributes['error.type']], ['unset', undefined]);
    assert.deepEqual(server.attributes['weft.error.codes'], ['UPSTREAM_TIMEOUT', 'UPSTREAM_FAILED']);
    assert.deepEqual(server.attributes['weft.error.upstreams'], ['users']);
    const operation = spanAt(spans, 'query Cart');
    assert.deepEqual([operation.status, operation.attributes['error.type']], ['error', 'UPSTREAM_TIMEOUT']);
    assert.equal(operation.statusMessage, '');
  });

  test("a client's own mistake is no error of the server", async (t) => {
    const record = recordOf({ status: 400 });
    record.addError('GRAPHQL_PARSE_FAILED', undefined);
    const server = spanAt(await spansOf(t, record), 'POST /graphql');
    assert.deepEqual([server.status, server.attributes['error.type']], ['unset', undefined]);
    assert.deepEqual(server.attributes['weft.error.codes'], ['GRAPHQL_PARSE_FAILED']);
  });

  test('an answer of 5xx is an error of the server, with its code', async (t) => {
    const record = recordOf({ status: 503 });
    record.addError('IDENTITY_UNAVAILABLE', undefined);
    const server = spanAt(await spansOf(t, record), 'POST /graphql');
    assert.deepEqual([server.status, server.attributes['error.type']], ['error', 'IDENTITY_UNAVAILABLE']);
  });

  test('an error code of an upstream that does not look like one is not told', async (t) => {
    const record = withParts(recordOf(), { runs: [runOf()] });
    record.addError('no user anna@example.com', 'users');
    record.addError('OUT_OF_STOCK', 'users');
    const spans = await spansOf(t, record);
    assert.deepEqual(spanAt(spans, 'POST /graphql').attributes['weft.error.codes'], ['_OTHER', 'OUT_OF_STOCK']);
    assert.equal(spanAt(spans, 'query Cart').attributes['error.type'], '_OTHER');
  });

  test('names of operations that clients make up do not become names of spans without end', async (t) => {
    await using receiver = await startOtlpReceiver();
    const traces = await startTestTraces(t, tracesConfig(receiver.url, { maxQueued: 10_000 }));
    for (let index = 0; index < 300; index++)
      tellOf(withParts(recordOf(), { runs: [runOf({ name: `Made${index % 250}` })] }));
    await traces.stop();
    const operations = receiver.spans.filter(({ kind }) => kind === 'internal');
    assert.equal(operations.length, 300);
    assert.equal(new Set(operations.map(({ name }) => name)).size, 201);
    assert.equal(new Set(operations.map(({ attributes }) => attributes['graphql.operation.name'])).size, 250);
    assert.equal(operations.at(-1)?.name, 'query Made49');
  });

  test('a method that nobody knows is told as another one', async (t) => {
    const server = spanAt(await spansOf(t, recordOf({ method: 'SECRET', served: 'none', route: undefined })), 'HTTP');
    assert.equal(server.attributes['http.request.method'], '_OTHER');
  });
});

test('a passthrough request tells its route and upstream, not its path', async (t) => {
  const record = withParts(
    recordOf({ method: 'GET', served: 'rest', route: '/api/users', upstream: 'users', cache: 'stale', status: 502 }),
    { calls: [callOf({ kind: 'passthrough', template: '/api/users', status: 502 })] },
  );
  const server = spanAt(await spansOf(t, record), 'GET /api/users');
  assert.deepEqual(server.attributes, {
    'http.request.method': 'GET',
    'http.route': '/api/users',
    'http.response.status_code': 502,
    'error.type': '502',
    'weft.served': 'rest',
    'weft.request.id': 'req-1',
    'weft.upstream': 'users',
    'weft.cache': 'stale',
  });
});

test('a request that its client left is told as such', async (t) => {
  const server = spanAt(await spansOf(t, recordOf({ status: 0, isAborted: true })), 'POST /graphql');
  assert.equal(server.attributes['weft.aborted'], true);
  assert.equal('http.response.status_code' in server.attributes, false);
});

test('spans say which process they come from, and nothing of its paths, user or arguments', async (t) => {
  const { resource } = spanAt(await spansOf(t, recordOf()), 'POST /graphql');
  const { 'host.name': host, 'host.arch': arch, 'telemetry.sdk.version': sdk, ...told } = resource;
  assert.ok(host && arch && sdk);
  assert.deepEqual(told, {
    'service.name': 'shop-gateway',
    'service.namespace': 'shop',
    'service.instance.id': 'shop-gateway-1',
    'service.version': '1.2.3',
    'deployment.environment.name': 'test',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
    'process.pid': process.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
  });
});

test('nothing that a client sent or that says who it is gets out', async (t) => {
  await using receiver = await startOtlpReceiver();
  const traces = await startTestTraces(t, tracesConfig(receiver.url));
  const marker = 'm4rker';
  const record = recordOf({ headers: { authorization: marker }, callerId: marker, address: marker });
  tellOf(
    withParts(record, {
      runs: [runOf({ plan: () => marker }, { variables: { password: marker } })],
      calls: [callOf()],
    }),
  );
  await traces.stop();
  assert.equal(receiver.spans.length, 3);
  for (const { body } of receiver.exports) assert.equal(body.includes(marker), false);
});
