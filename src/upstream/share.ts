import { TurnoverMap } from '../lib/turnover-map.ts';
import { isTraceField } from '../lib/propagation.ts';
import { abortError } from './failure.ts';
import type { Send, UpstreamRequest, UpstreamResponse } from './types.ts';

interface SharedCall {
  readonly answer: Promise<UpstreamResponse>;
  readonly controller: AbortController;
  callers: number;
  /** Whether somebody has the answer already. */
  isTaken: boolean;
}

/**
 * Lets calls that are equal to one under way wait for its answer. Equal means: same method, path and body, and the same
 * headers by name and value, so whoever's identity travels in a header never meets another's answer. For queries only:
 * a mutation counts each time it is sent.
 *
 * The shared call ends when all its callers have left. Its deadline runs from its own start. An answer that sets cookies
 * is for one caller; the others send their own calls then, as two clients must not get one session.
 */
export function shareInflight(send: Send): Send {
  const running = new TurnoverMap<string, SharedCall>();
  return async (request) => {
    if (request.signal.aborted) throw abortError(request.signal);
    const key = keyOf(request);
    const known = running.get(key);
    const call = known ?? begin(request, send);
    if (!known) {
      running.set(key, call);
      const forget = (): void => {
        if (running.get(key) === call) running.delete(key);
      };
      call.controller.signal.addEventListener('abort', forget, { once: true });
      call.answer.then(forget, forget);
    }
    if (known && request.call) request.call.source = 'shared';
    const answer = await join(call, request.signal);
    if (answer.headers['set-cookie'] === undefined || !call.isTaken) {
      call.isTaken = true;
      return answer;
    }
    if (request.call) request.call.source = 'upstream';
    return send(request);
  };
}

/**
 * Each part with its length before it: no two calls have one key, whatever their texts hold. What tells one request from
 * another and never changes an answer is not compared: an upstream sees the id and the trace of the caller that came first, so
 * a trace of the others ends at the gateway.
 */
function keyOf({ method, path, headers, body }: UpstreamRequest): string {
  let key = `${method} ${path.length}:${path}`;
  for (const name in headers) {
    if (name === 'x-request-id' || isTraceField(name)) continue;
    const value = headers[name] ?? '';
    key += `${name.length}:${name}${value.length}:${value}`;
  }
  return body === undefined ? `${key}-` : `${key}+${body}`;
}

/** The call is made of a copy: what its key was made of cannot change afterwards. */
function begin({ headers, ...call }: UpstreamRequest, send: Send): SharedCall {
  const controller = new AbortController();
  const request = { ...call, headers: Object.freeze({ ...headers }), signal: controller.signal };
  return { answer: send(request), controller, callers: 0, isTaken: false };
}

async function join(call: SharedCall, signal: AbortSignal): Promise<UpstreamResponse> {
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = (): void => {
    reject(abortError(signal));
    call.callers -= 1;
    if (call.callers === 0) call.controller.abort(signal.reason);
  };
  call.callers += 1;
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([call.answer, promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
