import type { Counter, Tally } from './counter.ts';

/** Windows that follow one another without a gap, in milliseconds since 1970. */
export interface Windows {
  /** Of the window that holds the time. */
  readonly startOf: (now: number) => number;
  /** The first time after the window that holds the time. */
  readonly endOf: (now: number) => number;
}

/**
 * At most `max` in each window. A tally holds the start of its window, and what was used in it; one of a later window,
 * which a clock that went back left, counts as the present one's and stays in its window.
 */
export function countInWindows(max: number, { startOf, endOf }: Windows): Counter {
  const usedAt = (tally: Tally, now: number): number => (tally.at < startOf(now) ? 0 : tally.used);
  const leftOf = (now: number): number => endOf(now) - now;
  return {
    start: () => ({ at: 0, used: 0, slots: undefined }),
    hasRoom: (tally, amount, now) => usedAt(tally, now) + amount <= max,
    take: (tally, amount, now) => {
      const start = startOf(now);
      if (tally.at < start) {
        tally.at = start;
        tally.used = amount;
      } else {
        tally.used += amount;
      }
    },
    remaining: (tally, now) => max - usedAt(tally, now),
    resetMs: (_tally, now) => leftOf(now),
    retryAfterMs: (_tally, _amount, now) => leftOf(now),
  };
}
