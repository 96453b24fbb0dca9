import type { AccessLogConfig, LogConfig } from '../../config/telemetry-types.ts';
import { splitDurations } from '../durations.ts';
import type { CallRecord, OperationRun, RequestRecord } from '../record.ts';
import type { Kept } from './access-sampling.ts';
import { createHeaderReader, networkOf, variablesOf } from './private-values.ts';

/** Upstream calls that one line tells apart. */
const maxCalls = 20;

/** Makes the fields of a line. What is undefined is not written; `docs/logs.md` says what each is. */
export type FieldsOf = (record: RequestRecord, kept: Kept) => Readonly<Record<string, unknown>>;

export type AccessFieldsConfig = Pick<AccessLogConfig, 'headers' | 'variables' | 'paths' | 'addresses'>;

/** Says of a request what the configuration lets the log know. */
export function createAccessFields(config: AccessFieldsConfig, redact: LogConfig['redact']): FieldsOf {
  const { variables, paths, addresses } = config;
  const headersOf = createHeaderReader(config.headers, redact);
  // One literal: V8 gives it one shape, and `JSON.stringify` its fast path.
  return (record, { outcome, rate }) => {
    const { trace, runs, isAborted, errors, batchSize, address } = record;
    const { totalMs, gatewayMs, upstreamMs } = splitDurations(record);
    const run = runs.length === 1 ? runs[0] : undefined;
    return {
      requestId: record.requestId,
      traceId: trace?.traceId,
      spanId: trace?.spanId,
      callerId: record.callerId,
      consumer: record.consumer,
      tier: record.tier,
      clientName: record.clientName,
      clientVersion: record.clientVersion,
      clientAddress: address === undefined ? undefined : addressText(address, addresses),
      served: record.served,
      method: record.method,
      route: record.route,
      path: paths ? record.path : undefined,
      upstream: record.upstream,
      status: record.status,
      outcome,
      aborted: isAborted || undefined,
      errors: errors.length > 0 ? errors : undefined,
      operationName: run?.operation.name,
      operationType: run?.operation.type,
      operationHash: run?.operation.hash(),
      engine: run?.engine,
      cache: run ? run.cache : record.cache,
      estimatedCost: run?.estimatedCost,
      actualCost: run?.actualCost,
      variables: variables && run ? variablesOf(run) : undefined,
      batchSize: batchSize || undefined,
      operations: runs.length > 1 ? runs.map((each) => operationFields(each, variables)) : undefined,
      durationMs: rounded(totalMs),
      gatewayMs: rounded(gatewayMs),
      upstreamMs: rounded(upstreamMs),
      entranceMs: rounded(record.entranceMs),
      authenticationMs: rounded(record.authenticationMs),
      parseMs: rounded(record.parseMs) || undefined,
      validateMs: rounded(record.validateMs) || undefined,
      planMs: run ? rounded(run.planMs) || undefined : undefined,
      requestBytes: record.requestBytes,
      responseBytes: record.responseBytes,
      ...callFieldsOf(record.calls),
      headers: headersOf?.(record),
      sampleRate: rate < 1 ? rate : undefined,
    };
  };
}

function operationFields(run: OperationRun, withVariables: boolean): Readonly<Record<string, unknown>> {
  const { operation, engine, cache, planMs, estimatedCost, actualCost } = run;
  return {
    name: operation.name,
    type: operation.type,
    hash: operation.hash(),
    engine,
    cache,
    planMs: rounded(planMs) || undefined,
    estimatedCost,
    actualCost,
    variables: withVariables ? variablesOf(run) : undefined,
  };
}

interface CallFields {
  readonly calls: readonly Readonly<Record<string, unknown>>[] | undefined;
  /** How many more there were. */
  readonly moreCalls: number | undefined;
}

const noCalls: CallFields = { calls: undefined, moreCalls: undefined };

/** The upstream calls of a request, the first of them in full. */
export function callFieldsOf(calls: readonly CallRecord[]): CallFields {
  if (calls.length === 0) return noCalls;
  const shown = calls.length > maxCalls ? calls.slice(0, maxCalls) : calls;
  return { calls: shown.map(callFields), moreCalls: calls.length > maxCalls ? calls.length - maxCalls : undefined };
}

/** What is as it mostly is goes without saying: sent to the upstream, once, for one thing, and answered. */
function callFields(call: CallRecord): Readonly<Record<string, unknown>> {
  const { source, attempts, batch, error, endedAt, startedAt } = call;
  return {
    upstream: call.upstream,
    template: call.template || undefined,
    status: call.status,
    ms: endedAt === 0 ? undefined : rounded(endedAt - startedAt),
    source: source === 'upstream' ? undefined : source,
    attempts: attempts > 1 ? attempts : undefined,
    batch: batch > 1 ? batch : undefined,
    error,
  };
}

function addressText(address: string, addresses: AccessLogConfig['addresses']): string | undefined {
  if (addresses === 'none') return undefined;
  return addresses === 'full' ? address : networkOf(address);
}

/** To the microsecond. */
export function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
