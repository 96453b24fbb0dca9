import { channel } from 'node:diagnostics_channel';
import type { CallRecord, RequestRecord } from './record.ts';

/** An error whose message is for the log only. */
export interface InternalErrorEvent {
  readonly error: Error;
  readonly requestId: string | undefined;
}

/** Something that an operator should know: a schema taken from disk, an upstream that is back, a reload. */
export interface NoticeEvent {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly upstream?: string;
}

/** A limit, budget or switch that had no room for a request, or would have had none. */
export interface LimitEvent {
  /** Name of the limit: of `limits.rates`, a bound of documents (`maxDepth`), `cost`, `@rateLimit` with a field's coordinate. */
  readonly limit: string;
  /** `measured`: it was let pass, as the limit is only measured. */
  readonly outcome: 'refused' | 'measured';
  /** The caller's tier, as far as it was known. */
  readonly tier?: string | undefined;
  readonly requestId: string;
}

/** One finished upstream call, whatever came of it. */
export interface CallEvent {
  readonly call: CallRecord;
  /** '' where it was made for the gateway itself. */
  readonly requestId: string;
}

/** What each channel carries. */
export interface Events {
  readonly 'weft:request.begin': RequestRecord;
  readonly 'weft:request.end': RequestRecord;
  readonly 'weft:upstream.end': CallEvent;
  readonly 'weft:upstream.detached': CallRecord;
  readonly 'weft:error': InternalErrorEvent;
  readonly 'weft:notice': NoticeEvent;
  readonly 'weft:limit': LimitEvent;
  readonly 'weft:log.lost': LostLinesEvent;
}

const requestBegins = channel('weft:request.begin');
const requestEnds = channel('weft:request.end');
const callEnds = channel('weft:upstream.end');
const detachedCalls = channel('weft:upstream.detached');
const internalErrors = channel('weft:error');
const notices = channel('weft:notice');
const limits = channel('weft:limit');
const lostLines = channel('weft:log.lost');

/** Stages publish; listeners under `telemetry/` make logs, spans and metrics of it. Without a listener nothing is built. */
export function hearsRequests(): boolean {
  return requestEnds.hasSubscribers;
}

export function publishRequestBegin(record: RequestRecord): void {
  if (requestBegins.hasSubscribers) requestBegins.publish(record);
}

/** When the answer has gone out, or its connection is gone. */
export function publishRequestEnd(record: RequestRecord): void {
  requestEnds.publish(record);
}

export function hearsCalls(): boolean {
  return callEnds.hasSubscribers;
}

/** Each call when it ends. */
export function publishCallEnd(event: CallEvent): void {
  callEnds.publish(event);
}

export function hearsDetachedCalls(): boolean {
  return detachedCalls.hasSubscribers;
}

/** A call that ended, for whoever hears of all others by their requests. */
export function publishDetachedCall(call: CallRecord): void {
  detachedCalls.publish(call);
}

export function publishInternalError(event: InternalErrorEvent): void {
  internalErrors.publish(event);
}

export function publishNotice(event: NoticeEvent): void {
  notices.publish(event);
}

/** Lines of the log that nobody took in time. */
export interface LostLinesEvent {
  readonly lines: number;
}

export function publishLostLines(event: LostLinesEvent): void {
  lostLines.publish(event);
}

export function publishLimit(make: () => LimitEvent): void {
  if (limits.hasSubscribers) limits.publish(make());
}
