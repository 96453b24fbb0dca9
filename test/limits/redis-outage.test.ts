import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ServerClock } from '../../src/limits/redis/server-clock.ts';
import type { Charge, Decision, Limit, Limiter, Outcome } from '../../src/limits/types.ts';
import { chargeOf, limitOf, only } from '../support/limit-charges.ts';
import { startLimitRig } from '../support/limit-rig.ts';
import { until } from '../support/until.ts';

const monthly = { kind: 'quota', max: 100, period: 'month' } as const;
const allowed = limitOf(monthly, { name: 'allowed', onOutage: 'allow' });
const denied = limitOf(monthly, { name: 'denied', onOutage: 'deny' });
const local = limitOf(monthly, { name: 'local', onOutage: 'local' });
const isDown = /^Limits are not counted in Redis/;
const isBack = /^Limits are counted in Redis again$/;

/** What the three rules say, each asked in a call of its own. */
async function rulesOf(limiter: Limiter): Promise<readonly (readonly [boolean, string, boolean])[]> {
  const decisions = await Promise.all([allowed, denied, local].map(async (limit) => limiter.charge([chargeOf(limit)])));
  return decisions.map((decision) => {
    const { hasRoom, by } = only(decision);
    return [hasRoom, by, decision.refusal !== undefined];
  });
}

const byRule = [
  [true, 'none', false],
  [false, 'none', true],
  [true, 'local', false],
];
const byStore = [
  [true, 'store', false],
  [true, 'store', false],
  [true, 'store', false],
];

function decideNow(limiter: Limiter, ...charges: readonly Charge[]): Decision {
  const decision = limiter.charge(charges);
  assert.ok(!(decision instanceof Promise), 'expected a decision at once, but got a promise');
  return decision;
}

/** Until nobody asks Redis any more: what was under way when the connection broke is asked in vain. */
async function untilDown(limiter: Limiter): Promise<void> {
  await until(async () => {
    const decision = limiter.charge([chargeOf(allowed, { amount: 0 })]);
    await decision;
    return !(decision instanceof Promise);
  });
}

test('Redis is killed: each limit goes by its rule, at once; and counts in Redis again when it is back', async (t) => {
  const { server, limiter, notices } = await startLimitRig(t);
  assert.deepEqual(await rulesOf(limiter), byStore);
  await server.stop();
  await untilDown(limiter);
  for (const limit of [allowed, denied, local]) decideNow(limiter, chargeOf(limit));
  assert.deepEqual(await rulesOf(limiter), byRule);
  await server.restart();
  await notices.seen(isBack);
  assert.deepEqual(await rulesOf(limiter), byStore);
  assert.equal(notices.all.filter(({ message }) => isDown.test(message)).length, 1);
  assert.equal(notices.all.filter(({ message }) => isBack.test(message)).length, 1);
});

test('Redis stands still: nobody waits for it, nobody fails, and after three that waited nobody waits', async (t) => {
  const { server, limiter, notices } = await startLimitRig(t, { timeoutMs: 20 });
  assert.deepEqual(await rulesOf(limiter), byStore);
  server.pause();
  assert.deepEqual(await rulesOf(limiter), byRule);
  decideNow(limiter, chargeOf(allowed));
  assert.deepEqual(await rulesOf(limiter), byRule);
  assert.match((await notices.seen(isDown)).message, /: no answer within 20 ms$/);
  server.resume();
  await notices.seen(isBack);
  assert.deepEqual(await rulesOf(limiter), byStore);
});

test('denied in an outage: no room, and again in a second; a look is never denied', async (t) => {
  const { server, limiter } = await startLimitRig(t);
  await server.stop();
  await untilDown(limiter);
  const { charge: _charge, ...outcome } = only(decideNow(limiter, chargeOf(denied)));
  assert.deepEqual(outcome, { hasRoom: false, remaining: 0, resetMs: 1000, retryAfterMs: 1000, by: 'none' });
  assert.equal(decideNow(limiter, chargeOf(denied, { amount: 0 })).refusal, undefined);
});

test('counted locally in an outage: this instance counts its share, and gives places back', async (t) => {
  const { server, limiter } = await startLimitRig(t, { instances: 4 });
  await server.stop();
  await untilDown(limiter);
  const passed = Array.from({ length: 40 }, () => only(decideNow(limiter, chargeOf(local)))).filter(
    ({ hasRoom }) => hasRoom,
  );
  assert.equal(passed.length, 25);
  const places = limitOf({ kind: 'concurrency', max: 4 }, { name: 'places', onOutage: 'local' });
  const first = decideNow(limiter, chargeOf(places));
  assert.ok(decideNow(limiter, chargeOf(places)).refusal);
  first.release?.();
  assert.equal(decideNow(limiter, chargeOf(places)).refusal, undefined);
});

