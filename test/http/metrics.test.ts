import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { request } from 'undici';
import type { OtlpConfig } from '../../src/config/telemetry-types.ts';
import type { GatewayError } from '../../src/errors.ts';
import { startMetricsListener } from '../../src/telemetry/metrics/http.ts';
import { startMetrics } from '../../src/telemetry/metrics/start.ts';
import { listenToNotices } from '../support/notices.ts';
import { parseMetrics } from '../support/openmetrics.ts';
import { until } from '../support/until.ts';
import { begin, config, end, options, readNow, startTestMetrics } from '../unit/telemetry/metrics/rig.ts';

async function listen(t: TestContext): Promise<string> {
  const { handle } = startTestMetrics(t);
  const listener = await startMetricsListener({ host: '127.0.0.1', port: 0, path: '/metrics', handle });
  t.after(() => listener.close());
  return listener.url;
}

describe('reading metrics', () => {
  test('whoever likes OpenMetrics gets it, all others Prometheus’ text', async (t) => {
    const url = await listen(t);
    const typeFor = async (accept: string): Promise<string> => {
      const { headers, body } = await request(`${url}/metrics`, { headers: { accept } });
      const text = await body.text();
      const type = String(headers['content-type']);
      parseMetrics(text, type.startsWith('application/openmetrics-text') ? 'openmetrics' : 'prometheus');
      return type;
    };
    const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
    const text = 'text/plain; version=0.0.4; charset=utf-8';
    const ofPrometheus =
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
    assert.equal(await typeFor(ofPrometheus), openMetrics);
    assert.equal(await typeFor('application/openmetrics-text'), openMetrics);
    assert.equal(await typeFor('application/openmetrics-text;q=0.1, text/plain'), text);
    for (const accept of ['*/*', 'text/plain;version=0.0.4', 'text/html', 'image/png'])
      assert.equal(await typeFor(accept), text);
  });

  test('it is compressed for those who take gzip, and for nobody else', async (t) => {
    const url = await listen(t);
    const zipped = await request(`${url}/metrics`, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(zipped.headers['content-encoding'], 'gzip');
    assert.equal(zipped.headers['vary'], 'accept, accept-encoding');
    parseMetrics(gunzipSync(Buffer.from(await zipped.body.arrayBuffer())).toString(), 'prometheus');
    for (const coding of ['identity', 'br', 'gzip;q=0']) {
      const { headers, body } = await request(`${url}/metrics`, { headers: { 'accept-encoding': coding } });
      assert.equal(headers['content-encoding'], undefined);
      parseMetrics(await body.text(), 'prometheus');
    }
  });

  test('HEAD has no body, other methods are refused, and other paths are not there', async (t) => {
    const url = await listen(t);
    const head = await request(`${url}/metrics`, { method: 'HEAD' });
    assert.equal(head.statusCode, 200);
    assert.ok(Number(head.headers['content-length']) > 0);
    assert.equal(await head.body.text(), '');
    const post = await request(`${url}/metrics`, { method: 'POST', body: 'x' });
    assert.equal(post.statusCode, 405);
    assert.equal(post.headers['allow'], 'GET, HEAD');
    await post.body.dump();
    for (const path of ['/', '/metrics/', '/graphql', '/health/ready']) {
      const other = await request(url + path);
      assert.equal(other.statusCode, 404);
      await other.body.dump();
    }
    const withQuery = await request(`${url}/metrics?name=any`);
    assert.equal(withQuery.statusCode, 200);
    await withQuery.body.dump();
  });

  test('a listener that cannot listen says where', async (t) => {
    const { port } = new URL(await listen(t));
    const { handle } = startTestMetrics(t);
    await assert.rejects(
      startMetricsListener({ host: '127.0.0.1', port: Number(port), path: '/metrics', handle }),
      (error: GatewayError) =>
        error.code === 'START_FAILED' &&
        error.message === `telemetry.metrics.listen: cannot listen on 127.0.0.1:${port} (EADDRINUSE)`,
    );
  });

  const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

  test('promtool has nothing to say against it', { skip: hasPromtool ? false : 'promtool is not installed' }, (t) => {
    const metrics = startTestMetrics(t);
    end(begin());
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: metrics.text().text,
      encoding: 'utf8',
    });
    assert.equal(stdout + stderr, '');
    assert.equal(status, 0);
  });
});

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}

interface Point {
  readonly attributes: readonly Attribute[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly asDouble?: number;
  readonly count?: number | string;
  readonly sum?: number;
  readonly bucketCounts?: readonly number[];
  readonly explicitBounds?: readonly number[];
}

interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: {
    readonly isMonotonic: boolean;
    readonly aggregationTemporality: number;
    readonly dataPoints: readonly Point[];
  };
  readonly gauge?: { readonly dataPoints: readonly Point[] };
  readonly histogram?: { readonly aggregationTemporality: number; readonly dataPoints: readonly Point[] };
}

interface Export {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string };
      readonly metrics: readonly Metric[];
    }[];
  }[];
}

interface Receiver {
  readonly url: string;
  readonly requests: { readonly headers: IncomingMessage['headers']; readonly body: Buffer }[];
  /** Answers with this from now on. */
  status: number;
}

