import type { ErrorCode } from '../errors.ts';
import { busyMs, endOf, inOrderOfStart } from './busy-time.ts';
import type { CacheOutcome, CallRecord, CallSource, RequestRecord } from './record.ts';

/**
 * What a caller who may see it reads in `extensions.timeline`: one request as it went, in plain JSON. All times are in
 * milliseconds, rounded to microseconds. It holds what the record holds, less the addresses of upstreams.
 */
export interface Timeline {
  /** Grows when a field changes its meaning or goes; a new field does not count. */
  readonly version: 1;
  /** From the request's first byte until the timeline was made, which is just before its answer is written. */
  readonly total: number;
  /** Of `total`: while at least one upstream was waited for. */
  readonly upstream: number;
  /** What came of the cache of answers; null where none was asked. The first operation's in an HTTP batch. */
  readonly cache: CacheOutcome | null;
  /** In the order in which they happen; what took no time is left out. */
  readonly phases: readonly TimelinePhase[];
  /** In order of their start. All of the HTTP request's, where it is a batch. */
  readonly calls: readonly TimelineCall[];
}

/** `authentication` is a part of `entrance`. `plan`: planning and compiling. */
export type PhaseName = 'entrance' | 'authentication' | 'parse' | 'validate' | 'plan';

export interface TimelinePhase {
  readonly name: PhaseName;
  /**
   * The earliest that it can have begun, since the request's start: how long phases take is measured, not when they begin.
   */
  readonly start: number;
  readonly time: number;
}

/** One call to an upstream, or what stood in for one. */
export interface TimelineCall {
  readonly upstream: string;
  readonly kind: CallRecord['kind'];
  readonly method: string;
  /** Path without values of clients: `/users/{id}`; '' for a GraphQL endpoint. */
  readonly template: string;
  /** Name of the operation that was sent; null for REST, and where it has none. */
  readonly operationName: string | null;
  /** Since the request's start. */
  readonly start: number;
  /** From `start` until it went out on a socket; null where it never did. */
  readonly wait: number | null;
  /** From `start` until the answer's headers came; null where none came. */
  readonly headers: number | null;
  /** From `start` until its end, or until now where it runs. */
  readonly time: number;
  readonly isRunning: boolean;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /** Why it failed; null where an answer came whole, whatever its status. */
  readonly error: ErrorCode | null;
  readonly source: CallSource;
  /** How often it was sent: 1, and one more for each retry. */
  readonly attempts: number;
  /** Entities or keys that it asks for at once. */
  readonly batch: number;
  /** Of the bodies as they were sent; 0 where not known. */
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** The timeline of a request as it is at `now` (by `performance.now()`). Pure. */
export function timelineOf(record: RequestRecord, now: number): Timeline {
  return {
    version: 1,
    total: rounded(now - record.startedAt),
    upstream: rounded(busyMs(record.calls, now)),
    cache: cacheOutcomeOf(record) ?? null,
    phases: phasesOf(record),
    calls: inOrderOfStart(record.calls).map((call) => timelineCall(call, record.startedAt, now)),
  };
}

/** What came of the cache of answers: of the route, or of the first operation that asked it. */
export function cacheOutcomeOf({ cache, runs }: RequestRecord): CacheOutcome | undefined {
  return cache ?? runs.find((run) => run.cache !== undefined)?.cache;
}

/** Time for planning and compiling all operations of the request, in milliseconds. */
export function planMsOf({ runs }: RequestRecord): number {
  return runs.reduce((sum, { planMs }) => sum + planMs, 0);
}

/** Milliseconds to three digits, which is a microsecond; a clock that went back gives 0. */
export function rounded(milliseconds: number): number {
  return Math.max(0, Math.round(milliseconds * 1000) / 1000);
}

function phasesOf(record: RequestRecord): readonly TimelinePhase[] {
  const { entranceMs, authenticationMs, parseMs, validateMs } = record;
  const parsed = entranceMs + parseMs;
  const phases: readonly TimelinePhase[] = [
    phase('entrance', 0, entranceMs),
    phase('authentication', 0, authenticationMs),
    phase('parse', entranceMs, parseMs),
    phase('validate', parsed, validateMs),
    phase('plan', parsed + validateMs, planMsOf(record)),
  ];
  return phases.filter(({ time }) => time > 0);
}

function phase(name: PhaseName, start: number, time: number): TimelinePhase {
  return { name, start: rounded(start), time: rounded(time) };
}

function timelineCall(call: CallRecord, requestStart: number, now: number): TimelineCall {
  const since = (moment: number): number | null => (moment === 0 ? null : rounded(moment - call.startedAt));
  return {
    upstream: call.upstream,
    kind: call.kind,
    method: call.method,
    template: call.template,
    operationName: call.operationName ?? null,
    start: rounded(call.startedAt - requestStart),
    wait: since(call.sentAt),
    headers: since(call.headersAt),
    time: rounded(endOf(call, now) - call.startedAt),
    isRunning: call.endedAt === 0,
    status: call.status,
    error: call.error ?? null,
    source: call.source,
    attempts: call.attempts,
    batch: call.batch,
    requestBytes: call.requestBytes,
    responseBytes: call.responseBytes,
  };
}
