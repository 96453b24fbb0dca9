import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { algorithmsOf, chargeOf, limitOf } from '../support/limit-charges.ts';
import { type LimitWorker, startLimitWorkers, times } from '../support/limit-workers.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { closeRedis, connectRedis, waitForRedis } from '../../src/redis/connect.ts';
import type { Charge } from '../../src/limits/types.ts';

const processes = 4;
const max = 100;

async function passedOf(
  workers: readonly LimitWorker[],
  calls: number,
  ...charges: readonly Charge[]
): Promise<{ readonly passed: number; readonly byStore: number }> {
  const answers = await Promise.all(workers.map(async (worker) => worker.charge(times(calls / processes, ...charges))));
  return {
    passed: answers.reduce((sum, { passed }) => sum + passed, 0),
    byStore: answers.reduce((sum, { decidedBy }) => sum + decidedBy.store, 0),
  };
}

/** Ends Redis in good order: it writes its state first where `saves`. */
async function shutDown(server: RedisServer, saves: boolean): Promise<void> {
  const redis = connectRedis({ url: server.url });
  await waitForRedis(redis, 2000);
  await redis.call('SHUTDOWN', saves ? 'SAVE' : 'NOSAVE').catch(() => {});
  await closeRedis(redis);
  await server.restart();
}

/** Until every worker's calls reach Redis again; looks only. */
async function untilBack(workers: readonly LimitWorker[], charge: Charge): Promise<void> {
  const look = { ...charge, amount: 0 };
  for (const worker of workers) await until(async () => (await worker.charge([[look]])).decidedBy.store === 1);
}

describe('four processes with a limit of 100 and 800 calls at once', () => {
  let server: RedisServer;
  let workers: readonly LimitWorker[];
  const cleanups: (() => unknown)[] = [];

  before(async () => {
    server = await startRedis();
    cleanups.push(() => server.close());
    workers = await startLimitWorkers(
      { after: (end) => void cleanups.unshift(end as () => unknown) },
      { url: server.url, count: processes },
    );
  });
  after(async () => {
    for (const cleanup of cleanups) await cleanup();
  });

  for (const [name, algorithm] of Object.entries(algorithmsOf(max))) {
    test(`${name}: exactly 100 have room`, async () => {
      const charge = chargeOf(limitOf(algorithm, { name }));
      assert.deepEqual(await passedOf(workers, 800, charge), { passed: max, byStore: 800 });
    });
  }

  test('two limits in one call: what the narrow one refuses, the wide one does not count', async () => {
    const wide = limitOf({ kind: 'quota', max: 1000, period: 'month' }, { name: 'wide' });
    const narrow = limitOf({ kind: 'quota', max, period: 'month' }, { name: 'narrow' });
    assert.equal((await passedOf(workers, 800, chargeOf(wide), chargeOf(narrow))).passed, max);
    assert.equal((await passedOf(workers, 1200, chargeOf(wide))).passed, 900);
  });

  test('more charges than commands are made for are one call too', async () => {
    const limits = Array.from({ length: 40 }, (_, at) =>
      limitOf({ kind: 'quota', max, period: 'month' }, { name: `of many ${at}` }),
    );
    const charges = limits.map((limit) => chargeOf(limit));
    assert.deepEqual(await passedOf(workers, 200, ...charges), { passed: max, byStore: 200 });
  });

  test('over a restart, what Redis kept counts on, and what it lost begins anew', async () => {
    const passedOfAll = async (calls: number, key: string): Promise<Readonly<Record<string, number>>> => {
      const passed: Record<string, number> = {};
      for (const [name, algorithm] of Object.entries(algorithmsOf(max))) {
        passed[name] = (await passedOf(workers, calls, chargeOf(limitOf(algorithm, { name }), { key }))).passed;
      }
      return passed;
    };
    const each = (count: number): Readonly<Record<string, number>> =>
      Object.fromEntries(Object.keys(algorithmsOf(max)).map((name) => [name, count]));
    const look = chargeOf(limitOf({ kind: 'quota', max, period: 'month' }, { name: 'look' }));

    assert.deepEqual(await passedOfAll(60, 'kept'), each(60));
    await shutDown(server, true);
    await untilBack(workers, look);
    assert.deepEqual(await passedOfAll(740, 'kept'), each(40));

    assert.deepEqual(await passedOfAll(60, 'lost'), each(60));
    await shutDown(server, false);
    await untilBack(workers, look);
    const { concurrency, ...others } = await passedOfAll(740, 'lost');
    assert.deepEqual({ ...others, concurrency: 100 }, each(100));
    // Those that are under way take their places again, sooner or later.
    assert.ok(concurrency !== undefined && concurrency >= 40 && concurrency <= 100, `${concurrency}`);
  });

  test('a restart while calls are under way lets nobody through twice', async () => {
    const charge = chargeOf(limitOf({ kind: 'quota', max, period: 'month' }, { name: 'under way' }));
    const [during] = await Promise.all([passedOf(workers, 400, charge), shutDown(server, true)]);
    await untilBack(workers, charge);
    const { passed } = await passedOf(workers, 400, charge);
    assert.ok(during.passed + passed <= max, `${during.passed} + ${passed}`);
  });
});
