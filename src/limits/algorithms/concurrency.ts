import type { Counter } from './counter.ts';

// When a request ends is not known: a second is often enough, and never long.
const usualMs = 1000;

/** `max` at the same time. A tally holds how many there are; whoever ends is taken off it. */
export function concurrency({ max }: { readonly max: number }): Counter {
  return {
    start: () => ({ at: 0, used: 0, slots: undefined }),
    hasRoom: ({ used }, amount) => used + amount <= max,
    take: (tally, amount) => {
      tally.used += amount;
    },
    remaining: ({ used }) => Math.max(0, max - used),
    resetMs: ({ used }) => (used === 0 ? 0 : usualMs),
    retryAfterMs: () => usualMs,
  };
}
