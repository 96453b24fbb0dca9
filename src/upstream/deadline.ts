import type { Send } from './types.ts';

/**
 * Sets when a call must be done, over all its attempts; who sends it keeps the time, waiting for a free socket included.
 *
 * @param totalMs In milliseconds; above 0.
 */
export function deadline(totalMs: number): (send: Send) => Send {
  return (send) => (request) => send({ ...request, expiresAt: performance.now() + totalMs });
}
