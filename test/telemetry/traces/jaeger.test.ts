import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { toJaeger, type JaegerTag } from '../../support/jaeger.ts';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import {
  callOf,
  recordOf,
  runOf,
  startedAt,
  startTestTraces,
  tellOf,
  tracesConfig,
  withParts,
} from '../../support/otlp-records.ts';
import type { ReceivedSpan } from '../../support/otlp-spans.ts';

// `docs/jaeger-trace.json` can be opened in Jaeger's page by "Upload", "JSON file".
const file = new URL('../../../docs/jaeger-trace.json', import.meta.url);
const shownStartNs = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n;

test("a trace that a receiver got is the one that the documentation shows in Jaeger's form", async (t) => {
  await using receiver = await startOtlpReceiver();
  const traces = await startTestTraces(t, tracesConfig(receiver.url));
  tellOf(cartRequest());
  await traces.stop();
  const shown = `${JSON.stringify(toJaeger(steady(receiver.spans)), null, 2)}\n`;
  if (!existsSync(file) && !process.env['CI']) writeFileSync(file, shown);
  assert.equal(shown, readFileSync(file, 'utf8'));
});

test("in Jaeger's form every parent is in the trace or the caller's, and values have their types", async (t) => {
  await using receiver = await startOtlpReceiver();
  const traces = await startTestTraces(t, tracesConfig(receiver.url));
  tellOf(cartRequest());
  await traces.stop();
  const [trace] = toJaeger(receiver.spans).data;
  assert.ok(trace);
  const ids = new Set(trace.spans.map(({ spanID }) => spanID));
  const roots = trace.spans.filter(({ references }) => references.every(({ spanID }) => !ids.has(spanID)));
  assert.deepEqual(
    roots.map(({ operationName }) => operationName),
    ['POST /graphql'],
  );
  const types = { string: 'string', int64: 'number', float64: 'number', bool: 'boolean' } as const;
  const tags: readonly JaegerTag[] = [
    ...trace.spans.flatMap((span) => span.tags),
    ...(trace.processes['p1']?.tags ?? []),
  ];
  for (const { key, type, value } of tags) assert.equal(typeof value, types[type], key);
  for (const { startTime, duration } of trace.spans) assert.ok(Number.isSafeInteger(startTime) && duration >= 0);
});

/** A cart whose recommendations failed: 3 upstreams, one of them tried three times, one answered from the cache. */
function cartRequest(): ReturnType<typeof recordOf> {
  const record = withParts(
    recordOf({
      entranceMs: 1.5,
      authenticationMs: 1.2,
      parseMs: 0.4,
      validateMs: 0.9,
      consumer: 'web-shop',
      tier: 'gold',
      clientName: 'web',
      clientVersion: '7.2.0',
      requestBytes: 214,
      responseBytes: 5320,
    }),
    {
      runs: [
        runOf({ hash: () => '5a8e'.repeat(16) }, { planMs: 2.2, cache: 'miss', estimatedCost: 46, actualCost: 31 }),
      ],
      calls: [
        callOf({
          upstream: 'carts',
          template: '/carts/{id}',
          target: 'http://carts.internal:8081',
          startedAt: startedAt + 5,
          sentAt: startedAt + 5.1,
          headersAt: startedAt + 12,
          endedAt: startedAt + 12.5,
        }),
        callOf({
          upstream: 'products',
          kind: 'graphql',
          method: 'POST',
          template: '',
          operationName: 'Cart_products_1',
          spanId: 'bbbbbbbbbbbbbbbb',
          target: 'https://products.internal/graphql',
          batch: 25,
          requestBytes: 640,
          responseBytes: 4100,
          startedAt: startedAt + 12.6,
          sentAt: startedAt + 12.7,
          headersAt: startedAt + 21,
          endedAt: startedAt + 22,
        }),
        callOf({
          upstream: 'prices',
          kind: 'rest',
          template: '/prices',
          spanId: 'cccccccccccccccc',
          source: 'cache',
          target: undefined,
          sentAt: 0,
          headersAt: 0,
          responseBytes: 0,
          startedAt: startedAt + 12.6,
          endedAt: startedAt + 12.8,
        }),
        callOf({
          upstream: 'recommendations',
          template: '/for/{id}',
          spanId: 'dddddddddddddddd',
          target: 'http://recommendations.internal:8090',
          status: 503,
          attempts: 3,
          error: 'UPSTREAM_FAILED',
          responseBytes: 0,
          startedAt: startedAt + 12.6,
          sentAt: startedAt + 12.7,
          headersAt: startedAt + 38,
          endedAt: startedAt + 38.5,
        }),
      ],
    },
  );
  record.addError('UPSTREAM_FAILED', 'recommendations');
  return record;
}

const machine = new Set(['host.name', 'host.arch', 'process.pid', 'process.runtime.version', 'telemetry.sdk.version']);

/** The same on each run: another day, ids by order in place of random ones, and without what says which machine it is. */
function steady(spans: readonly ReceivedSpan[]): readonly ReceivedSpan[] {
  const [{ startNs: begin } = { startNs: 0n }] = spans;
  const ids = new Map(spans.map(({ spanId }, index) => [spanId, (index + 1).toString(16).padStart(16, '0')]));
  return spans.map((span) => ({
    ...span,
    spanId: ids.get(span.spanId) ?? '',
    parentSpanId: ids.get(span.parentSpanId) ?? span.parentSpanId,
    startNs: span.startNs - begin + shownStartNs,
    endNs: span.endNs - begin + shownStartNs,
    resource: Object.fromEntries(Object.entries(span.resource).filter(([key]) => !machine.has(key))),
  }));
}
