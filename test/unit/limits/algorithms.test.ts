import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LimitAlgorithm } from '../../../src/config/limit-types.ts';
import { createMemoryLimiter } from '../../../src/limits/memory-limiter.ts';
import type { Limiter, Outcome } from '../../../src/limits/types.ts';
import { seededRandom, type Random } from '../../../upstreams/demo/random.ts';

/*
 * Each algorithm against a log of what it let in, over random traces: other amounts, other pauses, from nothing at all to
 * longer than a window. The log knows times and amounts only; what must hold of it is written from the promise.
 */

interface Entry {
  readonly at: number;
  readonly amount: number;
}

interface Case {
  readonly algorithm: LimitAlgorithm;
  readonly start: number;
  /** Typical pause between two charges, in milliseconds. */
  readonly pauseMs: number;
  /** Whether the amount may be let in after what was. */
  readonly fits: (log: readonly Entry[], charge: Entry) => boolean;
  /** Where `fits` is not all: what must hold in any case, of the log and a charge that was let in. */
  readonly holds?: (log: readonly Entry[]) => boolean;
}

const hour = 3_600_000;
const sumOf = (log: readonly Entry[]): number => log.reduce((sum, { amount }) => sum + amount, 0);
const from = (log: readonly Entry[], start: number): number => sumOf(log.filter(({ at }) => at >= start));

/** Every stretch that begins and ends with an entry has no more than `most` of its length. */
function everyStretch(log: readonly Entry[], most: (lengthMs: number) => number): boolean {
  const recent = log.slice(-60);
  return recent.every(({ at }, first) => {
    let sum = 0;
    return recent.slice(first).every((entry) => (sum += entry.amount) <= most(entry.at - at));
  });
}

/** The state of a bucket by its definition: what was put in leaks evenly, from the first entry on. */
function inBucket(log: readonly Entry[], now: number, perMs: number): number {
  let level = 0;
  for (const [index, { at, amount }] of log.entries()) {
    const next = log[index + 1]?.at ?? now;
    level = Math.max(0, level + amount - (next - at) * perMs);
  }
  return level;
}

function fixed(max: number, windowMs: number): Case {
  return {
    algorithm: { kind: 'fixed-window', max, windowMs },
    start: 1_795_000_000_123,
    pauseMs: windowMs / max,
    fits: (log, { at, amount }) => from(log, at - (at % windowMs)) + amount <= max,
  };
}

function sliding(max: number, windowMs: number): Case {
  const slotMs = Math.ceil(windowMs / 10);
  const most = (lengthMs: number): number => (lengthMs < windowMs ? max : Infinity);
  return {
    algorithm: { kind: 'sliding-window', max, windowMs },
    start: 1_795_000_000_123,
    pauseMs: windowMs / max,
    // An entry counts until the last moment of its tenth lies a window back.
    fits: (log, { at, amount }) =>
      sumOf(log.filter((entry) => entry.at - (entry.at % slotMs) + slotMs + windowMs > at)) + amount <= max,
    holds: (log) => everyStretch(log, most),
  };
}

function token(max: number, windowMs: number, burst: number): Case {
  const perMs = max / windowMs;
  return {
    algorithm: { kind: 'token-bucket', max, windowMs, burst },
    start: 1_795_000_000_123,
    pauseMs: 1 / perMs,
    fits: (log, { at, amount }) => inBucket(log, at, perMs) + amount <= burst + Math.min(1e-4, perMs / 100),
    holds: (log) => everyStretch(log, (lengthMs) => burst + lengthMs * perMs + 1e-3),
  };
}

function leaky(max: number, windowMs: number, maxWaitMs: number): Case {
  const perMs = max / windowMs;
  return {
    algorithm: { kind: 'leaky-bucket', max, windowMs, maxWaitMs },
    start: 1_795_000_000_123,
    pauseMs: 1 / perMs,
    fits: (log, { at }) => inBucket(log, at, perMs) / perMs <= maxWaitMs + 1e-2,
  };
}

function quotaOf(max: number, period: 'day' | 'month', start: string): Case {
  // As a calendar names it: `2028-02-29` or `2028-02`.
  const nameOf = (at: number): string => new Date(at).toISOString().slice(0, period === 'day' ? 10 : 7);
  return {
    algorithm: { kind: 'quota', max, period },
    start: Date.parse(start),
    pauseMs: period === 'day' ? 5 * hour : 100 * hour,
    fits: (log, { at, amount }) => sumOf(log.filter((entry) => nameOf(entry.at) === nameOf(at))) + amount <= max,
  };
}

