import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { registerHooks } from 'node:module';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import type { OtlpConfig, TracesConfig } from '../../../src/config/telemetry-types.ts';
import { GatewayError } from '../../../src/errors.ts';
import { startTraces } from '../../../src/telemetry/traces/start.ts';
import { listenToNotices } from '../../support/notices.ts';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import {
  callOf,
  recordOf,
  runOf,
  service,
  startTestTraces,
  tellOf,
  traceId,
  tracesConfig,
  withParts,
} from '../../support/otlp-records.ts';
import { until } from '../../support/until.ts';

/** Traces to a receiver that may be asked for long or not at all. */
function configOf(url: string, otlp: Partial<OtlpConfig> = {}, changes: Partial<TracesConfig> = {}): TracesConfig {
  const config = tracesConfig(url, changes);
  return { ...config, otlp: { ...config.otlp, ...otlp } };
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

const contentTypes = {
  'http/protobuf': 'application/x-protobuf',
  'http/json': 'application/json',
  grpc: 'application/grpc',
};

describe('by every protocol', () => {
  for (const protocol of ['http/protobuf', 'http/json', 'grpc'] as const)
    test(`${protocol}: the same spans come, with the configured headers`, async (t) => {
      const notices = listenToNotices(t);
      await using receiver = await startOtlpReceiver({ protocol: protocol === 'grpc' ? 'grpc' : 'http' });
      const url = protocol === 'grpc' ? `${receiver.url}/v1/traces` : receiver.url;
      const traces = await startTestTraces(t, configOf(url, { protocol, headers: { authorization: 'Bearer t0ken' } }));
      tellOf(
        withParts(recordOf({ consumer: 'wéb' }), {
          runs: [runOf({}, { actualCost: 2 ** 40 + 0.5 })],
          calls: [callOf({ error: 'UPSTREAM_FAILED', status: 500 })],
        }),
        (record) => record.addError('UPSTREAM_FAILED', 'users'),
      );
      const spans = await receiver.seen(3);
      assert.deepEqual(
        spans.map(({ name, kind, status, traceId: id }) => [name, kind, status, id]),
        [
          ['POST /graphql', 'server', 'unset', traceId],
          ['query Cart', 'internal', 'error', traceId],
          ['GET /users/{id}', 'client', 'error', traceId],
        ],
      );
      assert.equal(spans[0]?.attributes['weft.consumer'], 'wéb');
      assert.deepEqual(spans[0].attributes['weft.error.codes'], ['UPSTREAM_FAILED']);
      assert.equal(spans[1]?.attributes['weft.cost.actual'], 2 ** 40 + 0.5);
      const [received] = receiver.exports;
      assert.equal(received?.headers.authorization, 'Bearer t0ken');
      assert.equal(received.headers['content-type'], contentTypes[protocol]);
      assert.match(String(received.headers['user-agent']), /^weft\/1\.2\.3 /);
      assert.equal(
        received.path,
        protocol === 'grpc' ? '/opentelemetry.proto.collector.trace.v1.TraceService/Export' : '/v1/traces',
      );
      await traces.stop();
      assert.deepEqual(traces.counts(), { exported: 3, dropped: 0, failed: 0, queued: 0 });
      assert.deepEqual(notices.all, []);
    });

  test('packed, where the environment says so', async (t) => {
    process.env['OTEL_EXPORTER_OTLP_COMPRESSION'] = 'gzip';
    t.after(() => delete process.env['OTEL_EXPORTER_OTLP_COMPRESSION']);
    await using receiver = await startOtlpReceiver();
    const traces = await startTestTraces(t, configOf(receiver.url));
    tellOf(recordOf());
    await traces.stop();
    assert.equal(receiver.exports[0]?.headers['content-encoding'], 'gzip');
    assert.equal(receiver.spans.length, 1);
  });
});

describe('a receiver that', () => {
  test('is down loses spans, and is told of once, and once more when it is back', async (t) => {
    const notices = listenToNotices(t);
    const port = await closedPort();
    const traces = await startTestTraces(
      t,
      configOf(`http://user:s3cret@127.0.0.1:${port}/v1/traces?key=s3cret`, { timeoutMs: 300 }),
    );
    for (let count = 1; count <= 3; count++) {
      tellOf(recordOf());
      await until(() => traces.counts().failed === count);
    }
    await using receiver = await startOtlpReceiver({ port });
    tellOf(recordOf());
    await receiver.seen(1);
    const back = await notices.seen(/again/);
    assert.equal(
      back.message,
      `traces are exported to http://***@127.0.0.1:${port}/v1/traces again; 3 spans were lost`,
    );
    assert.deepEqual(
      notices.all.map(({ level, message }) => [level, message]),
      [
        [
          'warn',
          `traces cannot be exported to http://***@127.0.0.1:${port}/v1/traces: ECONNREFUSED; spans are lost until they can`,
        ],
        ['info', back.message],
      ],
    );
    assert.deepEqual(traces.counts(), { exported: 1, dropped: 0, failed: 3, queued: 0 });
  });

  test('comes and goes is not told of each time', async (t) => {
    const notices = listenToNotices(t);
    await using receiver = await startOtlpReceiver();
    const traces = await startTestTraces(t, configOf(receiver.url));
    for (let round = 0; round < 3; round++) {
      receiver.answer = () => ({ status: 400 });
      tellOf(recordOf());
      await until(() => traces.counts().failed === round + 1);
      receiver.answer = () => ({});
      tellOf(recordOf());
      await until(() => traces.counts().exported === round + 1);
    }
    assert.equal(notices.all.length, 2);
  });

  test('refuses gets nothing a second time, and its words are told to nobody', async (t) => {
    const notices = listenToNotices(t);
    await using receiver = await startOtlpReceiver();
    receiver.answer = () => ({ status: 400, body: 'bad token s3cret' });
    const traces = await startTestTraces(t, configOf(receiver.url, { headers: { authorization: 's3cret' } }));
    tellOf(recordOf());
    const notice = await notices.seen(/cannot be exported/);
    assert.match(notice.message, /: status 400; /);
    assert.equal(receiver.exports.length, 1);
    assert.deepEqual(traces.counts(), { exported: 0, dropped: 0, failed: 1, queued: 0 });
    assert.doesNotMatch(JSON.stringify(notices.all), /s3cret/);
  });

  test('has no time for the moment is asked again when it says, and loses nothing', async (t) => {
    const notices = listenToNotices(t);
    await using receiver = await startOtlpReceiver();
    receiver.answer = () =>
      receiver.exports.length < 3 ? { status: 503, headers: { 'retry-after': new Date(0).toUTCString() } } : {};
    const traces = await startTestTraces(t, configOf(receiver.url));
    tellOf(recordOf());
    await receiver.seen(1);
    await until(() => traces.counts().exported === 1);
    assert.equal(receiver.exports.length, 3);
    assert.deepEqual(notices.all, []);
  });

  test('has no time for longer than an export may take loses spans', async (t) => {
    const notices = listenToNotices(t);
    await using receiver = await startOtlpReceiver();
    receiver.answer = () => ({ status: 503, headers: { 'retry-after': '60' } });
    const traces = await startTestTraces(t, configOf(receiver.url, { timeoutMs: 300 }));
    tellOf(recordOf());
    await notices.seen(/no usable answer in time/);
    assert.deepEqual([traces.counts().failed, receiver.exports.length], [1, 1]);
  });

  test('never answers makes nobody wait: what has no room is dropped and counted, whole requests at a time', async (t) => {
    await using receiver = await startOtlpReceiver();
    receiver.answer = () => ({ isSilent: true });
    const traces = await startTestTraces(t, configOf(receiver.url, { timeoutMs: 300 }, { maxQueued: 100 }));
    tellOf(recordOf());
    await until(() => receiver.exports.length === 1);
    // While that one is under way, the queue takes 33 requests of three spans.
    for (let index = 0; index < 1000; index++) tellOf(withParts(recordOf(), { runs: [runOf()], calls: [callOf()] }));
    assert.equal(traces.counts().dropped, 3 * (1000 - 33));
    await traces.stop();
    const { exported, failed } = traces.counts();
    assert.equal(exported, 0);
    assert.ok(failed >= 1);
  });

  test('never answers holds a stop no longer than an export may take', async (t) => {
    await using receiver = await startOtlpReceiver();
    receiver.answer = () => ({ isSilent: true });
    const traces = await startTestTraces(t, configOf(receiver.url, { timeoutMs: 200 }));
    tellOf(recordOf());
    await traces.stop();
    assert.equal(receiver.exports.length, 1);
  });

  test('answers over gRPC that it failed is told of by the number', async (t) => {
    const notices = listenToNotices(t);
    await using receiver = await startOtlpReceiver({ protocol: 'grpc' });
    receiver.answer = () => ({ grpcStatus: 3 });
    const traces = await startTestTraces(t, configOf(receiver.url, { protocol: 'grpc' }));
    tellOf(recordOf());
    await notices.seen(/gRPC status 3;/);
    assert.equal(traces.counts().failed, 1);
  });

  for (const [protocol, body] of [
    ['http/json', JSON.stringify({ partialSuccess: { rejectedSpans: 1, errorMessage: 's3cret' } })],
    // `partial_success` with `rejected_spans` and `error_message`.
    ['http/protobuf', '\x0a\x0a\x08\x01\x12\x06s3cret'],
  ] as const)
    test(`takes only a part by ${protocol} is told of without its words`, async (t) => {
      const notices = listenToNotices(t);
      await using receiver = await startOtlpReceiver();
      receiver.answer = () => ({ body });
      const traces = await startTestTraces(t, configOf(receiver.url, { protocol }));
      tellOf(recordOf());
      await traces.stop();
      assert.deepEqual(
        notices.all.map(({ message }) => message),
        ['OpenTelemetry: Received Partial Success response:'],
      );
    });
});

describe('stopped', () => {
  test('what waits is exported first', async (t) => {
    await using receiver = await startOtlpReceiver();
    const traces = await startTestTraces(t, configOf(receiver.url, { intervalMs: 60_000 }));
    tellOf(recordOf());
    assert.equal(receiver.spans.length, 0);
    await traces.stop();
    assert.equal(receiver.spans.length, 1);
  });

  test('nobody listens any more, and records are not sampled', async (t) => {
    await using receiver = await startOtlpReceiver();
    const traces = await startTestTraces(t, configOf(receiver.url));
    await traces.stop();
    await traces.stop();
    for (const name of ['weft:request.begin', 'weft:request.end']) assert.equal(channel(name).hasSubscribers, false);
    assert.equal(tellOf(recordOf()).isSampled, false);
  });
});

test('gRPC without its package refuses to start, and says what to install', async () => {
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier !== '@opentelemetry/exporter-trace-otlp-grpc') return next(specifier, context);
      throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: 'ERR_MODULE_NOT_FOUND' });
    },
  });
  try {
    await assert.rejects(startTraces(configOf('http://127.0.0.1:4317', { protocol: 'grpc' }), service), (error) => {
      assert.ok(error instanceof GatewayError);
      assert.equal(error.code, 'START_FAILED');
      assert.match(error.message, /npm install @opentelemetry\/exporter-trace-otlp-grpc/);
      return true;
    });
    assert.equal(channel('weft:request.end').hasSubscribers, false);
  } finally {
    hooks.deregister();
  }
});
