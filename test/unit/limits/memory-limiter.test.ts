import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LimitAlgorithm } from '../../../src/config/limit-types.ts';
import { createMemoryLimiter, type MemoryLimiterOptions } from '../../../src/limits/memory-limiter.ts';
import type { Charge, Decision, Limit, Limiter } from '../../../src/limits/types.ts';
import { seededRandom } from '../../../upstreams/demo/random.ts';

const start = 1_795_000_000_000;
const fixed: LimitAlgorithm = { kind: 'fixed-window', max: 3, windowMs: 1000 };
const places: LimitAlgorithm = { kind: 'concurrency', max: 2 };

describe('one call', () => {
  test('is charged all or nothing: one refusal leaves every other limit as it was, before it and after it', () => {
    const { limiter } = open();
    const [first, full, last] = [limitOf('first'), limitOf('full'), limitOf('last', places)];
    charge(limiter, [chargeOf(full, { amount: 3 })]);
    const refused = charge(limiter, [chargeOf(first), chargeOf(full), chargeOf(last)]);
    assert.equal(refused.refusal, refused.outcomes[1]);
    assert.equal(refused.release, undefined);
    assert.deepEqual(briefly(refused), [
      [true, 3],
      [false, 0],
      [true, 2],
    ]);
    assert.deepEqual(briefly(charge(limiter, [chargeOf(first), chargeOf(last)])), [
      [true, 2],
      [true, 1],
    ]);
  });

  test('names the first of several refusals', () => {
    const { limiter } = open();
    const [one, other] = [limitOf('one'), limitOf('other')];
    charge(limiter, [chargeOf(one, { amount: 3 }), chargeOf(other, { amount: 3 })]);
    assert.equal(charge(limiter, [chargeOf(other), chargeOf(one)]).refusal?.charge.limit, other);
  });

  test('a charge that is to be skipped keeps nothing back, and is not charged without room', () => {
    const { limiter } = open();
    const [field, request] = [limitOf('field'), limitOf('request')];
    charge(limiter, [chargeOf(field, { amount: 2 })]);
    const decision = charge(limiter, [chargeOf(field, { amount: 2, ifOver: 'skip' }), chargeOf(request)]);
    assert.equal(decision.refusal, undefined);
    assert.deepEqual(briefly(decision), [
      [false, 1],
      [true, 2],
    ]);
  });

  test('a limit that only measures refuses nobody, keeps no one waiting, and counts only what has room', () => {
    const { limiter } = open();
    const measured = limitOf('measured', fixed, 'measure');
    const queue = limitOf('queue', { kind: 'leaky-bucket', max: 1, windowMs: 1000, maxWaitMs: 5000 }, 'measure');
    charge(limiter, [chargeOf(measured, { amount: 2 }), chargeOf(queue)]);
    const decision = charge(limiter, [chargeOf(measured, { amount: 2 }), chargeOf(queue)]);
    assert.equal(decision.refusal, undefined);
    assert.equal(decision.waitMs, 0);
    assert.deepEqual(briefly(decision), [
      [false, 1],
      [true, 4],
    ]);
  });

  test('waits as long as the slowest of its queues says, and a look waits for nothing', () => {
    const { limiter } = open();
    const slow = limitOf('slow', { kind: 'leaky-bucket', max: 1, windowMs: 900, maxWaitMs: 5000 });
    const slower = limitOf('slower', { kind: 'leaky-bucket', max: 1, windowMs: 1100, maxWaitMs: 5000 });
    const ask = (): number => charge(limiter, [chargeOf(slower), chargeOf(slow)]).waitMs;
    assert.deepEqual([ask(), ask(), ask()], [0, 1100, 2200]);
    assert.equal(charge(limiter, [chargeOf(slower, { amount: 0 })]).waitMs, 0);
  });

  test('an amount of 0 always has room and changes nothing; one above max never has', () => {
    for (const algorithm of algorithms) {
      const { limiter } = open();
      const limit = limitOf('any', algorithm);
      const most = algorithm.kind === 'token-bucket' ? algorithm.burst : algorithm.max;
      if (algorithm.kind !== 'leaky-bucket') {
        const refused = charge(limiter, [chargeOf(limit, { amount: most + 1 })]);
        assert.ok(refused.refusal && refused.refusal.retryAfterMs >= 1, algorithm.kind);
      }
      charge(limiter, [chargeOf(limit, { amount: most })]);
      const look = charge(limiter, [chargeOf(limit, { amount: 0 })]);
      assert.equal(look.outcomes[0]?.hasRoom, true, algorithm.kind);
      assert.equal(look.outcomes[0]?.retryAfterMs, 0, algorithm.kind);
      assert.equal(look.release, undefined, algorithm.kind);
      assert.deepEqual(charge(limiter, [chargeOf(limit, { amount: 0 })]).outcomes, look.outcomes, algorithm.kind);
    }
  });

  test('a refusal is known without a charge, just as charging would refuse', () => {
    const { limiter } = open();
    const [one, other] = [limitOf('one'), limitOf('other')];
    const asked = [chargeOf(other), chargeOf(one)];
    assert.equal(limiter.refusalKnown(asked), undefined);
    charge(limiter, [chargeOf(one, { amount: 3 })]);
    const known = limiter.refusalKnown(asked);
    assert.deepEqual(known, charge(limiter, asked));
    assert.equal(known?.refusal?.charge.limit, one);
    assert.deepEqual(briefly(charge(limiter, [chargeOf(other)])), [[true, 2]]);
  });
});

