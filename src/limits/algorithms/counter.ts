/**
 * What is counted for one key of one limit: plain data that only `take` of its counter changes. What the fields say is for
 * each algorithm to tell.
 */
export interface Tally {
  /** A time in milliseconds since 1970. */
  at: number;
  used: number;
  /** Slots of a sliding window, oldest first: number, amount, number, amount and so on. */
  readonly slots: number[] | undefined;
}

/**
 * One algorithm with its numbers. Amounts are integers above 0; `now` is an integer, in milliseconds since 1970. All
 * functions but `take` are pure. All results in milliseconds are integers, 0 or more.
 */
export interface Counter {
  /** Of a key that nothing is known of. */
  readonly start: () => Tally;
  readonly hasRoom: (tally: Tally, amount: number, now: number) => boolean;
  /** Counts the amount. Only where it has room. */
  readonly take: (tally: Tally, amount: number, now: number) => void;
  /** What is left, 0 or more. */
  readonly remaining: (tally: Tally, now: number) => number;
  /** Until all is there again; windows of the clock or the calendar: until they end. */
  readonly resetMs: (tally: Tally, now: number) => number;
  /** Until the amount, which has no room now, has room if nothing else comes; where it never has: some time. 1 or more. */
  readonly retryAfterMs: (tally: Tally, amount: number, now: number) => number;
  /** How long what is taken now has to wait for its turn: to be asked before `take`. Absent: never. */
  readonly waitMs?: (tally: Tally, now: number) => number;
}
