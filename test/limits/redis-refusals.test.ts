import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LimitAlgorithm } from '../../src/config/limit-types.ts';
import { limitArguments, keyOf } from '../../src/limits/redis/keys.ts';
import type { Charge, Decision, Limiter } from '../../src/limits/types.ts';
import { chargeOf, limitOf, only } from '../support/limit-charges.ts';
import { startLimitRig } from '../support/limit-rig.ts';

const monthly = { kind: 'quota', max: 3, period: 'month' } as const;
const limit = limitOf(monthly);
const charge = chargeOf(limit);

/** Of a charge that is known to be refused. */
function knownOf(limiter: Limiter, ...charges: readonly Charge[]): Decision {
  const decision = limiter.charge(charges);
  assert.ok(!(decision instanceof Promise), 'expected a decision at once, but got a promise');
  assert.deepEqual(limiter.refusalKnown(charges), decision);
  return decision;
}

test('whoever was refused is refused at once, for as much or more, until there may be room', async (t) => {
  let now = Date.now();
  const { limiter } = await startLimitRig(t, { now: () => now });
  assert.equal(limiter.refusalKnown([charge]), undefined);
  await limiter.charge([chargeOf(limit, { amount: 2 })]);
  const two = chargeOf(limit, { amount: 2 });
  const first = only(await limiter.charge([two]));
  assert.equal(first.hasRoom, false);
  assert.deepEqual(only(knownOf(limiter, two)), first);
  now += 500;
  const three = chargeOf(limit, { amount: 3 });
  assert.deepEqual(only(knownOf(limiter, three)), {
    ...first,
    charge: three,
    retryAfterMs: first.retryAfterMs - 500,
    resetMs: first.resetMs - 500,
  });
  for (const other of [charge, chargeOf(limit, { amount: 0 }), chargeOf(limit, { key: 'other', amount: 2 })]) {
    assert.equal(limiter.refusalKnown([other]), undefined);
    assert.equal((await limiter.charge([other])).refusal, undefined);
  }
  now += 60_000;
  assert.equal(limiter.refusalKnown([two]), undefined);
});

test('a call without charges is decided at once', async (t) => {
  const { limiter } = await startLimitRig(t);
  assert.deepEqual(limiter.charge([]), { refusal: undefined, outcomes: [], waitMs: 0, release: undefined });
});

test('a known refusal refuses the whole call and charges nothing', async (t) => {
  const { limiter } = await startLimitRig(t);
  const wide = limitOf({ ...monthly, max: 10 }, { name: 'wide' });
  const full = chargeOf(limit, { amount: 4 });
  await limiter.charge([full]);
  const decision = knownOf(limiter, chargeOf(wide), full);
  assert.equal(decision.refusal, decision.outcomes[1]);
  assert.deepEqual(
    decision.outcomes.map(({ hasRoom, by }) => [hasRoom, by]),
    [
      [true, 'none'],
      [false, 'store'],
    ],
  );
  assert.equal(only(await limiter.charge([chargeOf(wide, { amount: 0 })])).remaining, 10);
});

test('what is skipped, measured, a place or an outage is asked each time', async (t) => {
  const { server, limiter } = await startLimitRig(t);
  const measured = limitOf(monthly, { name: 'measured', mode: 'measure' });
  const places = limitOf({ kind: 'concurrency', max: 1 }, { name: 'places' });
  await limiter.charge([chargeOf(places)]);
  const skipped = chargeOf(limit, { amount: 4, ifOver: 'skip' });
  for (const over of [skipped, chargeOf(measured, { amount: 4 }), chargeOf(places)]) {
    assert.equal(only(await limiter.charge([over])).hasRoom, false);
    assert.equal(limiter.refusalKnown([over]), undefined);
  }
  await server.stop();
  const denied = chargeOf(limitOf(monthly, { name: 'denied' }));
  assert.ok((await limiter.charge([denied])).refusal);
  assert.equal(limiter.refusalKnown([denied]), undefined);
});

test('a limit that is configured anew forgets what was refused before', async (t) => {
  const { limiter } = await startLimitRig(t);
  await limiter.charge([chargeOf(limit, { amount: 4 })]);
  const raised = limitOf({ ...monthly, max: 10 });
  assert.equal((await limiter.charge([chargeOf(raised, { amount: 4 })])).refusal, undefined);
});

test('the state of another algorithm or window is not read', async (t) => {
  const { limiter } = await startLimitRig(t);
  const windowMs = 3_600_000;
  const algorithms: readonly LimitAlgorithm[] = [
    { kind: 'fixed-window', max: 5, windowMs },
    { kind: 'fixed-window', max: 5, windowMs: windowMs * 2 },
    { kind: 'sliding-window', max: 5, windowMs },
    { kind: 'token-bucket', max: 5, windowMs, burst: 5 },
    { kind: 'leaky-bucket', max: 5, windowMs, maxWaitMs: windowMs },
    { kind: 'quota', max: 5, period: 'day' },
    { kind: 'quota', max: 5, period: 'month' },
    { kind: 'concurrency', max: 5 },
  ];
  for (const algorithm of algorithms) {
    const { hasRoom, remaining, by } = only(await limiter.charge([chargeOf(limitOf(algorithm))]));
    const left = algorithm.kind === 'leaky-bucket' ? 5 : 4;
    assert.deepEqual({ hasRoom, remaining, by }, { hasRoom: true, remaining: left, by: 'store' }, algorithm.kind);
  }
});

test('keys are short, lie in one slot, and no two identities share one', () => {
  const keyOfPair = (name: string, key: string): string => {
    const named = limitOf(monthly, { name });
    return keyOf(limitArguments(named), chargeOf(named, { key }));
  };
  const long = 'x'.repeat(5000);
  const hashed = keyOfPair('a', long).split(':').at(-1) ?? '';
  const pairs = [
    ['a', 'b:c'],
    ['a:b', 'c'],
    ['a%3Ab', 'c'],
    ['a', ''],
    ['a', long],
    ['a', `${long}x`],
    ['a', hashed],
    ['a', '\u{d800}'],
    ['a', '\u{dbff}'],
    ['a', '\u{fffd}'],
    ['\u{d800}', 'a'],
    ['\u{fffd}', 'a'],
    [long, 'a'],
    ['a', '\u{20ac}'.repeat(40)],
    ['\u{20ac}'.repeat(40), '\u{20ac}'.repeat(40)],
  ] as const;
  const keys = pairs.map(([name, key]) => keyOfPair(name, key));
  assert.equal(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size, pairs.length);
  for (const key of keys) {
    assert.ok(key.startsWith('weft:{limits}:'));
    assert.ok(Buffer.byteLength(key) <= 210, `${Buffer.byteLength(key)} bytes`);
  }
});