describe('keys', () => {
  test('callers with keys of their own never touch each other, over random traces', () => {
    for (const algorithm of algorithms) {
      const together = open();
      const alone = new Map(['a', 'b', 'a:b', ''].map((key) => [key, open({ clock: together.clock })]));
      const random = seededRandom(7);
      const limit = limitOf('any', algorithm);
      for (let step = 0; step < 200; step += 1) {
        const key = random.pick([...alone.keys()]);
        const asked = [chargeOf(limit, { key, amount: random.between(0, 2) })];
        const own = alone.get(key);
        assert.ok(own);
        const { outcomes, waitMs } = charge(together.limiter, asked);
        const expected = charge(own.limiter, asked);
        assert.deepEqual(
          { outcomes, waitMs },
          { outcomes: expected.outcomes, waitMs: expected.waitMs },
          algorithm.kind,
        );
        together.clock.now += random.between(0, 150);
      }
    }
  });

  test('limits of other names do not share a key, whatever the names and keys', () => {
    const { limiter } = open();
    const names = ['a', 'a:', '1', '1:', 'a:b', ...Array.from({ length: 12 }, (_, at) => `name ${at}`)];
    for (const name of names) {
      for (const key of ['b', ':b', '1b', '1:b', 'b:c']) {
        assert.deepEqual(briefly(charge(limiter, [chargeOf(limitOf(name), { key })])), [[true, 2]], `${name} ${key}`);
      }
    }
  });

  test('a limit that comes again as an equal one goes on, with other numbers it begins anew', () => {
    const { limiter } = open();
    charge(limiter, [chargeOf(limitOf('any'))]);
    assert.deepEqual(
      briefly(charge(limiter, [chargeOf(limitOf('any', { windowMs: 1000, max: 3, kind: 'fixed-window' }))])),
      [[true, 1]],
    );
    assert.deepEqual(briefly(charge(limiter, [chargeOf(limitOf('any', { ...fixed, max: 9 }))])), [[true, 8]]);
  });

  test('beyond the most keys, those that were not asked for longest are forgotten, and no others', () => {
    const { limiter } = open({ maxKeys: 100 });
    const one = limitOf('one');
    charge(limiter, [chargeOf(one, { key: 'lost' })]);
    charge(limiter, [chargeOf(one, { key: 'kept' })]);
    for (let at = 0; at < 98; at += 1) charge(limiter, [chargeOf(one, { key: `${at}` })]);
    assert.deepEqual(briefly(charge(limiter, [chargeOf(one, { key: 'kept' })])), [[true, 1]]);
    charge(limiter, [chargeOf(one, { key: 'one more' })]);
    assert.deepEqual(briefly(charge(limiter, [chargeOf(one, { key: 'kept' })])), [[true, 0]]);
    assert.deepEqual(briefly(charge(limiter, [chargeOf(one, { key: 'lost' })])), [[true, 2]]);
  });

  test('whoever invents keys of one limit makes none of another forgotten', () => {
    const { limiter } = open({ maxKeys: 10 });
    const [month, guests] = [limitOf('month'), limitOf('guests')];
    charge(limiter, [chargeOf(month, { key: 'paid', amount: 3 })]);
    for (let at = 0; at < 1000; at += 1) charge(limiter, [chargeOf(guests, { key: `${at}` })]);
    assert.ok(charge(limiter, [chargeOf(month, { key: 'paid' })]).refusal);
  });

  test('refused and looked at keys take no place of others', () => {
    const { limiter } = open({ maxKeys: 2 });
    charge(limiter, [chargeOf(limitOf('any'), { key: 'kept' })]);
    for (let at = 0; at < 10; at += 1) {
      charge(limiter, [chargeOf(limitOf('any'), { key: `${at}`, amount: at % 2 === 0 ? 0 : 4 })]);
    }
    assert.deepEqual(briefly(charge(limiter, [chargeOf(limitOf('any'), { key: 'kept' })])), [[true, 1]]);
  });
});

