import { GatewayError, type ErrorCode } from '../errors.ts';
import { freshSpanId } from '../lib/trace-context.ts';
import { hearsCalls, hearsDetachedCalls, publishCallEnd, publishDetachedCall } from '../telemetry/channels.ts';
import type { CallRecord } from '../telemetry/record.ts';
import type { CallScope } from './limit-calls.ts';
import type { Stream } from './stream.ts';
import type { CallAbout, Send, UpstreamRequest, UpstreamResponse } from './types.ts';

/**
 * What is told of calls to upstreams. A call's record is made when it begins, where its request has one or somebody listens;
 * whoever takes part in the call writes on it what he knows. What was waited for with others, or kept, was not sent: such a
 * record has no target, no times of a socket and no bytes, so that adding calls up counts each byte once.
 */

/** Whether anybody wants to know of a call. */
export function isTold(scope: CallScope | undefined): boolean {
  return scope?.record !== undefined || hearsCalls() || hearsDetachedCalls();
}

/** Tells of the calls to one upstream. */
export class CallTeller {
  readonly upstream: string;
  /** Calls under way. */
  active = 0;

  constructor(upstream: string) {
    this.upstream = upstream;
  }

  /** Begins to tell of a call that is about to be sent; undefined where nobody wants to know. */
  begin(begun: Begun): CallRecord | undefined {
    return isTold(begun.scope) ? this.#begin(begun) : undefined;
  }

  /** Tells how a call ended, once. */
  end(call: CallRecord, { scope, status = 0, error }: Ending): void {
    this.active -= 1;
    call.endedAt = performance.now();
    call.error = error;
    // An answer that was waited for with others, or that was kept, came on no socket of this call.
    if (call.status === 0) call.status = status;
    // It outlived its request, which has been told.
    if (scope?.record && scope.record.endedAt !== 0) call.isDetached = true;
    if (call.isDetached) publishDetachedCall(call);
    if (hearsCalls()) publishCallEnd({ call, requestId: call.kind === 'schema' ? '' : (scope?.requestId ?? '') });
  }

  #begin({ method, about = unknown, batch = 1, scope }: Begun): CallRecord {
    const { kind, template, operationName } = about;
    const record = scope?.record;
    // One literal: spreads in it would make further objects for each call.
    const call: CallRecord = {
      upstream: this.upstream,
      kind,
      method,
      template,
      operationName,
      spanId: isTraced(scope) ? freshSpanId() : '',
      startedAt: performance.now(),
      target: undefined,
      sentAt: 0,
      headersAt: 0,
      endedAt: 0,
      source: 'upstream',
      cache: undefined,
      status: 0,
      error: undefined,
      attempts: 1,
      batch,
      requestBytes: 0,
      responseBytes: 0,
      isDetached: record === undefined,
    };
    record?.addCall(call);
    this.active += 1;
    return call;
  }
}

interface Begun {
  readonly method: string;
  readonly about?: CallAbout;
  readonly batch?: number;
  readonly scope?: CallScope | undefined;
}

interface Ending {
  readonly scope: CallScope | undefined;
  /** Of the answer. */
  readonly status?: number;
  /** Undefined where an answer came. */
  readonly error?: ErrorCode | undefined;
}

const unknown: CallAbout = { kind: 'rest', template: '', operationName: undefined };

const tellers = new Map<string, CallTeller>();

/** One for each name, whose calls may be those of several generations. */
export function callTeller(upstream: string): CallTeller {
  let known = tellers.get(upstream);
  if (!known) {
    known = new CallTeller(upstream);
    tellers.set(upstream, known);
  }
  return known;
}

/** How many calls to an upstream are under way, of those that somebody wants to know of. */
export function activeCalls(upstream: string): number {
  return tellers.get(upstream)?.active ?? 0;
}

/** Headers of a call that is told of: in a request whose trace is made, it has a span of its own. */
export function headersOfCall(
  { spanId }: CallRecord,
  scope: CallScope | undefined,
  headers: UpstreamRequest['headers'],
): UpstreamRequest['headers'] {
  return isTraced(scope) && scope?.trace ? { ...headers, ...scope.trace.fieldsOf(spanId) } : headers;
}

/**
 * Tells of each call of `send`, whatever comes of it: to be put around all else that a call passes. A call that comes with a
 * record is told of already.
 *
 * @param upstream Its name.
 */
export function recordCalls(upstream: string): (send: Send) => Send {
  const teller = callTeller(upstream);
  return (send) => (request) => {
    const call = request.call === undefined ? teller.begin(request) : undefined;
    return call ? tell(send, { request, teller, call }) : send(request);
  };
}

interface Telling {
  readonly request: UpstreamRequest;
  readonly teller: CallTeller;
  readonly call: CallRecord;
}

async function tell(send: Send, { request, teller, call }: Telling): Promise<UpstreamResponse> {
  const { scope, headers } = request;
  try {
    const response = await send({ ...request, headers: headersOfCall(call, scope, headers), call });
    teller.end(call, { scope, status: response.status });
    return response;
  } catch (error) {
    teller.end(call, { scope, error: callErrorCode(error) });
    throw error;
  }
}

/** The same for streams, whose calls end with the upstream's last byte. */
export function recordStreams(upstream: string): (stream: Stream) => Stream {
  const teller = callTeller(upstream);
  return (stream) => (request) => {
    const call = request.call === undefined ? teller.begin(request) : undefined;
    if (!call) return stream(request);
    const { scope, headers } = request;
    const sent = isTraced(scope) && scope?.trace ? replaced(headers, scope.trace.fieldsOf(call.spanId)) : headers;
    const onEnd = (error: GatewayError | undefined): void => teller.end(call, { scope, error: error?.code });
    return stream({ ...request, headers: sent, call, onEnd }).catch((error: unknown) => {
      teller.end(call, { scope, error: callErrorCode(error) });
      throw error;
    });
  };
}

/** Tells of so many entities of an upstream that were answered from the cache, where the request has a record. */
export function recordKept(upstream: string, { about, scope, batch }: Kept): void {
  if (scope.record === undefined) return;
  const teller = callTeller(upstream);
  const call = teller.begin({ method: 'POST', about, scope, batch });
  if (!call) return;
  call.source = 'cache';
  teller.end(call, { scope });
}

export interface Kept {
  readonly about: CallAbout;
  readonly scope: CallScope;
  readonly batch: number;
}

/** Else all calls of a request go under one span, which nobody tells of. */
function isTraced(scope: CallScope | undefined): boolean {
  return scope?.record?.sampler !== undefined;
}

/** What is told of a call that failed. */
export function callErrorCode(error: unknown): ErrorCode {
  return error instanceof GatewayError ? error.code : 'INTERNAL_ERROR';
}

/** Names and values in turn, with other values for some of the names. */
function replaced(headers: readonly string[], values: Readonly<Record<string, string>>): readonly string[] {
  const all = [...headers];
  for (let index = 0; index < all.length; index += 2) {
    const name = all[index] ?? '';
    if (Object.hasOwn(values, name)) all[index + 1] = values[name] ?? '';
  }
  return all;
}
