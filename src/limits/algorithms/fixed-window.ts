import type { Counter } from './counter.ts';
import { countInWindows } from './windows.ts';

/** At most `max` from each multiple of `windowMs` since 1970, UTC, to the next. */
export function fixedWindow({ max, windowMs }: { readonly max: number; readonly windowMs: number }): Counter {
  const startOf = (now: number): number => Math.floor(now / windowMs) * windowMs;
  return countInWindows(max, { startOf, endOf: (now) => startOf(now) + windowMs });
}