describe('concurrency', () => {
  test('never more than max at the same time, over random traces, and a place comes back once', () => {
    const { limiter } = open({ maxKeys: 1 });
    const random = seededRandom(3);
    const limit = limitOf('places', { kind: 'concurrency', max: 5 });
    const live: (() => void)[] = [];
    let refused = 0;
    for (let step = 0; step < 2000; step += 1) {
      if (random.chance(45)) {
        const [release] = live.splice(random.between(0, live.length), 1);
        release?.();
        release?.();
      } else {
        const decision = charge(limiter, [chargeOf(limit)]);
        assert.equal(decision.refusal === undefined, live.length < 5, `step ${step}`);
        if (decision.refusal) {
          refused += 1;
          assert.deepEqual([decision.refusal.retryAfterMs, decision.refusal.resetMs], [1000, 1000]);
        }
        if (decision.release) live.push(decision.release);
      }
      const { remaining, resetMs } = charge(limiter, [chargeOf(limit, { amount: 0 })]).outcomes[0] ?? {};
      assert.deepEqual([remaining, resetMs], [5 - live.length, live.length === 0 ? 0 : 1000]);
    }
    assert.ok(refused > 20, `${refused} refused`);
  });

  test('who is under way is never forgotten, however many other keys come', () => {
    const { limiter } = open({ maxKeys: 2 });
    const limit = limitOf('places', { kind: 'concurrency', max: 1 });
    const releases = Array.from(
      { length: 50 },
      (_, at) => charge(limiter, [chargeOf(limit, { key: `${at}` })]).release,
    );
    for (let at = 0; at < 50; at += 1) charge(limiter, [chargeOf(limitOf('any'), { key: `${at}` })]);
    for (let at = 0; at < 50; at += 1) {
      assert.ok(charge(limiter, [chargeOf(limit, { key: `${at}` })]).refusal, `${at}`);
      releases[at]?.();
      assert.equal(charge(limiter, [chargeOf(limit, { key: `${at}` })]).refusal, undefined, `${at}`);
    }
  });

  test('with another max, those under way still count, and their end is theirs', () => {
    const { limiter } = open();
    const [before] = [charge(limiter, [chargeOf(limitOf('places', { kind: 'concurrency', max: 5 }))])];
    const fewer = limitOf('places', { kind: 'concurrency', max: 1 });
    assert.ok(charge(limiter, [chargeOf(fewer)]).refusal);
    before?.release?.();
    assert.equal(charge(limiter, [chargeOf(fewer)]).refusal, undefined);
  });
});

