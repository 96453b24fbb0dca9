import type { TestContext } from 'node:test';
import type { MetricsConfig } from '../../../../src/config/telemetry-types.ts';
import { publishDetachedCall, publishRequestBegin, publishRequestEnd } from '../../../../src/telemetry/channels.ts';
import type { Figures } from '../../../../src/telemetry/metrics/figures.ts';
import { startMetrics, type Metrics } from '../../../../src/telemetry/metrics/start.ts';
import { RequestRecord, type CallRecord, type OperationRun } from '../../../../src/telemetry/record.ts';
import { parseMetrics, type Sample } from '../../../support/openmetrics.ts';

export const config: MetricsConfig = {
  path: '/metrics',
  listen: undefined,
  access: undefined,
  otlp: undefined,
  maxSeries: 2000,
  maxOperations: 200,
  durationBuckets: [0.001, 0.01, 0.1, 1, 10],
  exemplars: true,
};

export const figures: Figures = {
  connections: 7,
  generation: 3,
  reloads: { ok: 2, failed: 1 },
  plans: { entries: 11, bytes: 4096 },
  caches: [{ store: 'memory', entries: 5, bytes: 1000, hits: 40, misses: 9 }],
  cacheFailures: 1,
  redis: [{ connection: 'shared', isUp: false }],
  upstreams: [
    {
      name: 'users',
      schema: 'last-good',
      circuit: 'open',
      active: 4,
      pools: [{ target: 'http://users:80', connected: 4, free: 3, queued: 2, running: 1, pending: 6 }],
    },
  ],
  traces: { exported: 100, failed: 10, dropped: 1, queued: 8 },
};

export const options = {
  service: { name: 'weft', namespace: undefined, instance: 'test', attributes: {} },
  build: { version: '1.2.3', node: '26.0.0' },
  configuration: { checksum: 'abc', version: '9' },
  figures: () => figures,
};

/** Metrics that are stopped when the test ends. */
export function startTestMetrics(t: TestContext, over: Partial<MetricsConfig> = {}): Metrics {
  const metrics = startMetrics({ ...config, ...over }, options);
  t.after(() => metrics.stop());
  return metrics;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A request that began now; times may be set. */
export function begin(method = 'POST'): Writable<RequestRecord> {
  const record = new RequestRecord(method, {});
  publishRequestBegin(record);
  return record;
}

/** Ends a request after so many milliseconds, which do not pass. */
export function end(record: Writable<RequestRecord>, fields: Partial<Writable<RequestRecord>> = {}, afterMs = 5): void {
  Object.assign(record, { served: 'graphql', route: '/graphql', status: 200 }, fields);
  record.endedAt = record.startedAt + afterMs;
  publishRequestEnd(record as RequestRecord);
}

export function runOf(
  name: string,
  over: Partial<OperationRun> = {},
  type: OperationRun['operation']['type'] = 'query',
): OperationRun {
  return {
    operation: { name, type, hash: () => 'hash', plan: undefined, sensitiveVariables: new Set() },
    ...{ engine: 'compiled', cache: undefined, planMs: 0, estimatedCost: undefined, actualCost: undefined },
    variables: {},
    ...over,
  };
}

export function callOf(over: Partial<CallRecord> = {}): CallRecord {
  const startedAt = over.startedAt ?? performance.now();
  return {
    ...{ upstream: 'users', kind: 'graphql', method: 'POST', template: '', operationName: undefined },
    ...{ spanId: '00000000000000aa', startedAt, target: 'http://users:80' },
    ...{ sentAt: startedAt + 1, headersAt: startedAt + 2, endedAt: 0, source: 'upstream', status: 200 },
    ...{ cache: undefined, error: undefined, attempts: 1, batch: 1, requestBytes: 0, responseBytes: 0 },
    isDetached: false,
    ...over,
  };
}

/** Makes a call that no request tells of, and that takes so many milliseconds, which do not pass. */
export function makeCall(over: Partial<CallRecord> = {}, afterMs = 3): CallRecord {
  const call = callOf({ isDetached: true, ...over });
  call.endedAt = call.startedAt + afterMs;
  publishDetachedCall(call);
  return call;
}

export type Labels = Readonly<Record<string, string>>;

/** Reads what there is now, strictly; `value` and `samples` look at it by the name of Prometheus' text. */
export function readNow(metrics: Metrics): Read {
  const families = parseMetrics(metrics.text('text/plain').text, 'prometheus');
  const all = [...families.values()].flatMap(({ samples }) => samples);
  const samples = (name: string, labels: Labels = {}): readonly Sample[] =>
    all.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => (sample.labels[label] ?? '') === value),
    );
  return {
    samples,
    value: (name, labels) => rounded(samples(name, labels).reduce((sum, { value }) => sum + value, 0)),
  };
}

export interface Read {
  readonly samples: (name: string, labels?: Labels) => readonly Sample[];
  /** The sum of all that fit, to nine digits; 0 where none does. */
  readonly value: (name: string, labels?: Labels) => number;
}

/** Times are differences of large numbers, which are not exact. */
export function rounded(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}
