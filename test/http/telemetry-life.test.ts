import assert from 'node:assert/strict';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, test, type TestContext } from 'node:test';
import { recordOf, type RequestRecord } from '../../src/telemetry/record.ts';
import { send } from '../support/guarded-gateway.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import type { Json } from '../support/start-gateway.ts';
import { newTrace, post, traceOf } from '../support/telemetry-client.ts';
import { apiKey, startTelemetryGateway, type TelemetryGateway } from '../support/telemetry-gateway.ts';
import { readMetrics } from '../support/telemetry-metrics.ts';
import { until } from '../support/until.ts';

async function start(t: TestContext, telemetry: Json, graphql: Json = {}): Promise<TelemetryGateway> {
  const gateway = await startTelemetryGateway({ gateway: { telemetry }, graphql });
  t.after(gateway.close);
  return gateway;
}

async function startReceiver(t: TestContext): Promise<OtlpReceiver> {
  const receiver = await startOtlpReceiver();
  t.after(() => receiver[Symbol.asyncDispose]());
  return receiver;
}

/** Of each request to a path below this one that was answered from now on: its record, or that it has none. */
function recordsBelow(t: TestContext, path: string): readonly (RequestRecord | undefined)[] {
  const records: (RequestRecord | undefined)[] = [];
  const listen = (message: unknown): void => {
    const { request, response } = message as { readonly request: IncomingMessage; readonly response: ServerResponse };
    if (request.url?.startsWith(path)) records.push(recordOf(response));
  };
  subscribe('http.server.response.finish', listen);
  t.after(() => unsubscribe('http.server.response.finish', listen));
  return records;
}

const query = 'query Any { person(id: "1") { name } }';

describe('a request has a record', () => {
  test('nowhere where nobody listens', async (t) => {
    const { url } = await start(t, {});
    const records = [recordsBelow(t, '/graphql'), recordsBelow(t, '/api/'), recordsBelow(t, '/none')];
    await post(url, query);
    await send(`${url}/api/people/1`);
    await send(`${url}/none`);
    await until(() => records.every(({ length }) => length > 0));
    assert.deepEqual(records, [[undefined], [undefined], [undefined]]);
  });

  test('where an answer may show it, though nobody listens', async (t) => {
    const { url } = await start(t, {}, { timeline: true });
    const records = recordsBelow(t, '/graphql');
    await post(url, query);
    await until(() => records.length > 0);
    assert.equal(records[0]?.calls.length, 1);
  });
});

test('the time for credentials is noted whether they are good or bad, known at once or after asking', async (t) => {
  const { url } = await start(t, {});
  const records: RequestRecord[] = [];
  const listen = (record: unknown): void => void records.push(record as RequestRecord);
  subscribe('weft:request.end', listen);
  t.after(() => unsubscribe('weft:request.end', listen));
  const asked: readonly (readonly [headers: Record<string, string>, status: number])[] = [
    [{ 'x-api-key': apiKey }, 200],
    [{ 'x-api-key': 'weft_abc_of_nobody' }, 401],
    [{ authorization: 'Bearer good' }, 200],
    [{ authorization: 'Bearer bad' }, 401],
  ];
  for (const [headers, status] of asked) assert.equal((await send(`${url}/known/1`, { headers })).status, status);
  await until(() => records.length === asked.length);
  for (const { authenticationMs, entranceMs, status } of records) {
    assert.ok(authenticationMs > 0, `${authenticationMs} ms for ${status}`);
    assert.ok(entranceMs >= authenticationMs);
  }
});

describe('what a request tells its caller', () => {
  const asAcme = { 'x-api-key': apiKey };
  const asks = { 'weft-timeline': 'true' };

  test('is for those alone who may hear it', async (t) => {
    const access = { consumers: ['acme'] };
    const { url } = await start(t, { serverTiming: access }, { timeline: access });
    const told = await post(url, query, { headers: { ...asAcme, ...asks } });
    assert.match(String(told.headers['server-timing']), /^total;dur=.*up-people;dur=[\d.]+;desc="1 call"/);
    const { extensions } = JSON.parse(told.text) as {
      readonly extensions: { readonly timeline: { readonly calls: readonly { readonly upstream: string }[] } };
    };
    assert.deepEqual(
      extensions.timeline.calls.map(({ upstream }) => upstream),
      ['people'],
    );
    const rest = await send(`${url}/known/1`, { headers: asAcme });
    assert.match(String(rest.headers['server-timing']), /up-people/);
    for (const headers of [asks, { ...asks, authorization: 'Bearer good' }]) {
      const untold = await post(url, query, { headers });
      assert.equal(untold.status, 200);
      assert.equal(untold.headers['server-timing'], undefined);
      assert.doesNotMatch(untold.text, /timeline/);
      const other = await send(`${url}/api/people/1`, { headers });
      assert.equal(other.headers['server-timing'], undefined);
    }
  });

  test('is nothing where it was refused at the entrance', async (t) => {
    const { url } = await start(t, { serverTiming: true }, { timeline: true, anonymous: false });
    const refused = await post(url, query, { headers: asks });
    assert.equal(refused.status, 401);
    const route = await send(`${url}/known/1`);
    assert.equal(route.status, 401);
    for (const { headers, text } of [refused, route]) {
      assert.equal(headers['server-timing'], undefined);
      assert.doesNotMatch(text, /timeline/);
    }
    const let_ = await send(`${url}/api/people/1`);
    assert.match(String(let_.headers['server-timing']), /^total;dur=/);
  });
});

