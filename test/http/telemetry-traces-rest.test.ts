import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { send } from '../support/guarded-gateway.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { callsOf, newTrace, post, traceOf } from '../support/telemetry-client.ts';
import { startTelemetryGateway, type TelemetryGateway } from '../support/telemetry-gateway.ts';
import { until } from '../support/until.ts';

const formats = ['w3c', 'b3', 'b3-multi', 'jaeger'];

const started = new AsyncDisposableStack();
let otlp: OtlpReceiver;
let gateway: TelemetryGateway;
let url: string;

before(async () => {
  otlp = started.use(await startOtlpReceiver());
  const traces = { sample: '100%', keep: { slowerThan: 'off' }, otlp: { url: otlp.url, interval: '10ms' } };
  const propagation = { accept: formats, send: formats, baggage: ['tenant'] };
  gateway = await startTelemetryGateway({ gateway: { telemetry: { traces, propagation, metrics: {} } } });
  started.defer(gateway.close);
  ({ url } = gateway);
});

after(() => started.disposeAsync());

describe('the trace of a REST request', () => {
  test('is the request and the one call, with what was passed on', async () => {
    const { traceId, spanId, headers } = newTrace();
    await send(`${url}/api/people/1?secret=1`, { headers });
    const { server, all } = await traceOf(otlp, traceId);
    assert.deepEqual([server.name, server.parentSpanId], ['GET /api', spanId]);
    const [call = assert.fail('there is no call')] = all.filter(({ kind }) => kind === 'client');
    assert.equal(call.parentSpanId, server.spanId);
    assert.equal(call.attributes['weft.call.kind'], 'passthrough');
    assert.equal(server.attributes['http.response.body.size'], call.attributes['http.response.body.size']);
    assert.equal(callsOf(gateway.upstreams.people, traceId)[0]?.['traceparent'], `00-${traceId}-${call.spanId}-01`);
  });

  test('has failed where the upstream cannot be reached', async () => {
    const { traceId, headers } = newTrace();
    const { status } = await send(`${url}/gone/1`, { headers });
    assert.equal(status, 502);
    const { server, all } = await traceOf(otlp, traceId);
    assert.deepEqual([server.status, server.attributes['error.type']], ['error', 'UPSTREAM_UNREACHABLE']);
    assert.deepEqual(
      all.map(({ status: each }) => each),
      ['error', 'error'],
    );
  });

  test('tells what came of the cache', async () => {
    const outcomes: unknown[] = [];
    for (const path of ['1', '1', 'old', 'old']) {
      const { traceId, headers } = newTrace();
      await send(`${url}/kept/${path}`, { headers });
      const { server, all } = await traceOf(otlp, traceId);
      outcomes.push([server.attributes['weft.cache'], all.filter(({ kind }) => kind === 'client').length]);
    }
    assert.deepEqual(outcomes, [
      ['miss', 1],
      ['hit', 0],
      ['miss', 1],
      ['stale', 0],
    ]);
  });

  test('that was refused has its authentication, and no call', async () => {
    const { traceId, headers } = newTrace();
    const { status } = await send(`${url}/known/1`, { headers: { ...headers, authorization: 'Bearer bad' } });
    assert.equal(status, 401);
    const { server, span, all } = await traceOf(otlp, traceId);
    assert.deepEqual(server.attributes['weft.error.codes'], ['CREDENTIALS_UNKNOWN']);
    assert.equal(server.status, 'unset');
    assert.equal(span('authenticate').parentSpanId, server.spanId);
    assert.ok(span('authenticate').endNs <= server.endNs);
    assert.equal(all.length, 2);
  });
});

describe('what a caller says of its trace', () => {
  test('that it is not sampled is believed, and passed on', async () => {
    const [silent, sampled] = [newTrace('00'), newTrace()];
    for (const { headers } of [silent, sampled]) await post(url, '{ person(id: "1") { name } }', { headers });
    await traceOf(otlp, sampled.traceId);
    assert.equal(otlp.spans.filter(({ traceId }) => traceId === silent.traceId).length, 0);
    assert.match(String(callsOf(gateway.upstreams.people, silent.traceId)[0]?.['traceparent']), /-00$/);
  });

  test('an error is told though it was not sampled, and marked as told late', async () => {
    const { traceId, headers } = newTrace('00');
    await post(url, '{ failing(id: "1") { name } }', { headers });
    const { server, span } = await traceOf(otlp, traceId);
    assert.equal(server.attributes['weft.sampled.late'], true);
    assert.equal(span('GET /failing/{id}').status, 'error');
    assert.match(String(callsOf(gateway.upstreams.people, traceId)[0]?.['traceparent']), /-00$/);
  });

  const traceId = '463ac35c9f6413ad48485a3953bb6124';
  const spanId = 'a2fb4a1d1a96d312';
  const ways = {
    b3: { b3: `${traceId}-${spanId}-1` },
    'b3-multi': { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-sampled': '1' },
    jaeger: { 'uber-trace-id': `${traceId}:${spanId}:0:1` },
  } as const;

  for (const [format, fields] of Object.entries(ways)) {
    test(`in ${format} is read, and written in all formats for upstreams`, async () => {
      const from = otlp.spans.length;
      await send(`${url}/api/people/${format}`, { headers: { ...fields, baggage: 'tenant=acme,user=anna' } });
      await until(() => otlp.spans.length > from);
      const [server, call] = otlp.spans.slice(from);
      assert.deepEqual([server?.traceId, server?.parentSpanId], [traceId, spanId]);
      const { headers: seen } = gateway.upstreams.people.requests.at(-1) ?? assert.fail('it was called');
      const own = call?.spanId;
      assert.equal(seen['traceparent'], `00-${traceId}-${own}-01`);
      assert.equal(seen['b3'], `${traceId}-${own}-1`);
      assert.deepEqual([seen['x-b3-traceid'], seen['x-b3-spanid'], seen['x-b3-sampled']], [traceId, own, '1']);
      assert.equal(seen['uber-trace-id'], `${traceId}:${own}:0:1`);
      assert.equal(seen['baggage'], 'tenant=acme');
    });
  }
});

test('probes and readers of metrics are never traced', async () => {
  const silent = newTrace();
  for (const path of ['/health/live', '/health/ready', '/metrics']) {
    const { status } = await send(url + path, { headers: silent.headers });
    assert.equal(status, 200);
  }
  const { traceId, headers } = newTrace();
  await send(`${url}/api/people/1`, { headers });
  await traceOf(otlp, traceId);
  assert.equal(otlp.spans.filter((span) => span.traceId === silent.traceId).length, 0);
});
