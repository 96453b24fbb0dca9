import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import {
  callOf,
  recordOf,
  runOf,
  startTestTraces,
  tellOf,
  tracesConfig,
  withParts,
} from '../../support/otlp-records.ts';
import type { ReceivedSpan } from '../../support/otlp-spans.ts';
import { graphqlRequest, spanAt, spansOf, timesOf } from '../../support/otlp-traces.ts';

describe('an upstream call', () => {
  const callSpan = async (t: TestContext, call: Parameters<typeof callOf>[0], name: string): Promise<ReceivedSpan> =>
    spanAt(await spansOf(t, withParts(recordOf(), { runs: [runOf()], calls: [callOf(call)] })), name);

  test("is a client span by the HTTP conventions, with the path's template in place of the path", async (t) => {
    const span = await callSpan(t, {}, 'GET /users/{id}');
    assert.deepEqual([span.kind, span.spanId, span.status], ['client', 'aaaaaaaaaaaaaaaa', 'unset']);
    assert.deepEqual(span.attributes, {
      'http.request.method': 'GET',
      'url.template': '/users/{id}',
      'server.address': 'users.internal',
      'server.port': 8081,
      'server.service.name': 'users',
      'http.response.status_code': 200,
      'http.response.body.size': 120,
      'weft.upstream': 'users',
      'weft.call.kind': 'rest',
      'weft.call.source': 'upstream',
      'weft.call.wait_ms': 1,
      'weft.call.first_byte_ms': 7,
    });
  });

  test('of GraphQL tells operation, batch, bytes and how often it was sent again', async (t) => {
    const span = spanAt(await spansOf(t, graphqlRequest()), 'POST orders');
    assert.equal(span.kind, 'client');
    assert.deepEqual(span.attributes, {
      'http.request.method': 'POST',
      'graphql.operation.name': 'Cart_orders_0',
      'server.address': 'orders.internal',
      'server.port': 443,
      'server.service.name': 'orders',
      'http.response.status_code': 200,
      'http.request.resend_count': 2,
      'http.request.body.size': 400,
      'http.response.body.size': 120,
      'weft.upstream': 'orders',
      'weft.call.kind': 'graphql',
      'weft.call.source': 'upstream',
      'weft.call.batch': 25,
      'weft.call.wait_ms': 0.5,
      'weft.call.first_byte_ms': 9.5,
    });
  });

  for (const source of ['cache', 'shared'] as const)
    test(`that was answered from ${source} counts as no call: it is internal, and names no server`, async (t) => {
      const span = await callSpan(
        t,
        { source, target: undefined, sentAt: 0, headersAt: 0, status: 200 },
        'GET /users/{id}',
      );
      assert.equal(span.kind, 'internal');
      assert.deepEqual(span.attributes, {
        'url.template': '/users/{id}',
        'weft.upstream': 'users',
        'weft.call.kind': 'rest',
        'weft.call.source': source,
      });
    });

  test('that failed is an error with its code', async (t) => {
    const span = await callSpan(
      t,
      { error: 'UPSTREAM_TIMEOUT', status: 0, headersAt: 0, responseBytes: 0 },
      'GET /users/{id}',
    );
    assert.deepEqual([span.status, span.attributes['error.type']], ['error', 'UPSTREAM_TIMEOUT']);
    assert.equal('http.response.status_code' in span.attributes, false);
  });

  test('that was answered with 4xx or 5xx is an error with its status', async (t) => {
    const span = await callSpan(t, { status: 404 }, 'GET /users/{id}');
    assert.deepEqual([span.status, span.attributes['error.type']], ['error', '404']);
  });

  test('that goes on when the request has ended, ends with it', async (t) => {
    const spans = await spansOf(t, withParts(recordOf(), { calls: [callOf({ endedAt: 0 })] }));
    const span = spanAt(spans, 'GET /users/{id}');
    assert.deepEqual(timesOf(span, spanAt(spans, 'POST /graphql')), [10_000, 40_000]);
    assert.equal(span.attributes['weft.call.unfinished'], true);
  });

  test('of a request with more than 200 gets no span, and the request says how many got none', async (t) => {
    await using receiver = await startOtlpReceiver();
    const traces = await startTestTraces(t, tracesConfig(receiver.url));
    const calls = Array.from({ length: 230 }, (_, index) =>
      callOf({ spanId: (index + 1).toString(16).padStart(16, '0') }),
    );
    const record = withParts(recordOf(), { calls });
    record.untoldCalls = 7;
    tellOf(record);
    await traces.stop();
    assert.equal(receiver.spans.length, 201);
    assert.equal(receiver.spans[0]?.attributes['weft.calls.untold'], 37);
  });
});
