/** @param at Milliseconds since 1970, whole. Default: now. */
export type IsoClock = (at?: number) => string;

/** Gives a time as ISO 8601 in UTC, to the millisecond; its text is made once for each millisecond. */
export function createIsoClock(): IsoClock {
  let last = -1;
  let text = '';
  return (at = Date.now()) => {
    if (at !== last) {
      last = at;
      text = new Date(at).toISOString();
    }
    return text;
  };
}