const cases: readonly Case[] = [
  ...[fixed(5, 1000), fixed(1, 7), fixed(100, 60_000)],
  ...[sliding(5, 1000), sliding(1, 7), sliding(13, 999), sliding(100, 60_000)],
  ...[token(6, 1000, 6), token(7, 1000, 3), token(1, 1000, 1), token(3000, 1000, 10), token(100, hour, 25)],
  ...[leaky(6, 1000, 500), leaky(7, 1000, 0), leaky(1, 1000, 3000), leaky(3000, 1000, 5)],
  ...[quotaOf(4, 'day', '2028-02-27T20:00:00Z'), quotaOf(4, 'day', '2027-12-30T11:11:11Z')],
  ...[quotaOf(9, 'month', '2027-11-20T00:00:00Z'), quotaOf(9, 'month', '2028-01-31T23:59:59.999Z')],
];

for (const one of cases) {
  describe(JSON.stringify(one.algorithm), () => {
    for (const seed of [1, 2, 3]) {
      test(`lets in what fits and nothing else, and says how much more does (seed ${seed})`, () =>
        checkTrace(one, seed));
    }
  });
}

function checkTrace({ algorithm, start, pauseMs, fits, holds }: Case, seed: number): void {
  const random = seededRandom(seed);
  const clock = { now: start };
  const limiter = createMemoryLimiter({ now: () => clock.now, maxKeys: 10 });
  const log: Entry[] = [];
  let refused = 0;
  for (let step = 0; step < 400; step += 1) {
    const amount = random.between(0, 3);
    const expected = amount === 0 || fits(log, { at: clock.now, amount });
    const before = look(limiter, algorithm);
    const outcome = ask(limiter, algorithm, amount);
    const place = `step ${step}, ${amount} at ${clock.now}`;
    assert.equal(outcome.hasRoom, expected, place);
    if (outcome.hasRoom && amount > 0) log.push({ at: clock.now, amount });
    if (!outcome.hasRoom) {
      refused += 1;
      assert.deepEqual(look(limiter, algorithm), before, `${place}: a refusal changes nothing`);
      checkRetry(log, { outcome, amount, clock, fits });
    }
    checkRemaining(log, { outcome, clock, fits });
    assert.ok(holds?.(log) ?? true, place);
    clock.now += nextPause(random, pauseMs);
  }
  assert.ok(refused > 5 && log.length > 20, `a trace that tests: ${refused} refused, ${log.length} let in`);
}

function nextPause(random: Random, pauseMs: number): number {
  if (random.chance(40)) return 0;
  return random.between(0, Math.ceil(pauseMs * (random.chance(85) ? 2 : 20)));
}

interface Told {
  readonly outcome: Outcome;
  readonly clock: { readonly now: number };
  readonly fits: Case['fits'];
}

/** By the log: no room a moment before the time that was told, and room at it, where there ever is any. */
function checkRetry(log: readonly Entry[], { outcome, amount, clock, fits }: Told & { readonly amount: number }): void {
  const { retryAfterMs } = outcome;
  assert.ok(Number.isSafeInteger(retryAfterMs) && retryAfterMs >= 1);
  const { algorithm } = outcome.charge.limit;
  const most = algorithm.kind === 'token-bucket' ? algorithm.burst : algorithm.max;
  const at = clock.now + retryAfterMs;
  assert.equal(fits(log, { at: at - 1, amount }), false, `room before ${retryAfterMs} ms`);
  if (algorithm.kind === 'leaky-bucket' || amount <= most) {
    assert.equal(fits(log, { at, amount }), true, `no room after ${retryAfterMs} ms`);
  }
}

/** By the log: as much as remains has room, and one more has not. */
function checkRemaining(log: readonly Entry[], { outcome, clock, fits }: Told): void {
  const { remaining, resetMs, charge } = outcome;
  assert.ok(Number.isSafeInteger(remaining) && remaining >= 0 && !Object.is(remaining, -0));
  assert.ok(Number.isSafeInteger(resetMs) && resetMs >= 0 && !Object.is(resetMs, -0));
  const at = clock.now;
  if (charge.limit.algorithm.kind === 'leaky-bucket') {
    // One by one: each takes its turn.
    const next: Entry[] = [...log];
    for (let count = 0; count < remaining; count += 1) {
      assert.ok(fits(next, { at, amount: 1 }), `${count + 1} of ${remaining}`);
      next.push({ at, amount: 1 });
    }
    assert.equal(fits(next, { at, amount: 1 }), false, `more than ${remaining}`);
  } else {
    if (remaining > 0) assert.ok(fits(log, { at, amount: remaining }), `${remaining} remain`);
    assert.equal(fits(log, { at, amount: remaining + 1 }), false, `more than ${remaining} remain`);
  }
}