describe('a share', () => {
  test('of a limit is its whole part, 1 at least, and outcomes say who decided', () => {
    const { limiter } = open({ share: 3, by: 'local' });
    const left = (algorithm: LimitAlgorithm): number | undefined => {
      const [outcome] = charge(limiter, [
        chargeOf(limitOf(JSON.stringify(algorithm), algorithm), { amount: 0 }),
      ]).outcomes;
      assert.equal(outcome?.by, 'local');
      return outcome?.remaining;
    };
    assert.equal(left({ kind: 'fixed-window', max: 100, windowMs: 1000 }), 33);
    assert.equal(left({ kind: 'sliding-window', max: 2, windowMs: 1000 }), 1);
    assert.equal(left({ kind: 'token-bucket', max: 100, windowMs: 1000, burst: 8 }), 2);
    assert.equal(left({ kind: 'leaky-bucket', max: 9, windowMs: 900, maxWaitMs: 900 }), 4);
    assert.equal(left({ kind: 'quota', max: 10, period: 'day' }), 3);
    assert.equal(left({ kind: 'concurrency', max: 7 }), 2);
  });
});

describe('a clock that goes back', () => {
  test('never lets more into a window than its max', () => {
    for (const algorithm of algorithms) {
      const { limiter, clock } = open();
      const limit = limitOf('any', algorithm);
      const most = algorithm.kind === 'token-bucket' ? algorithm.burst : algorithm.max;
      if (algorithm.kind === 'concurrency' || algorithm.kind === 'leaky-bucket') continue;
      charge(limiter, [chargeOf(limit, { amount: most })]);
      for (const now of [start - 1, start - 999, start - 5000, start]) {
        clock.now = now;
        const { refusal } = charge(limiter, [chargeOf(limit)]);
        assert.ok(refusal && refusal.retryAfterMs >= 1 && refusal.resetMs >= 0, `${algorithm.kind} at ${now}`);
      }
    }
  });

  test('counts what has room in the window that was begun', () => {
    const { limiter, clock } = open();
    const limit = limitOf('any');
    charge(limiter, [chargeOf(limit)]);
    clock.now = start - 1;
    assert.deepEqual(briefly(charge(limiter, [chargeOf(limit)])), [[true, 1]]);
    clock.now = start + 1;
    assert.deepEqual(briefly(charge(limiter, [chargeOf(limit)])), [[true, 0]]);
  });

  test('keeps the tenths of a sliding window in order', () => {
    const { limiter, clock } = open();
    const limit = limitOf('any', { kind: 'sliding-window', max: 3, windowMs: 1000 });
    charge(limiter, [chargeOf(limit)]);
    clock.now = start - 300;
    charge(limiter, [chargeOf(limit)]);
    charge(limiter, [chargeOf(limit)]);
    const { refusal } = charge(limiter, [chargeOf(limit)]);
    // The two of 300 ms before leave first, together.
    assert.deepEqual([refusal?.retryAfterMs, refusal?.resetMs], [1100, 1400]);
    clock.now += 1100;
    assert.deepEqual(briefly(charge(limiter, [chargeOf(limit, { amount: 0 })])), [[true, 2]]);
  });
});

const algorithms: readonly LimitAlgorithm[] = [
  fixed,
  { kind: 'sliding-window', max: 3, windowMs: 1000 },
  { kind: 'token-bucket', max: 6, windowMs: 1000, burst: 4 },
  { kind: 'leaky-bucket', max: 6, windowMs: 1000, maxWaitMs: 300 },
  { kind: 'quota', max: 40, period: 'day' },
  places,
];

function open(options: Partial<MemoryLimiterOptions> & { readonly clock?: { now: number } } = {}) {
  const { clock = { now: start }, ...more } = options;
  return { clock, limiter: createMemoryLimiter({ now: () => clock.now, maxKeys: 100, ...more }) };
}

function limitOf(name: string, algorithm: LimitAlgorithm = fixed, mode: Limit['mode'] = 'enforce'): Limit {
  return { name, algorithm, mode, onOutage: 'allow' };
}

function chargeOf(limit: Limit, more: Partial<Charge> = {}): Charge {
  return { limit, key: 'one', amount: 1, ifOver: 'refuse', ...more };
}

function charge(limiter: Limiter, charges: readonly Charge[]): Decision {
  const decision = limiter.charge(charges);
  assert.ok(!(decision instanceof Promise), 'at once');
  return decision;
}

/** Whether each has room, and what remains of it. */
function briefly({ outcomes }: Decision): readonly (readonly [boolean, number])[] {
  return outcomes.map(({ hasRoom, remaining }) => [hasRoom, remaining]);
}