test('several rules in one call: each holds, and what is denied charges nothing locally', async (t) => {
  const { server, limiter } = await startLimitRig(t);
  await server.stop();
  await untilDown(limiter);
  const all = [allowed, local, denied].map((limit) => chargeOf(limit));
  const decision = decideNow(limiter, ...all);
  assert.equal(decision.refusal?.charge, all[2]);
  assert.deepEqual(
    decision.outcomes.map(({ charge, hasRoom, by }) => [charge.limit.name, hasRoom, by]),
    [
      ['allowed', true, 'none'],
      ['local', true, 'local'],
      ['denied', false, 'none'],
    ],
  );
  assert.equal(only(decideNow(limiter, chargeOf(local, { amount: 0 }))).remaining, 25);
  const measured: Limit = { ...denied, mode: 'measure' };
  assert.equal(decideNow(limiter, chargeOf(local), chargeOf(measured)).refusal, undefined);
  assert.equal(decideNow(limiter, chargeOf(local), chargeOf(denied, { ifOver: 'skip' })).refusal, undefined);
  assert.equal(only(decideNow(limiter, chargeOf(local, { amount: 0 }))).remaining, 23);
});

test('what Redis comes to when nobody waits for it any more is not charged', async (t) => {
  const { server, limiter } = await startLimitRig(t, { timeoutMs: 20 });
  const look = async (): Promise<Outcome> => only(await limiter.charge([chargeOf(allowed, { amount: 0 })]));
  assert.equal(only(await limiter.charge([chargeOf(allowed)])).remaining, 99);
  // Each answer may tell its clock more exactly.
  for (let call = 0; call < 20; call += 1) await look();
  server.pause();
  assert.equal(only(await limiter.charge([chargeOf(allowed)])).by, 'none');
  await pause(50);
  server.resume();
  await until(async () => (await look()).by === 'store');
  assert.equal((await look()).remaining, 99);
});

test('Redis forgets its scripts: nobody notices', async (t) => {
  const { redis, limiter } = await startLimitRig(t);
  for (let left = 99; left > 90; left -= 1) {
    const { by, remaining } = only(await limiter.charge([chargeOf(denied)]));
    assert.deepEqual({ by, remaining }, { by: 'store', remaining: left });
    if (left % 3 === 0) await redis.script('FLUSH');
  }
});

test('another type of value at a key: only its calls go by the rule, and it is told once', async (t) => {
  const { redis, limiter, notices } = await startLimitRig(t);
  await limiter.charge([chargeOf(denied)]);
  const [key = ''] = await redis.keys('weft:*');
  await redis.del(key);
  await redis.lpush(key, 'value');
  for (let call = 0; call < 5; call += 1) {
    const { hasRoom, by } = only(await limiter.charge([chargeOf(denied)]));
    assert.deepEqual({ hasRoom, by }, { hasRoom: false, by: 'none' });
  }
  assert.deepEqual((await rulesOf(limiter))[0], [true, 'store', false]);
  assert.equal(notices.all.filter(({ message }) => /cannot count for some key/.test(message)).length, 1);
});

test('Redis is full: each limit goes by its rule, until there is room again', async (t) => {
  const { redis, limiter, notices } = await startLimitRig(t);
  assert.deepEqual(await rulesOf(limiter), byStore);
  await redis.config('SET', 'maxmemory', '1');
  assert.deepEqual(await rulesOf(limiter), byRule);
  assert.match((await notices.seen(isDown)).message, /: OOM /);
  assert.deepEqual(await rulesOf(limiter), byRule);
  await redis.config('SET', 'maxmemory', '0');
  await notices.seen(isBack);
  assert.deepEqual(await rulesOf(limiter), byStore);
});

test('Redis has another clock than before: nobody is taken for late', async (t) => {
  const { limiter } = await startLimitRig(t);
  assert.equal(only(await limiter.charge([chargeOf(denied)])).remaining, 99);
  const now = performance.now.bind(performance);
  t.mock.method(performance, 'now', () => now() - 3_600_000);
  for (const remaining of [98, 97]) {
    const outcome = only(await limiter.charge([chargeOf(denied)]));
    assert.deepEqual([outcome.by, outcome.remaining], ['store', remaining]);
  }
});

test('the clock of Redis is taken for as late as its answers allow', () => {
  const clock = new ServerClock();
  assert.equal(clock.at(1000), 0);
  clock.learn(5000, 900);
  assert.equal(clock.at(1000), 5101);
  clock.learn(5200, 1000);
  assert.equal(clock.at(1000), 5101);
  clock.learn(4000, 1000);
  assert.equal(clock.at(1000), 4001);
  // Clocks drift: what was learned long ago is given up.
  clock.learn(30_000, 20_000);
  assert.equal(clock.at(20_000), 30_001);
  clock.forget();
  assert.equal(clock.at(1000), 0);
});