describe('traces over the life of a gateway', () => {
  const traces = (url: string, otlp: Json = {}, more: Json = {}): Json => ({
    traces: { sample: '100%', otlp: { url, interval: '1h', ...otlp }, ...more },
  });

  test('those of the last requests go out when it stops', async (t) => {
    const otlp = await startReceiver(t);
    const gateway = await start(t, traces(otlp.url));
    const { traceId, headers } = newTrace();
    await post(gateway.url, query, { headers });
    assert.equal(otlp.exports.length, 0);
    await gateway.close();
    const { names } = await traceOf(otlp, traceId);
    assert.ok(names.includes('query Any'));
  });

  test('a receiver that is silent changes no answer, and holds nothing up for good', async (t) => {
    const otlp = await startReceiver(t);
    otlp.answer = () => ({ isSilent: true });
    const gateway = await start(t, { ...traces(otlp.url, { interval: '5ms', timeout: '100ms' }), metrics: {} });
    await post(gateway.url, query);
    await until(() => otlp.exports.length > 0);
    const { status, text } = await post(gateway.url, query);
    assert.deepEqual([status, JSON.parse(text)], [200, { data: { person: { name: 'person 1' } } }]);
    const failed = async (): Promise<number> => {
      const metrics = await readMetrics(`${gateway.url}/metrics`);
      return metrics.value('weft_telemetry_spans_total', { outcome: 'failed' });
    };
    await until(async () => (await failed()) > 0);
    await gateway.close();
  });

  test('of an operation that runs stitched have its calls too', async (t) => {
    const otlp = await startReceiver(t);
    const telemetry = traces(otlp.url, { interval: '5ms' });
    const gateway = await startTelemetryGateway({ gateway: { telemetry, engine: 'stitched' } });
    t.after(gateway.close);
    for (const _time of [1, 2]) {
      const { traceId, headers } = newTrace();
      await post(gateway.url, 'query Many { things(count: 3) { count } person(id: "1") { name } }', { headers });
      const { span } = await traceOf(otlp, traceId);
      const operation = span('query Many');
      assert.equal(operation.attributes['weft.engine'], 'stitched');
      for (const name of ['POST shop', 'POST stock', 'GET /people/{id}'])
        assert.equal(span(name).parentSpanId, operation.spanId, name);
      assert.equal(span('POST stock').attributes['weft.call.batch'], 3);
    }
  });

  test('are sampled by the first rule that fits, which the first call goes by already', async (t) => {
    const otlp = await startReceiver(t);
    const rules = [
      { operations: ['Never'], clients: ['web'], sample: 0 },
      { operations: ['Checkout'], sample: 1 },
      { routes: ['/api'], methods: ['GET'], sample: 1 },
      { consumers: ['acme'], sample: 1 },
      { clients: ['web'], sample: 1 },
    ];
    const gateway = await start(t, traces(otlp.url, {}, { sample: 0, rules }));
    const { url, upstreams } = gateway;
    const people = (name: string): string => `query ${name} { person(id: "1") { name } }`;
    const rest = (path: string, headers: Record<string, string> = {}) => send(url + path, { headers });
    const ways: readonly (readonly [ask: () => Promise<unknown>, isSampled: boolean])[] = [
      [() => post(url, people('Checkout')), true],
      [() => post(url, people('Checkout')), true],
      [() => post(url, people('Other')), false],
      [() => post(url, people('Other'), { headers: { 'x-client-name': 'web' } }), true],
      [() => post(url, people('Never'), { headers: { 'x-client-name': 'web' } }), false],
      [() => rest('/api/people/1'), true],
      [() => rest('/known/1', { 'x-api-key': apiKey }), true],
      [() => rest('/known/1', { authorization: 'Bearer good' }), false],
    ];
    const seen: boolean[] = [];
    for (const [ask] of ways) {
      await ask();
      const call = upstreams.people.requests.findLast(({ path }) => path !== '/introspect');
      seen.push(/-0[13]$/.test(String(call?.headers['traceparent'])));
    }
    const expected = ways.map(([, isSampled]) => isSampled);
    assert.deepEqual(seen, expected);
    await gateway.close();
    const servers = otlp.spans.filter(({ kind }) => kind === 'server');
    assert.equal(servers.length, expected.filter((isSampled) => isSampled).length);
  });

  test('a receiver that is down changes no answer', async (t) => {
    const otlp = await startOtlpReceiver();
    await otlp[Symbol.asyncDispose]();
    const gateway = await start(t, traces(otlp.url, { interval: '5ms', timeout: '100ms' }));
    for (const _time of [1, 2, 3]) assert.equal((await post(gateway.url, query)).status, 200);
    await gateway.close();
  });
});

