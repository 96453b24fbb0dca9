import { callError } from './failure.ts';
import type { Send } from './types.ts';

/**
 * Ends a call that is not done within `totalMs`, waiting for a free socket included, with `UPSTREAM_TIMEOUT`.
 *
 * @param totalMs In milliseconds; above 0.
 */
export function deadline(upstream: string, totalMs: number): (send: Send) => Send {
  return (send) => async (request) => {
    const controller = new AbortController();
    const leave = (): void => controller.abort(request.signal.reason);
    if (request.signal.aborted) leave();
    else request.signal.addEventListener('abort', leave, { once: true });
    const timer = setTimeout(() => {
      const place = { upstream, method: request.method, path: request.path };
      controller.abort(callError('UPSTREAM_TIMEOUT', place, `no whole answer within ${totalMs} ms`));
    }, totalMs);
    try {
      return await send({ ...request, signal: controller.signal });
    } finally {
      clearTimeout(timer);
      request.signal.removeEventListener('abort', leave);
    }
  };
}
