/** @param at Milliseconds since 1970, whole. Default: now. */
export type IsoClock = (at?: number) => string;

/** Gives a time as ISO 8601 in UTC, to the millisecond; its text up to the second is made once for each second. */
export function createIsoClock(): IsoClock {
  let second = -1;
  let text = '';
  return (at = Date.now()) => {
    const newest = Math.floor(at / 1000);
    if (newest !== second) {
      second = newest;
      text = new Date(newest * 1000).toISOString().slice(0, -'000Z'.length);
    }
    return `${text}${threeDigits[at - newest * 1000]}Z`;
  };
}

const threeDigits = Array.from({ length: 1000 }, (_, value) => `${value}`.padStart(3, '0'));