test('metrics of the last requests are pushed by OTLP when the gateway stops', async (t) => {
  const otlp = await startReceiver(t);
  const url = otlp.url.replace('/v1/traces', '/v1/metrics');
  const gateway = await start(t, { metrics: { otlp: { url, interval: '1h', protocol: 'http/json' } } });
  await post(gateway.url, query);
  await gateway.close();
  const [sent = assert.fail('nothing was sent'), ...more] = otlp.exports;
  assert.deepEqual([sent.path, more.length], ['/v1/metrics', 0]);
  const text = sent.body.toString();
  for (const part of ['"http.server.request.duration"', '"graphql.operation.name"', '"Any"', '"weft.generation"'])
    assert.ok(text.includes(part), part);
});

test('operations of several audiences are told by one name, and their plans are added up', async (t) => {
  const gateway = await startTelemetryGateway({
    gateway: {
      telemetry: { metrics: {} },
      audiences: {
        partners: { callers: { consumers: ['acme'] }, exclude: ['internal'] },
        all: { callers: 'everyone' },
      },
      tiers: { few: {} },
    },
  });
  t.after(gateway.close);
  const { url } = gateway;
  const headersOf: readonly Record<string, string>[] = [{}, { 'x-api-key': apiKey }];
  for (const headers of headersOf) assert.equal((await post(url, query, { headers })).code, undefined);
  const metrics = await readMetrics(`${url}/metrics`);
  const labels = { graphql_operation_name: 'Any' };
  assert.equal(metrics.value('weft_graphql_operation_duration_seconds_count', labels), 2);
  assert.equal(metrics.value('weft_graphql_plan_entries'), 2);
});

test('of two gateways in one process each goes on when the other stops', async (t) => {
  const [otlp, othersOtlp] = [await startReceiver(t), await startReceiver(t)];
  const telemetryOf = (receiver: OtlpReceiver): Json => ({
    traces: { sample: '100%', otlp: { url: receiver.url, interval: '5ms' } },
    metrics: {},
  });
  const gateway = await start(t, telemetryOf(otlp));
  const other = await start(t, telemetryOf(othersOtlp));
  await post(other.url, query);
  await other.close();
  const { traceId, headers } = newTrace();
  const { status } = await post(gateway.url, query, { headers });
  assert.equal(status, 200);
  const { names } = await traceOf(otlp, traceId);
  assert.ok(names.includes('GET /people/{id}'));
  let metrics = await readMetrics(`${gateway.url}/metrics`);
  await until(async () => {
    metrics = await readMetrics(`${gateway.url}/metrics`);
    // The one that reads.
    return metrics.value('http_server_active_requests') === 1;
  });
  const own = { graphql_operation_name: 'Any', outcome: 'ok' };
  assert.ok(metrics.value('weft_graphql_operation_duration_seconds_count', own) >= 1);
});

test('a gateway that has stopped listens to nothing', async (t) => {
  const otlp = await startReceiver(t);
  const gateway = await start(t, { traces: { otlp: { url: otlp.url } }, metrics: {} });
  const heard = (): readonly boolean[] =>
    ['request.begin', 'request.end', 'upstream.detached', 'limit', 'error', 'notice'].map(
      (name) => channel(`weft:${name}`).hasSubscribers,
    );
  assert.ok(heard().every((isHeard) => isHeard));
  await gateway.close();
  assert.ok(!heard().some((isHeard) => isHeard));
});
