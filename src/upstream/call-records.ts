import { GatewayError, type ErrorCode } from '../errors.ts';
import { freshSpanId } from '../lib/trace-context.ts';
import { hearsCalls, hearsDetachedCalls, publishCallEnd, publishDetachedCall } from '../telemetry/channels.ts';
import type { CallRecord } from '../telemetry/record.ts';
import type { CallScope } from './limit-calls.ts';
import type { Stream } from './stream.ts';
import type { CallAbout, Send } from './types.ts';

/**
 * What is told of calls to upstreams. A call's record is made when it begins, where its request has one or somebody listens;
 * whoever takes part in the call writes on it what he knows. What was waited for with others, or kept, was not sent: such a
 * record has no target, no times of a socket and no bytes, so that adding calls up counts each byte once.
 */

/** Whether anybody wants to know of a call. */
export function isTold(scope: CallScope | undefined): boolean {
  return scope?.record !== undefined || hearsCalls() || hearsDetachedCalls();
}

/** An upstream of whose calls is told. */
interface Told {
  readonly upstream: string;
  /** Calls under way. */
  active: number;
}

const allTold = new Map<string, Told>();

/** One for each name, whose calls may be those of several generations. */
function told(upstream: string): Told {
  let known = allTold.get(upstream);
  if (!known) {
    known = { upstream, active: 0 };
    allTold.set(upstream, known);
  }
  return known;
}

/** How many calls to an upstream are under way, of those that somebody wants to know of. */
export function activeCalls(upstream: string): number {
  return allTold.get(upstream)?.active ?? 0;
}

/**
 * Tells of each call of `send`, whatever comes of it: to be put around all else that a call passes. In a request with a
 * record each call has a span of its own in its headers. A call that comes with a record is told of already.
 *
 * @param upstream Its name.
 */
export function recordCalls(upstream: string): (send: Send) => Send {
  const of = told(upstream);
  return (send) => (request) => {
    if (request.call !== undefined || !isTold(request.scope)) return send(request);
    const { scope, headers } = request;
    const call = begin(of, request);
    const sent = isTraced(scope) && scope?.trace ? { ...headers, ...scope.trace.fieldsOf(call.spanId) } : headers;
    const answered = send({ ...request, headers: sent, call });
    return answered.then(
      (response) => {
        if (call.status === 0) call.status = response.status;
        end(of, call, { scope, error: undefined });
        return response;
      },
      (error: unknown) => {
        end(of, call, { scope, error: codeOf(error) });
        throw error;
      },
    );
  };
}

/** The same for streams, whose calls end with the upstream's last byte. */
export function recordStreams(upstream: string): (stream: Stream) => Stream {
  const of = told(upstream);
  return (stream) => (request) => {
    if (request.call !== undefined || !isTold(request.scope)) return stream(request);
    const { scope, headers } = request;
    const call = begin(of, request);
    const sent = isTraced(scope) && scope?.trace ? replaced(headers, scope.trace.fieldsOf(call.spanId)) : headers;
    const onEnd = (error: GatewayError | undefined): void => end(of, call, { scope, error: error?.code });
    return stream({ ...request, headers: sent, call, onEnd }).catch((error: unknown) => {
      end(of, call, { scope, error: codeOf(error) });
      throw error;
    });
  };
}

/** Tells of so many entities of an upstream that were answered from the cache, where the request has a record. */
export function recordKept(upstream: string, { about, scope, batch }: Kept): void {
  if (scope.record === undefined) return;
  const of = told(upstream);
  const call = begin(of, { method: 'POST', about, scope, batch });
  call.source = 'cache';
  end(of, call, { scope, error: undefined });
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

interface Begun {
  readonly method: string;
  readonly about?: CallAbout;
  readonly batch?: number;
  readonly scope?: CallScope | undefined;
}

const unknown: CallAbout = { kind: 'rest', template: '', operationName: undefined };

function begin(of: Told, { method, about = unknown, batch = 1, scope }: Begun): CallRecord {
  const { kind, template, operationName } = about;
  const record = scope?.record;
  // One literal: spreads in it would make further objects for each call.
  const call: CallRecord = {
    upstream: of.upstream,
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
  of.active += 1;
  return call;
}

interface Ending {
  readonly scope: CallScope | undefined;
  /** Undefined where an answer came. */
  readonly error: ErrorCode | undefined;
}

function end(of: Told, call: CallRecord, { scope, error }: Ending): void {
  of.active -= 1;
  call.endedAt = performance.now();
  call.error = error;
  // It outlived its request, which has been told.
  if (scope?.record && scope.record.endedAt !== 0) call.isDetached = true;
  if (call.isDetached) publishDetachedCall(call);
  if (hearsCalls()) publishCallEnd({ call, requestId: call.kind === 'schema' ? '' : (scope?.requestId ?? '') });
}

function codeOf(error: unknown): ErrorCode {
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
