import type { Counter } from './counter.ts';
import { countInWindows, type Windows } from './windows.ts';

export interface Quota {
  readonly max: number;
  readonly period: 'day' | 'month';
}

/** At most `max` in each day or month of the calendar, UTC. */
export function quota({ max, period }: Quota): Counter {
  return countInWindows(max, period === 'day' ? days : createMonths());
}

const dayMs = 86_400_000;

// Days of UTC have no leap seconds in a clock that counts since 1970.
const days: Windows = {
  startOf: (now) => Math.floor(now / dayMs) * dayMs,
  endOf: (now) => (Math.floor(now / dayMs) + 1) * dayMs,
};

/** Keeps the month that was asked for last: the calendar is dear, and nearly always the answer is the same. */
function createMonths(): Windows {
  let start = Infinity;
  let end = -Infinity;
  const turnTo = (now: number): void => {
    if (now >= start && now < end) return;
    const date = new Date(now);
    start = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
    end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
  };
  return {
    startOf: (now) => {
      turnTo(now);
      return start;
    },
    endOf: (now) => {
      turnTo(now);
      return end;
    },
  };
}
