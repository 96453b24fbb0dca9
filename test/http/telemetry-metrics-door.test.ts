import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { loadGatewayFolder } from '../../src/config/load.ts';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import { send } from '../support/guarded-gateway.ts';
import { listenToNotices } from '../support/notices.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { makeFolder } from '../support/run-weft.ts';
import { startGateway } from '../support/start-gateway.ts';
import { newTrace, post } from '../support/telemetry-client.ts';
import { apiKey, startTelemetryGateway, type TelemetryGateway } from '../support/telemetry-gateway.ts';
import { readMetrics } from '../support/telemetry-metrics.ts';
import { until } from '../support/until.ts';

const started = new AsyncDisposableStack();
let gateway: TelemetryGateway;
let url: string;

const good = { authorization: 'Bearer good' };

describe('metrics on the gateway’s own listener', () => {
  before(async () => {
    const otlp = started.use(await startOtlpReceiver());
    gateway = await startTelemetryGateway({
      gateway: {
        telemetry: {
          traces: { sample: '0%', otlp: { url: otlp.url } },
          // Below the route /api, which would take it.
          metrics: { path: '/api/metrics', access: { consumers: ['acme'] } },
        },
        tiers: { few: {} },
      },
    });
    started.defer(gateway.close);
    url = `${gateway.url}/api/metrics`;
  });

  after(() => started.disposeAsync());

  test('are read by those who may, and by nobody else', async () => {
    assert.equal(gateway.gateway.metricsUrl, url);
    assert.equal((await send(url)).status, 401);
    assert.equal((await send(url, { headers: good })).status, 403);
    const { status, headers, text } = await send(url, { headers: { 'x-api-key': apiKey } });
    assert.equal(status, 200);
    assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
    assert.match(text, /weft_build_info/);
  });

  test('win over a route that would take their path, which keeps all others', async () => {
    const from = gateway.upstreams.people.requests.length;
    await send(url, { headers: { 'x-api-key': apiKey } });
    assert.equal(gateway.upstreams.people.requests.length, from);
    assert.equal((await send(`${url}/more`)).status, 200);
    assert.equal(gateway.upstreams.people.requests.at(-1)?.path, '/metrics/more');
  });

  test('have no body for HEAD, and take no other method', async () => {
    const headers = { 'x-api-key': apiKey };
    const head = await send(url, { method: 'HEAD', headers });
    assert.deepEqual([head.status, head.text], [200, '']);
    assert.equal((await send(url, { method: 'POST', headers })).status, 405);
  });

  test('count those who read them as probes, whoever they are', async () => {
    const metrics = await readMetrics(url, { 'x-api-key': apiKey });
    for (const status of ['200', '401', '403', '405']) {
      const labels = { probe: 'metrics', http_response_status_code: status };
      assert.ok(metrics.value('weft_probe_requests_total', labels) > 0, status);
    }
    const labels = { http_response_status_code: '401' };
    assert.equal(metrics.value('http_server_request_duration_seconds_count', labels), 0);
  });

  test('name the trace of a sampled request beside its bucket, in OpenMetrics', async () => {
    const { traceId, headers } = newTrace();
    const silent = newTrace('00');
    for (const each of [headers, silent.headers])
      await post(gateway.url, '{ person(id: "1") { name } }', { headers: each });
    const accept = 'application/openmetrics-text';
    const metrics = await readMetrics(url, { 'x-api-key': apiKey, accept });
    const named = metrics.of('http_server_request_duration_seconds_bucket').map(({ exemplar }) => exemplar?.labels);
    assert.ok(named.some((labels) => labels?.['trace_id'] === traceId));
    assert.ok(!named.some((labels) => labels?.['trace_id'] === silent.traceId));
  });
});

test('the checksum is that of the files, so that it changes with them', async (t) => {
  const dir = await makeFolder(t, { 'gateway.yaml': 'port: 0\n' });
  const { checksum } = await loadGatewayFolder(dir, {}, {});
  const other = await makeFolder(t, { 'gateway.yaml': 'port: 0\n\n' });
  assert.notEqual((await loadGatewayFolder(other, {}, {})).checksum, checksum);
});

test('a reload is counted, with the generation, and so is one that fails', async (t) => {
  let sdl = 'type Query { one: Int }';
  const upstream = await startFakeUpstream(() => ({ json: { data: { _service: { sdl } } } }));
  t.after(upstream.close);
  const dir = await makeFolder(t, {
    'gateway.yaml': 'port: 0\nidentity: { anonymous: true }\ntelemetry: { metrics: {} }\n',
    'upstreams/news.yaml': `kind: federation\ntargets: ${upstream.url}\n`,
  });
  const notices = listenToNotices(t);
  const running = await startGateway({ dir, everyUpstream: { pollMs: 5 } });
  t.after(running.close);
  const counts = async (): Promise<readonly number[]> => {
    const metrics = await readMetrics(`${running.url}/metrics`);
    return [
      metrics.value('weft_generation'),
      metrics.value('weft_reloads_total', { outcome: 'ok' }),
      metrics.value('weft_reloads_total', { outcome: 'failed' }),
    ];
  };
  assert.deepEqual(await counts(), [1, 0, 0]);
  sdl = 'type Query { one: Int two: Int }';
  await notices.seen(/serving with the new schema/);
  assert.deepEqual(await counts(), [2, 1, 0]);
  sdl = 'type Query { one: Nothing }';
  await until(async () => (await counts())[2] === 1);
  assert.deepEqual((await counts()).slice(0, 2), [2, 1]);
});
