/** A day (`2026-12-31`, its start in UTC), or a moment with its offset: a time without one means another moment on each machine. */
const isoDate = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** Milliseconds since 1970 of an ISO 8601 date; `undefined` where the text is none. Pure. */
export function readIsoDate(text: string): number | undefined {
  const time = isoDate.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? undefined : time;
}
