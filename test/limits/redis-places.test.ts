import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRedisLimiter } from '../../src/limits/redis-limiter.ts';
import type { Redis } from '../../src/redis/connect.ts';
import { chargeOf, limitOf, only } from '../support/limit-charges.ts';
import { startLimitRig } from '../support/limit-rig.ts';
import { startLimitWorkers, times } from '../support/limit-workers.ts';
import { until } from '../support/until.ts';

const places = limitOf({ kind: 'concurrency', max: 3 }, { name: 'places', onOutage: 'allow' });
const charge = chargeOf(places);
const look = chargeOf(places, { amount: 0 });

async function keysOf(redis: Redis): Promise<readonly string[]> {
  return redis.keys('weft:{limits}:places:*');
}

async function liveOf(redis: Redis): Promise<number> {
  const [key] = await keysOf(redis);
  return key === undefined ? 0 : redis.zcard(key);
}

test('a place is free once its request has ended, however often that is told', async (t) => {
  const { redis, limiter } = await startLimitRig(t);
  const held = await Promise.all(times(3, charge).map(async (charges) => limiter.charge(charges)));
  assert.ok((await limiter.charge([charge])).refusal);
  held[0]?.release?.();
  held[0]?.release?.();
  await until(async () => (await liveOf(redis)) === 2);
  assert.equal((await limiter.charge([charge])).refusal, undefined);
  const refused = await limiter.charge([charge]);
  assert.deepEqual([refused.release, only(refused).retryAfterMs], [undefined, 1000]);
});

test('a refusal by another limit takes no place', async (t) => {
  const { redis, limiter } = await startLimitRig(t);
  const narrow = limitOf({ kind: 'quota', max: 1, period: 'month' }, { name: 'narrow' });
  const { refusal, release } = await limiter.charge([charge, chargeOf(narrow, { amount: 2 })]);
  assert.deepEqual([refusal?.charge.limit.name, release], ['narrow', undefined]);
  assert.deepEqual(await keysOf(redis), []);
});

test('a killed process holds its places no longer than their leases, while others hold theirs', async (t) => {
  const { server, limiter } = await startLimitRig(t, { leaseMs: 300 });
  const [worker] = await startLimitWorkers(t, { url: server.url, count: 1, leaseMs: 300 });
  assert.equal((await limiter.charge([charge])).refusal, undefined);
  assert.equal((await worker?.charge(times(2, charge)))?.passed, 2);
  assert.ok((await limiter.charge([charge])).refusal);
  await worker?.kill();
  await until(async () => only(await limiter.charge([look])).remaining === 2);
  const passed = await Promise.all(times(3, charge).map(async (charges) => limiter.charge(charges)));
  assert.equal(passed.filter(({ refusal }) => refusal === undefined).length, 2);
});

test('a place is held as long as its request runs, and taken again where Redis lost it', async (t) => {
  const { redis, limiter } = await startLimitRig(t, { leaseMs: 150 });
  const { release } = await limiter.charge([charge]);
  const [key = ''] = await keysOf(redis);
  const [lease = ''] = await redis.zrange(key, '0', '-1');
  const endOf = async (): Promise<number> => Number(await redis.zscore(key, lease));
  const first = await endOf();
  await until(async () => (await endOf()) > first + 150);
  assert.equal(await liveOf(redis), 1);
  await redis.flushall();
  await until(async () => (await liveOf(redis)) === 1);
  release?.();
  await until(async () => (await liveOf(redis)) === 0);
});

test('a place that is granted when nobody waits for it any more is given back', async (t) => {
  const { server, redis, limiter } = await startLimitRig(t, { timeoutMs: 20 });
  server.pause();
  // The first call: how late it is by Redis's clock is not known yet, so that Redis grants it.
  const late = await limiter.charge([charge]);
  assert.deepEqual([only(late).by, late.release], ['none', undefined]);
  server.resume();
  await until(async () => only(await limiter.charge([look])).by === 'store');
  for (let turn = 0; turn < 50; turn += 1) await redis.ping();
  assert.equal(await liveOf(redis), 0);
  assert.match(await redis.info('commandstats'), /cmdstat_zadd:calls=1,/);
});

test('a limiter that closes gives back all its places', async (t) => {
  const { redis, connect } = await startLimitRig(t);
  const limiter = createRedisLimiter({ redis: await connect(), timeoutMs: 100, instances: 1, maxKeys: 10 });
  await limiter.charge([charge]);
  assert.equal(await liveOf(redis), 1);
  await limiter.close();
  assert.equal(await liveOf(redis), 0);
});
