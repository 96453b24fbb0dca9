import { busyMs } from './busy-time.ts';
import type { RequestRecord } from './record.ts';

/** How a request's time divides, in milliseconds. */
export interface Durations {
  readonly totalMs: number;
  /** While at least one of its upstream calls was waited for; calls at the same time count once. */
  readonly upstreamMs: number;
  /** The rest: what the gateway itself took. */
  readonly gatewayMs: number;
}

/**
 * Divides the time of a request that has ended between the gateway and its upstreams. Waiting for another request's call
 * counts as upstream; what came from the cache does not. A call that still runs counts up to the request's end. Pure.
 */
export function splitDurations({ startedAt, endedAt, calls }: RequestRecord): Durations {
  const totalMs = Math.max(0, endedAt - startedAt);
  const upstreamMs = calls.length === 0 ? 0 : Math.min(totalMs, busyMs(calls, endedAt));
  return { totalMs, upstreamMs, gatewayMs: totalMs - upstreamMs };
}
