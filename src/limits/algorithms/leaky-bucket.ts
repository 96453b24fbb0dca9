import { busyMs, createPace, wholeMs } from './backlog.ts';
import type { Counter } from './counter.ts';

export interface LeakyBucket {
  readonly max: number;
  readonly windowMs: number;
  readonly maxWaitMs: number;
}

/** One after the other, `max` in each `windowMs`: each waits until what came before is done, `maxWaitMs` at most. */
export function leakyBucket({ max, windowMs, maxWaitMs }: LeakyBucket): Counter {
  const pace = createPace(max, windowMs);
  const { unitMs, slackMs } = pace;
  return {
    start: () => ({ at: 0, used: 0, slots: undefined }),
    hasRoom: (tally, _amount, now) => busyMs(tally, now) <= maxWaitMs + slackMs,
    take: (tally, amount, now) => {
      tally.used = busyMs(tally, now) + amount * unitMs;
      tally.at = now;
    },
    // One more than has to wait: the last may end after `maxWaitMs`, it only has to begin before.
    remaining: (tally, now) => Math.max(0, Math.floor((maxWaitMs - busyMs(tally, now) + slackMs) / unitMs) + 1),
    resetMs: (tally, now) => wholeMs(busyMs(tally, now), pace),
    retryAfterMs: (tally, _amount, now) => Math.max(1, wholeMs(busyMs(tally, now) - maxWaitMs, pace)),
    waitMs: (tally, now) => wholeMs(busyMs(tally, now), pace),
  };
}
