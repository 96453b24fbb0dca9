import { busyMs, createPace, wholeMs } from './backlog.ts';
import type { Counter } from './counter.ts';

export interface TokenBucket {
  readonly max: number;
  readonly windowMs: number;
  readonly burst: number;
}

/** `burst` at once, filled again by `max` in each `windowMs`: never more than `burst + max * t / windowMs` in any `t`. */
export function tokenBucket({ max, windowMs, burst }: TokenBucket): Counter {
  const pace = createPace(max, windowMs);
  const { unitMs, slackMs } = pace;
  const burstMs = burst * unitMs;
  return {
    start: () => ({ at: 0, used: 0, slots: undefined }),
    hasRoom: (tally, amount, now) => busyMs(tally, now) + amount * unitMs <= burstMs + slackMs,
    take: (tally, amount, now) => {
      tally.used = busyMs(tally, now) + amount * unitMs;
      tally.at = now;
    },
    remaining: (tally, now) => Math.max(0, Math.floor((burstMs - busyMs(tally, now) + slackMs) / unitMs)),
    resetMs: (tally, now) => wholeMs(busyMs(tally, now), pace),
    retryAfterMs: (tally, amount, now) => Math.max(1, wholeMs(busyMs(tally, now) + amount * unitMs - burstMs, pace)),
  };
}
