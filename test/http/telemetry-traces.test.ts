import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { activeCalls } from '../../src/upstream/call-records.ts';
import { send } from '../support/guarded-gateway.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { callsOf, newTrace, post, traceOf } from '../support/telemetry-client.ts';
import { startTelemetryGateway, type TelemetryGateway } from '../support/telemetry-gateway.ts';
import { until } from '../support/until.ts';

const started = new AsyncDisposableStack();
let otlp: OtlpReceiver;
let gateway: TelemetryGateway;
let url: string;

before(async () => {
  otlp = started.use(await startOtlpReceiver());
  const traces = { sample: '100%', keep: { slowerThan: 'off' }, otlp: { url: otlp.url, interval: '10ms' } };
  gateway = await startTelemetryGateway({ gateway: { telemetry: { traces } } });
  started.defer(gateway.close);
  ({ url } = gateway);
});

after(() => started.disposeAsync());

describe('the trace of an operation', () => {
  // Long enough that to parse it takes a tenth of a millisecond.
  const query = `query Many { things(count: 3) { name count } person(id: "7") { name } } ${'#\n'.repeat(5000)}`;

  test('goes from its caller over the request and the operation to each call, and on to the upstreams', async () => {
    const { traceId, spanId, headers } = newTrace();
    const { status } = await post(url, query, { headers: { ...headers, 'x-client-name': 'web' } });
    assert.equal(status, 200);
    const { server, span, names } = await traceOf(otlp, traceId);
    assert.equal(server.parentSpanId, spanId);
    assert.deepEqual([server.name, server.status], ['POST /graphql', 'unset']);
    assert.equal(server.attributes['http.response.status_code'], 200);
    assert.equal(server.attributes['weft.client.name'], 'web');
    assert.match(String(server.attributes['weft.request.id']), /^[0-9a-f-]{36}$/);
    const operation = span('query Many');
    assert.equal(operation.parentSpanId, server.spanId);
    assert.equal(operation.attributes['weft.operation.hash'], createHash('sha256').update(query).digest('hex'));
    assert.equal(operation.attributes['weft.engine'], 'compiled');
    for (const step of ['parse', 'validate', 'plan']) assert.equal(span(step).parentSpanId, operation.spanId);
    const calls = { 'POST shop': 'shop', 'GET /people/{id}': 'people', 'POST stock': 'stock' } as const;
    for (const [name, upstream] of Object.entries(calls)) {
      const call = span(name);
      assert.deepEqual([call.kind, call.parentSpanId, call.status], ['client', operation.spanId, 'unset'], name);
      assert.equal(call.attributes['weft.upstream'], upstream);
      const [seen = assert.fail(`${upstream} was not called`), ...more] = callsOf(gateway.upstreams[upstream], traceId);
      assert.equal(seen['traceparent'], `00-${traceId}-${call.spanId}-01`);
      assert.equal(more.length, 0);
    }
    assert.equal(span('POST stock').attributes['weft.call.batch'], 3);
    assert.equal(span('POST shop').attributes['weft.call.batch'], undefined);
    assert.equal(names.filter((name) => name !== 'authenticate').length, 8);
  });

  test('has no parsing, validation or planning once the operation is known', async () => {
    const { traceId, headers } = newTrace();
    await post(url, query, { headers });
    const { names } = await traceOf(otlp, traceId);
    assert.deepEqual(
      names.filter((name) => name !== 'authenticate').toSorted(),
      ['GET /people/{id}', 'POST /graphql', 'POST shop', 'POST stock', 'query Many'].toSorted(),
    );
  });

  test('begins here, sampled, where the caller brings none', async () => {
    await post(url, '{ person(id: "begins") { name } }', { headers: { 'x-request-id': 'begins-here' } });
    const call = gateway.upstreams.people.requests.find(({ path }) => path === '/people/begins');
    const [, traceId = ''] = String(call?.headers['traceparent']).split('-');
    const { server } = await traceOf(otlp, traceId);
    assert.equal(server.parentSpanId, '');
    assert.equal(server.attributes['weft.request.id'], 'begins-here');
  });

  test('tells that a call of another request was waited for', async () => {
    const traces = [newTrace(), newTrace()] as const;
    const asked: Promise<unknown>[] = [];
    for (const [index, { headers }] of traces.entries()) {
      asked.push(post(url, `query Held${index} { held }`, { headers }));
      await until(() => activeCalls('shop') === index + 1);
    }
    const seen = () => traces.flatMap(({ traceId }) => callsOf(gateway.upstreams.shop, traceId));
    await until(() => seen().length > 0);
    gateway.upstreams.release();
    await Promise.all(asked);
    const [first, second] = await Promise.all(traces.map(({ traceId }) => traceOf(otlp, traceId)));
    const ofCall = (trace: typeof first) => trace?.span('POST shop');
    assert.deepEqual([ofCall(first)?.kind, ofCall(first)?.attributes['weft.call.source']], ['client', 'upstream']);
    assert.deepEqual([ofCall(second)?.kind, ofCall(second)?.attributes['weft.call.source']], ['internal', 'shared']);
    assert.equal(seen().length, 1);
  });

  test('tells what came of the cache, and has no call where it was a hit', async () => {
    const outcomes: unknown[] = [];
    for (const _time of [1, 2]) {
      const { traceId, headers } = newTrace();
      await post(url, 'query Kept { kept { name } }', { headers });
      const { span, names } = await traceOf(otlp, traceId);
      outcomes.push([span('query Kept').attributes['weft.cache'], names.includes('POST shop')]);
    }
    assert.deepEqual(outcomes, [
      ['miss', true],
      ['hit', false],
    ]);
  });

  test('by GET and hash is like any other', async () => {
    const text = 'query ByHash { person(id: "h") { name } }';
    const sha256Hash = createHash('sha256').update(text).digest('hex');
    const extensions = encodeURIComponent(JSON.stringify({ persistedQuery: { version: 1, sha256Hash } }));
    const [unknown, known] = [newTrace(), newTrace()];
    await send(`${url}/graphql?extensions=${extensions}`, { headers: unknown.headers });
    await send(`${url}/graphql?query=${encodeURIComponent(text)}&extensions=${extensions}`);
    await send(`${url}/graphql?extensions=${extensions}`, { headers: known.headers });
    const refused = await traceOf(otlp, unknown.traceId);
    assert.deepEqual(refused.server.attributes['weft.error.codes'], ['PERSISTED_QUERY_NOT_FOUND']);
    const { server, span } = await traceOf(otlp, known.traceId);
    assert.equal(server.name, 'GET /graphql');
    assert.equal(span('query ByHash').attributes['weft.operation.hash'], sha256Hash);
  });

  test('lasts as long as its subscription', async () => {
    const { traceId, headers } = newTrace();
    const { text } = await post(url, 'subscription Ticks { ticks }', {
      headers: { ...headers, accept: 'text/event-stream' },
    });
    assert.match(text, /"ticks":2/);
    const { server, span } = await traceOf(otlp, traceId);
    const operation = span('subscription Ticks');
    assert.equal(operation.parentSpanId, server.spanId);
    assert.equal(operation.endNs, server.endNs);
    const call = span('POST shop');
    assert.deepEqual([call.kind, call.status], ['client', 'unset']);
    assert.equal(callsOf(gateway.upstreams.shop, traceId)[0]?.['traceparent'], `00-${traceId}-${call.spanId}-01`);
  });

  test('of an HTTP batch has an operation span for each, and the calls under the request', async () => {
    const { traceId, headers } = newTrace();
    const { status } = await post(
      url,
      ['query One { person(id: "1") { name } }', 'query Two { things(count: 1) { name } }', '{ nothing }'],
      { headers },
    );
    assert.equal(status, 200);
    const { server, span } = await traceOf(otlp, traceId);
    for (const name of ['query One', 'query Two', 'GET /people/{id}', 'POST shop'])
      assert.equal(span(name).parentSpanId, server.spanId, name);
    assert.deepEqual(server.attributes['weft.error.codes'], ['GRAPHQL_VALIDATION_FAILED']);
    assert.equal(server.attributes['weft.batch.size'], 3);
  });
});

