import type { AccessLogConfig, LogConfig } from '../../config/telemetry-types.ts';
import { splitDurations } from '../durations.ts';
import type { CallRecord, OperationIdentity, OperationRun, RequestRecord } from '../record.ts';
import type { Kept } from './access-sampling.ts';
import { createHeaderReader, networkOf, variablesOf } from './private-values.ts';

/** Upstream calls that one line tells apart. */
const maxCalls = 20;

/** Makes the members of a line's JSON object, without braces; `docs/logs.md` says what each is. */
export type FieldsOf = (record: RequestRecord, kept: Kept) => string;

export type AccessFieldsConfig = Pick<AccessLogConfig, 'headers' | 'variables' | 'paths' | 'addresses'>;

/**
 * Says of a request what the configuration lets the log know. The text is put together here, as there is a line for each
 * request: what is the same in many of them is made once, and `JSON.stringify` writes only what may need escaping.
 */
export function createAccessFields(config: AccessFieldsConfig, redact: LogConfig['redact']): FieldsOf {
  const { variables, paths, addresses } = config;
  const headersOf = createHeaderReader(config.headers, redact);
  const name = createNames();
  const operation = createOperationTexts();
  return (record, { outcome, rate }) => {
    const { trace, runs, errors, batchSize, address, calls } = record;
    const { totalMs, gatewayMs, upstreamMs } = splitDurations(record);
    const run = runs.length === 1 ? runs[0] : undefined;
    // Ids of traces are hexadecimal, outcomes and the like words of ours.
    let text = `"requestId":${JSON.stringify(record.requestId)}`;
    if (trace) text += `,"traceId":"${trace.traceId}","spanId":"${trace.spanId}"`;
    if (record.callerId !== undefined) text += `,"callerId":${JSON.stringify(record.callerId)}`;
    if (record.consumer !== undefined) text += `,"consumer":${name(record.consumer)}`;
    if (record.tier !== undefined) text += `,"tier":${name(record.tier)}`;
    if (record.clientName !== undefined) text += `,"clientName":${JSON.stringify(record.clientName)}`;
    if (record.clientVersion !== undefined) text += `,"clientVersion":${JSON.stringify(record.clientVersion)}`;
    if (address !== undefined) text += member('clientAddress', addressText(address, addresses));
    text += `,"served":"${record.served}","method":${JSON.stringify(record.method)}`;
    if (record.route !== undefined) text += `,"route":${name(record.route)}`;
    if (paths) text += member('path', record.path);
    if (record.upstream !== undefined) text += `,"upstream":${name(record.upstream)}`;
    text += `,"status":${record.status},"outcome":"${outcome}"`;
    if (record.isAborted) text += ',"aborted":true';
    if (errors.length > 0) text += member('errors', errors);
    if (run) text += operation(run.operation);
    const cache = run ? run.cache : record.cache;
    if (run?.engine) text += `,"engine":"${run.engine}"`;
    if (cache) text += `,"cache":"${cache}"`;
    if (run?.estimatedCost !== undefined) text += member('estimatedCost', run.estimatedCost);
    if (run?.actualCost !== undefined) text += member('actualCost', run.actualCost);
    if (variables && run) text += member('variables', variablesOf(run));
    if (batchSize > 0) text += `,"batchSize":${batchSize}`;
    if (runs.length > 1) {
      text += member(
        'operations',
        runs.map((each) => operationFields(each, variables)),
      );
    }
    text += `,"durationMs":${msText(totalMs)},"gatewayMs":${msText(gatewayMs)},"upstreamMs":${msText(upstreamMs)}`;
    text += `,"entranceMs":${msText(record.entranceMs)},"authenticationMs":${msText(record.authenticationMs)}`;
    if (record.parseMs > 0) text += `,"parseMs":${msText(record.parseMs)}`;
    if (record.validateMs > 0) text += `,"validateMs":${msText(record.validateMs)}`;
    if (run && run.planMs > 0) text += `,"planMs":${msText(run.planMs)}`;
    text += `,"requestBytes":${record.requestBytes},"responseBytes":${record.responseBytes}`;
    if (calls.length > 0) text += callsText(record, name);
    if (headersOf) text += member('headers', headersOf(record));
    return rate < 1 ? `${text},"sampleRate":${rate}` : text;
  };
}

/** A member of an object, after others; nothing where it has no value. */
function member(key: string, value: unknown): string {
  return value === undefined ? '' : `,"${key}":${JSON.stringify(value)}`;
}

/** Names that configurations and schemas give, of which there are few. */
const maxNames = 2000;

/** Gives the JSON of a name, made once. */
function createNames(): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    let text = known.get(name);
    if (text === undefined) {
      text = JSON.stringify(name);
      if (known.size < maxNames) known.set(name, text);
    }
    return text;
  };
}

/** Gives the members that say which operation it is, made once for each. */
function createOperationTexts(): (operation: OperationIdentity) => string {
  const known = new WeakMap<OperationIdentity, string>();
  return (operation) => {
    let text = known.get(operation);
    if (text === undefined) {
      const { name, type } = operation;
      text = `,"operationName":${JSON.stringify(name)},"operationType":"${type}","operationHash":"${operation.hash()}"`;
      known.set(operation, text);
    }
    return text;
  };
}

type RequestCalls = Pick<RequestRecord, 'calls' | 'untoldCalls'>;

/** What is as it mostly is goes without saying: sent to the upstream, once, for one thing, and answered. */
function callsText({ calls, untoldCalls }: RequestCalls, name: (name: string) => string): string {
  let text = ',"calls":[';
  const told = Math.min(calls.length, maxCalls);
  for (let index = 0; index < told; index += 1) {
    const call = calls[index] as CallRecord;
    text += `${index === 0 ? '' : ','}{"upstream":${name(call.upstream)}`;
    if (call.template !== '') text += `,"template":${name(call.template)}`;
    text += `,"status":${call.status}`;
    if (call.endedAt !== 0) text += `,"ms":${msText(call.endedAt - call.startedAt)}`;
    if (call.source !== 'upstream') text += `,"source":"${call.source}"`;
    if (call.attempts > 1) text += `,"attempts":${call.attempts}`;
    if (call.batch > 1) text += `,"batch":${call.batch}`;
    if (call.error !== undefined) text += `,"error":"${call.error}"`;
    text += '}';
  }
  const more = calls.length - told + untoldCalls;
  return more > 0 ? `${text}],"moreCalls":${more}` : `${text}]`;
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

/** The upstream calls of a request as fields, the first of them in full. For lines that are few. */
export function callFieldsOf(record: RequestCalls): Readonly<Record<string, unknown>> {
  if (record.calls.length === 0) return {};
  return JSON.parse(`{${callsText(record, JSON.stringify).slice(1)}}`) as Record<string, unknown>;
}

function addressText(address: string, addresses: AccessLogConfig['addresses']): string | undefined {
  if (addresses === 'none') return undefined;
  return addresses === 'full' ? address : networkOf(address);
}

/** To the microsecond. */
export function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

/** `rounded` as text: of whole numbers, which are written in a fraction of the time that others take. */
function msText(milliseconds: number): string {
  const microseconds = Math.round(milliseconds * 1000);
  const whole = Math.floor(microseconds / 1000);
  return `${whole}${fractions[microseconds - whole * 1000]}`;
}

/** Of thousandths: '' for 0, '.007' for 7, '.1' for 100. */
const fractions = Array.from({ length: 1000 }, (_, value) => `${value / 1000}`.slice(1));
