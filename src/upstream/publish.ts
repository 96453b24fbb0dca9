import { publishUpstreamCall } from '../telemetry/channels.ts';
import { withoutQuery } from './failure.ts';
import type { Stream } from './stream.ts';
import type { Send } from './types.ts';

/** What is known of a call when it begins. */
export interface StartedCall {
  readonly upstream: string;
  readonly method: string;
  /** Path, with or without query. */
  readonly path: string;
  readonly requestId: string;
  /** By `performance.now()`, in milliseconds. */
  readonly startedAt: number;
}

/** Tells the listeners of a finished call; `status` is 0 where no answer came. */
export function publishFinished(call: StartedCall, status: number): void {
  publishUpstreamCall(() => ({
    upstream: call.upstream,
    method: call.method,
    path: withoutQuery(call.path),
    status,
    durationMs: performance.now() - call.startedAt,
    requestId: call.requestId,
  }));
}

/** Publishes every call of `send`, whatever came of it. */
export function publish(upstream: string): (send: Send) => Send {
  return (send) => async (request) => {
    const { method, path, headers } = request;
    const started = { upstream, method, path, requestId: headers['x-request-id'] ?? '', startedAt: performance.now() };
    try {
      const response = await send(request);
      publishFinished(started, response.status);
      return response;
    } catch (error) {
      publishFinished(started, 0);
      throw error;
    }
  };
}

/** Publishes every call of `stream` when its answer has ended, whatever came of it. */
export function publishStream(upstream: string): (stream: Stream) => Stream {
  return (stream) => async (request) => {
    const { method, path, headers } = request;
    const at = headers.indexOf('x-request-id');
    const requestId = at === -1 ? '' : (headers[at + 1] ?? '');
    const started = { upstream, method, path, requestId, startedAt: performance.now() };
    try {
      const response = await stream(request);
      if (response.body.closed) publishFinished(started, response.status);
      else response.body.once('close', () => publishFinished(started, response.status));
      return response;
    } catch (error) {
      publishFinished(started, 0);
      throw error;
    }
  };
}