describe('a trace tells what failed', () => {
  const failures = [
    { query: '{ gone }', call: 'GET /gone', code: 'UPSTREAM_UNREACHABLE', type: 'UPSTREAM_UNREACHABLE' },
    { query: '{ lag }', call: 'GET /slow', code: 'UPSTREAM_TIMEOUT', type: 'UPSTREAM_TIMEOUT' },
    { query: '{ failing(id: "1") { name } }', call: 'GET /failing/{id}', code: 'UPSTREAM_FAILED', type: '500' },
  ] as const;

  for (const { query, call, code, type } of failures) {
    test(`${code}: on the operation and on the call, and not on the request, whose status is 200`, async () => {
      const { traceId, headers } = newTrace();
      await post(url, query, { headers });
      const { server, span } = await traceOf(otlp, traceId);
      assert.deepEqual([server.status, server.attributes['error.type']], ['unset', undefined]);
      assert.deepEqual(server.attributes['weft.error.codes'], [code]);
      const operation = span('query');
      assert.deepEqual([operation.status, operation.attributes['error.type']], ['error', code]);
      const ofCall = span(call);
      assert.deepEqual([ofCall.status, ofCall.attributes['error.type']], ['error', type]);
    });
  }

  test('an error in the answer of a GraphQL upstream: its call itself went well', async () => {
    const { traceId, headers } = newTrace();
    await post(url, '{ refuse }', { headers });
    const { server, span } = await traceOf(otlp, traceId);
    assert.deepEqual(server.attributes['weft.error.upstreams'], ['shop']);
    assert.deepEqual([span('query').status, span('POST shop').status], ['error', 'unset']);
  });

  test('a resolver of the gateway: no upstream was called', async () => {
    const { traceId, headers } = newTrace();
    await post(url, '{ broken }', { headers });
    const { span, all } = await traceOf(otlp, traceId);
    assert.deepEqual([span('query').status, span('query').attributes['error.type']], ['error', 'INTERNAL_ERROR']);
    assert.deepEqual(
      all.filter(({ kind }) => kind === 'client'),
      [],
    );
  });

  test('a client’s own mistake: it is no failure', async () => {
    const { traceId, headers } = newTrace();
    await post(url, '{ nothing }', { headers });
    const { server, all } = await traceOf(otlp, traceId);
    assert.deepEqual(server.attributes['weft.error.codes'], ['GRAPHQL_VALIDATION_FAILED']);
    assert.ok(all.every(({ status }) => status === 'unset'));
  });

  test('a client that left: its call ended with it', async () => {
    const { traceId, headers } = newTrace();
    const leaving = new AbortController();
    const asked = fetch(`${url}/api/held/1`, { headers, signal: leaving.signal });
    await until(() => callsOf(gateway.upstreams.people, traceId).length === 1);
    leaving.abort();
    await assert.rejects(asked);
    const { server } = await traceOf(otlp, traceId);
    assert.equal(server.attributes['weft.aborted'], true);
    assert.equal(server.attributes['http.response.status_code'], undefined);
    gateway.upstreams.release();
  });
});