/** An OTLP receiver by HTTP that keeps what comes. */
async function startReceiver(t: TestContext): Promise<Receiver> {
  const server: Server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      receiver.requests.push({ headers: req.headers, body: Buffer.concat(chunks) });
      res.writeHead(receiver.status, { 'content-type': String(req.headers['content-type']) });
      res.end(receiver.status === 200 ? '' : 'the words of the receiver');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = { url: `http://127.0.0.1:${port}/v1/metrics`, requests: [], status: 200 };
  return receiver;
}

const otlp = { protocol: 'http/json', headers: { 'x-tenant': 'shop' }, timeoutMs: 1000, intervalMs: 20 } as const;

function valueOf({ attributes }: { readonly attributes: readonly Attribute[] }, key: string): unknown {
  const value = attributes.find((each) => each.key === key)?.value;
  return value?.stringValue ?? value?.intValue;
}

describe('metrics by OTLP', () => {
  test('a receiver gets them with names, units and resource of OpenTelemetry', async (t) => {
    const receiver = await startReceiver(t);
    const metrics = startTestMetrics(t, { otlp: { ...otlp, url: receiver.url } });
    end(begin(), {}, 50);
    await until(() => receiver.requests.length > 1);
    const { headers, body } = receiver.requests[1] ?? assert.fail('it came');
    assert.equal(headers['x-tenant'], 'shop');
    const [{ resource, scopeMetrics } = assert.fail('there is a resource')] = (JSON.parse(body.toString()) as Export)
      .resourceMetrics;
    assert.equal(valueOf(resource, 'service.name'), 'weft');
    assert.equal(valueOf(resource, 'service.version'), '1.2.3');
    const all = new Map(scopeMetrics[0]?.metrics.map((metric) => [metric.name, metric]));
    const duration = all.get('http.server.request.duration');
    const [point = assert.fail('there is a point')] = duration?.histogram?.dataPoints ?? [];
    assert.equal(duration?.unit, 's');
    assert.equal(duration?.histogram?.aggregationTemporality, 2);
    assert.equal(valueOf(point, 'http.route'), '/graphql');
    assert.equal(Number(valueOf(point, 'http.response.status_code')), 200);
    assert.deepEqual(point.bucketCounts, [0, 0, 1, 0, 0, 0]);
    assert.deepEqual(point.explicitBounds, config.durationBuckets);
    assert.ok(BigInt(point.timeUnixNano) > BigInt(point.startTimeUnixNano));
    assert.equal(all.get('weft.graphql.operations')?.sum?.isMonotonic, true);
    assert.equal(all.get('http.server.active_requests')?.sum?.isMonotonic, false);
    assert.equal(all.get('weft.listener.connections')?.gauge?.dataPoints[0]?.asDouble, 7);
    assert.ok(readNow(metrics).value('weft_telemetry_exports_total', { outcome: 'ok' }) > 0);
  });

  test('sums go on from export to export', async (t) => {
    const receiver = await startReceiver(t);
    startTestMetrics(t, { otlp: { ...otlp, url: receiver.url } });
    const counted = (): number => {
      const last = receiver.requests.at(-1);
      if (!last) return 0;
      const [of] = (JSON.parse(last.body.toString()) as Export).resourceMetrics;
      const metric = of?.scopeMetrics[0]?.metrics.find(({ name }) => name === 'http.server.request.duration');
      return Number(metric?.histogram?.dataPoints[0]?.count ?? 0);
    };
    end(begin());
    await until(() => counted() === 1);
    end(begin());
    await until(() => counted() === 2);
  });

  test('a receiver that fails is told once, harms nothing, and is told when it is back', async (t) => {
    const receiver = await startReceiver(t);
    receiver.status = 400;
    const notices = listenToNotices(t);
    const metrics = startTestMetrics(t, { otlp: { ...otlp, url: receiver.url } });
    await until(() => readNow(metrics).value('weft_telemetry_exports_total', { outcome: 'failed' }) > 2);
    receiver.status = 200;
    await notices.seen(/takes metrics again/);
    assert.deepEqual(
      notices.all.map(({ level, message }) => [level, message]),
      [
        ['warn', 'metrics cannot be sent to the OTLP receiver: it answered 400'],
        ['info', 'the OTLP receiver takes metrics again'],
      ],
    );
  });

  test('what was counted last is sent before it stops', async (t) => {
    const receiver = await startReceiver(t);
    const hourly: OtlpConfig = { ...otlp, url: receiver.url, protocol: 'http/protobuf', intervalMs: 3_600_000 };
    const metrics = startTestMetrics(t, { otlp: hourly });
    end(begin());
    await metrics.stop();
    assert.equal(receiver.requests.length, 1);
    const [{ headers, body } = assert.fail('it came')] = receiver.requests;
    assert.equal(headers['content-type'], 'application/x-protobuf');
    assert.ok(body.includes('http.server.request.duration'));
  });

  test('gRPC is refused at the start', () => {
    const grpc: OtlpConfig = { ...otlp, url: 'http://127.0.0.1:4317', protocol: 'grpc' };
    assert.throws(
      () => startMetrics({ ...config, otlp: grpc }, options),
      (error: GatewayError) => error.code === 'CONFIGURATION_INVALID' && error.message.endsWith('but got: "grpc"'),
    );
  });
});
