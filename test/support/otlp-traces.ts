import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { RequestRecord } from '../../src/telemetry/record.ts';
import { startOtlpReceiver } from './otlp-receiver.ts';
import {
  callOf,
  recordOf,
  runOf,
  serverSpanId,
  startedAt,
  startTestTraces,
  tellOf,
  traceId,
  tracesConfig,
  withParts,
} from './otlp-records.ts';
import type { ReceivedSpan } from './otlp-spans.ts';

/** The spans of one request, as they come over the wire, by name. */
export async function spansOf(t: TestContext, record: RequestRecord): Promise<Readonly<Record<string, ReceivedSpan>>> {
  await using receiver = await startOtlpReceiver();
  const traces = await startTestTraces(t, tracesConfig(receiver.url));
  tellOf(record);
  await traces.stop();
  const named: Record<string, ReceivedSpan> = {};
  for (const span of receiver.spans) named[span.name in named ? `${span.name} #2` : span.name] = span;
  return named;
}

export function spanAt(spans: Readonly<Record<string, ReceivedSpan>>, name: string): ReceivedSpan {
  const span = spans[name];
  assert.ok(span, `there is no span "${name}" among: ${Object.keys(spans).join(', ')}`);
  return span;
}

/** Start and end after the start of the request, in microseconds. */
export function timesOf(span: ReceivedSpan, server: ReceivedSpan): readonly [number, number] {
  return [span.startNs, span.endNs].map((ns) => Math.round(Number(ns - server.startNs) / 1000)) as [number, number];
}

/** An operation of two calls, by a caller who is known and brought a trace. */
export function graphqlRequest(): RequestRecord {
  return withParts(
    recordOf({
      trace: {
        traceId,
        spanId: serverSpanId,
        parentId: 'b7ad6b7169203331',
        parentSampled: true,
        state: 'vendor=abc',
      },
      entranceMs: 4,
      authenticationMs: 3,
      parseMs: 1,
      validateMs: 2,
      consumer: 'web-shop',
      tier: 'gold',
      clientName: 'web',
      clientVersion: '7',
      callerId: 'subject:https://id.example:anna',
      requestBytes: 310,
      responseBytes: 2048,
    }),
    {
      runs: [runOf({}, { planMs: 3, cache: 'miss', estimatedCost: 12, actualCost: 9.5 })],
      calls: [
        callOf(),
        callOf({
          upstream: 'orders',
          kind: 'graphql',
          method: 'POST',
          template: '',
          operationName: 'Cart_orders_0',
          spanId: 'bbbbbbbbbbbbbbbb',
          target: 'https://orders.internal/graphql',
          batch: 25,
          attempts: 3,
          requestBytes: 400,
          startedAt: startedAt + 20,
          sentAt: startedAt + 20.5,
          headersAt: startedAt + 30,
          endedAt: startedAt + 31.25,
        }),
      ],
    },
  );
}