function look(limiter: Limiter, algorithm: LimitAlgorithm): Pick<Outcome, 'remaining' | 'resetMs'> {
  const { remaining, resetMs } = ask(limiter, algorithm, 0);
  return { remaining, resetMs };
}

function ask(limiter: Limiter, algorithm: LimitAlgorithm, amount: number): Outcome {
  const limit = { name: 'tested', algorithm, mode: 'enforce', onOutage: 'allow' } as const;
  const decision = limiter.charge([{ limit, key: 'one', amount, ifOver: 'refuse' }]);
  assert.ok(!(decision instanceof Promise));
  const [outcome] = decision.outcomes;
  assert.ok(outcome);
  return outcome;
}

describe('what a whole bucket or window says', () => {
  test('as many as burst pass at once, for any rate, and one more does not', () => {
    for (let max = 1; max <= 300; max += 13) {
      for (const windowMs of [1000, 60_000, hour]) {
        const algorithm: LimitAlgorithm = { kind: 'token-bucket', max, windowMs, burst: max };
        const limiter = createMemoryLimiter({ now: () => 1_795_000_000_123, maxKeys: 1 });
        for (let count = 1; count <= max; count += 1)
          assert.ok(ask(limiter, algorithm, 1).hasRoom, `${count} of ${max}`);
        assert.equal(ask(limiter, algorithm, 1).hasRoom, false, `more than ${max} in ${windowMs}`);
        assert.equal(ask(limiter, algorithm, 0).resetMs, windowMs);
      }
    }
  });

  test('all is there again at the time that is told, and not before', () => {
    for (const algorithm of cases.map((one) => one.algorithm)) {
      const clock = { now: Date.UTC(2028, 1, 28, 23, 59, 59, 1) };
      const limiter = createMemoryLimiter({ now: () => clock.now, maxKeys: 1 });
      const whole = ask(limiter, algorithm, 0).remaining;
      ask(limiter, algorithm, 1);
      clock.now += ask(limiter, algorithm, 0).resetMs - 1;
      assert.notEqual(ask(limiter, algorithm, 0).remaining, whole, JSON.stringify(algorithm));
      clock.now += 1;
      assert.equal(ask(limiter, algorithm, 0).remaining, whole, JSON.stringify(algorithm));
    }
  });

  test('a month ends where the calendar says, in leap years too', () => {
    const clock = { now: 0 };
    const limiter = createMemoryLimiter({ now: () => clock.now, maxKeys: 1 });
    // Not in order: a clock may go back.
    for (const day of ['2028-01-31', '2028-02-29', '2028-12-31', '2100-02-28', '2400-02-29', '2027-04-30']) {
      clock.now = Date.parse(`${day}T23:59:59.000Z`);
      assert.equal(ask(limiter, { kind: 'quota', max: 1, period: 'month' }, 0).resetMs, 1000, day);
      clock.now -= 86_400_000;
      assert.equal(ask(limiter, { kind: 'quota', max: 1, period: 'month' }, 0).resetMs, 86_401_000, day);
    }
  });
});

describe('leaky bucket', () => {
  test('turns come one after the other, each a whole interval after the last', () => {
    for (const [max, windowMs] of [
      [6, 1000],
      [7, 1000],
      [3, 60_000],
    ] as const) {
      const random = seededRandom(max);
      const clock = { now: 1_795_000_000_123 };
      const limiter = createMemoryLimiter({ now: () => clock.now, maxKeys: 1 });
      const algorithm: LimitAlgorithm = { kind: 'leaky-bucket', max, windowMs, maxWaitMs: windowMs };
      const limit = { name: 'tested', algorithm, mode: 'enforce', onOutage: 'allow' } as const;
      let last = -Infinity;
      for (let count = 0; count < 300; count += 1) {
        const decision = limiter.charge([{ limit, key: 'one', amount: 1, ifOver: 'refuse' }]);
        assert.ok(!(decision instanceof Promise));
        assert.ok(decision.waitMs <= windowMs);
        if (!decision.refusal) {
          // Waits are whole milliseconds.
          const turn = clock.now + decision.waitMs;
          assert.ok(turn - last > windowMs / max - 1, `${turn - last} ms after the last`);
          last = turn;
        }
        clock.now += nextPause(random, windowMs / max);
      }
    }
  });
});
