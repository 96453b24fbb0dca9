const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Every spelling that `graphql-rate-limit` reads, as it hands windows to the package `ms`. */
const units: readonly (readonly [names: readonly string[], ms: number])[] = [
  [['milliseconds', 'millisecond', 'msecs', 'msec', 'ms', ''], 1],
  [['seconds', 'second', 'secs', 'sec', 's'], secondMs],
  [['minutes', 'minute', 'mins', 'min', 'm'], minuteMs],
  [['hours', 'hour', 'hrs', 'hr', 'h'], hourMs],
  [['days', 'day', 'd'], dayMs],
  [['weeks', 'week', 'w'], 7 * dayMs],
  [['years', 'year', 'yrs', 'yr', 'y'], 365.25 * dayMs],
];

const unitsMs = new Map(units.flatMap(([names, ms]) => names.map((name) => [name, ms] as const)));

const pattern = /^(\d*\.?\d+) *([a-z]*)$/i;
const maxLength = 100;

/**
 * Whole milliseconds of a window such as `1m`, `90s` or `2 hours`; a number alone counts milliseconds. `undefined` where
 * the text has another form, or means less than a millisecond. Pure.
 */
export function readWindow(text: string): number | undefined {
  const match = text.length <= maxLength ? pattern.exec(text) : null;
  const unitMs = match ? unitsMs.get((match[2] ?? '').toLowerCase()) : undefined;
  if (!match || unitMs === undefined) return undefined;
  const windowMs = Math.round(Number(match[1]) * unitMs);
  return windowMs >= 1 && Number.isSafeInteger(windowMs) ? windowMs : undefined;
}
