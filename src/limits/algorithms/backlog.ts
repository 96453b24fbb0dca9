import type { Tally } from './counter.ts';

/**
 * Work that is done at an even pace, as buckets count it: how long what was taken keeps the limit busy. A tally holds how
 * long that was, in milliseconds, and when.
 *
 * The usual form keeps the time at which the work ends. In milliseconds since 1970 a number has fractions of a 4096th only,
 * so that 6 in a second (166.66... ms each) would be 5: `busyMs` is small, and keeps what comes after the point.
 */
export interface Pace {
  /** What one of an amount takes, in milliseconds, above 0; seldom an integer. */
  readonly unitMs: number;
  /** What is added up of fractions is taken for equal within so much, in milliseconds. */
  readonly slackMs: number;
}

export function createPace(max: number, windowMs: number): Pace {
  const unitMs = windowMs / max;
  return { unitMs, slackMs: Math.min(unitMs, 1) / 1000 };
}

/** How long the limit is busy with what was taken, in milliseconds. */
export function busyMs({ used, at }: Tally, now: number): number {
  return Math.max(used - (now - at), 0);
}

/** Whole milliseconds that are enough. */
export function wholeMs(ms: number, { slackMs }: Pace): number {
  return Math.max(0, Math.ceil(ms - slackMs));
}
