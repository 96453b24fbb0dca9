import type { TestContext } from 'node:test';
import type { TracesConfig } from '../../src/config/telemetry-types.ts';
import { publishRequestBegin, publishRequestEnd } from '../../src/telemetry/channels.ts';
import { RequestRecord, type CallRecord, type OperationRun } from '../../src/telemetry/record.ts';
import type { Traces } from '../../src/telemetry/traces/open.ts';
import type { ServiceIdentity } from '../../src/telemetry/resource.ts';
import { startTraces } from '../../src/telemetry/traces/start.ts';

export const service: ServiceIdentity = {
  name: 'shop-gateway',
  namespace: 'shop',
  instance: 'shop-gateway-1',
  version: '1.2.3',
  attributes: { 'deployment.environment.name': 'test' },
};

/** Traces of everything, exported at once, unless a test says otherwise. */
export function tracesConfig(url: string, changes: Partial<TracesConfig> = {}): TracesConfig {
  return {
    otlp: { url, protocol: 'http/protobuf', headers: {}, timeoutMs: 2000, intervalMs: 5 },
    rules: [],
    rate: 1,
    parent: 'follow',
    keepErrors: true,
    keepSlowerThanMs: 1000,
    maxQueued: 2048,
    ...changes,
  };
}

/** Channels are the process's: listeners of one test must not hear the next one. */
export async function startTestTraces(t: TestContext, config: TracesConfig): Promise<Traces> {
  const traces = await startTraces(config, service);
  t.after(() => traces.stop());
  return traces;
}

export const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
export const serverSpanId = '00f067aa0ba902b7';

/** Times are in milliseconds after `startedAt`, which is an hour after the process began. */
export const startedAt = 3_600_000;

/** A request to the GraphQL endpoint that took 40 ms. */
export function recordOf(changes: Partial<RequestRecord> = {}): RequestRecord {
  const { method = 'POST', headers = {}, clientName: name, clientVersion: version, ...rest } = changes;
  const record = new RequestRecord(method, headers, () => ({ name, version }));
  return Object.assign(record, {
    startedAt,
    endedAt: startedAt + 40,
    served: 'graphql',
    requestId: 'req-1',
    route: '/graphql',
    status: 200,
    trace: { traceId, spanId: serverSpanId, parentId: undefined, parentSampled: undefined, state: '' },
    ...rest,
  } satisfies Partial<RequestRecord>);
}

export function runOf(
  operation: Partial<OperationRun['operation']> = {},
  changes: Partial<OperationRun> = {},
): OperationRun {
  return {
    operation: {
      name: 'Cart',
      type: 'query',
      hash: () => 'c0ffee',
      plan: undefined,
      sensitiveVariables: new Set(),
      ...operation,
    },
    engine: 'compiled',
    cache: undefined,
    planMs: 0,
    estimatedCost: undefined,
    actualCost: undefined,
    variables: {},
    ...changes,
  };
}

/** A call of a field's REST mapping that took 10 ms. */
export function callOf(changes: Partial<CallRecord> = {}): CallRecord {
  return {
    upstream: 'users',
    kind: 'rest',
    method: 'GET',
    template: '/users/{id}',
    operationName: undefined,
    spanId: 'aaaaaaaaaaaaaaaa',
    startedAt: startedAt + 10,
    target: 'http://users.internal:8081/api',
    sentAt: startedAt + 11,
    headersAt: startedAt + 18,
    endedAt: startedAt + 20,
    source: 'upstream',
    cache: undefined,
    status: 200,
    error: undefined,
    attempts: 1,
    batch: 1,
    isDetached: false,
    requestBytes: 0,
    responseBytes: 120,
    ...changes,
  };
}

/** The whole life of a request, as its listeners see it; `fill` is what stages do meanwhile. */
export function tellOf(record: RequestRecord, fill: (record: RequestRecord) => void = () => undefined): RequestRecord {
  publishRequestBegin(record);
  fill(record);
  publishRequestEnd(record);
  return record;
}

export function withParts(
  record: RequestRecord,
  parts: { readonly runs?: readonly OperationRun[]; readonly calls?: readonly CallRecord[] },
): RequestRecord {
  record.runs.push(...(parts.runs ?? []));
  record.calls.push(...(parts.calls ?? []));
  return record;
}
