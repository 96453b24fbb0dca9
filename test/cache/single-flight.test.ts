import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { entryKey, lockKey } from '../../src/cache/redis/keys.ts';
import { createSingleFlight } from '../../src/cache/single-flight.ts';
import { startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { entryOf, startInstance, timeoutMs, type Instance } from './rig.ts';
import { startSlowProxy, type Piece } from './slow-proxy.ts';

describe('work in one process', () => {
  const flight = createSingleFlight({ redis: undefined, timeoutMs });

  test('1,000 who ask for one key at the same time get the very same result of one run', async () => {
    let runs = 0;
    const work = async (): Promise<object> => {
      runs += 1;
      await pause(5);
      return {};
    };
    const results = await Promise.all(Array.from({ length: 1000 }, async () => flight.run('k', work)));
    assert.equal(runs, 1);
    assert.equal(new Set(results).size, 1);
    assert.notEqual(await flight.run('k', work), results[0], 'done is done: the next runs anew');
  });

  test('a failure is that of all who asked, and is not remembered', async () => {
    const failing = (): Promise<never> => {
      throw new Error('no');
    };
    const results = await Promise.allSettled([flight.run('f', failing), flight.run('f', failing)]);
    assert.deepEqual(
      results.map((result) => result.status === 'rejected' && (result.reason as Error).message),
      ['no', 'no'],
    );
    assert.equal(await flight.run('f', async () => 'good'), 'good');
  });

  test('different keys do not wait for each other', async () => {
    const never = flight.run('slow', async () => pause(50, 'slow'));
    assert.equal(await flight.run('other', async () => 'other'), 'other');
    assert.equal(await never, 'slow');
  });
});

describe('work over instances', () => {
  async function startPair(t: Parameters<typeof startInstance>[0]) {
    const server = await startRedis();
    t.after(server.close);
    const servers = { url: server.url };
    return { server, a: await startInstance(t, { servers }), b: await startInstance(t, { servers }) };
  }

  let runs = 0;

  function asker({ store, redis }: Instance, options: { readonly lockMs?: number; readonly waitMs?: number } = {}) {
    const flight = createSingleFlight({ redis, timeoutMs, ...options });
    return async (key: string, { takes = 30, stores = true } = {}): Promise<string> =>
      flight.run(
        key,
        async () => {
          runs += 1;
          const since = store.stamp();
          await pause(takes);
          if (stores) store.set(key, entryOf('made'), since);
          return 'made';
        },
        {
          lookAgain: async () => ((await store.get(key)) === undefined ? undefined : 'found'),
          written: () => store.written(key),
        },
      );
  }

  test('one runs, the others find what it stored; who asks right after it, too', async (t) => {
    const { a, b } = await startPair(t);
    const [askA, askB] = [asker(a), asker(b)];
    for (let round = 0; round < 10; round += 1) {
      runs = 0;
      const key = `k${round}`;
      const results = await Promise.all([askA(key, { takes: round }), askB(key), askA(key), askB(key)]);
      assert.equal(runs, 1, `round ${round}`);
      assert.deepEqual(results.toSorted(), ['found', 'found', 'made', 'made']);
      // It missed before the other had stored, and asks now.
      await (results[0] === 'made' ? askB : askA)(key);
      assert.equal(runs, 1);
    }
  });

  test('the others look when the result is in Redis, not before', async (t) => {
    const server = await startRedis();
    t.after(server.close);
    const gate = Promise.withResolvers<void>();
    const before = ({ to, text }: Piece): Promise<void> | undefined =>
      to === 'server' && text.includes(entryKey('slow')) ? gate.promise : undefined;
    const a = await startInstance(t, { servers: { url: await startSlowProxy(t, { url: server.url, before }) } });
    const b = await startInstance(t, { servers: { url: server.url } });
    runs = 0;
    assert.equal(await asker(a)('slow', { takes: 0 }), 'made');
    const found = asker(b)('slow', { takes: 0 });
    // Long enough for the other to have looked, where it does not wait.
    await pause(100);
    gate.resolve();
    assert.deepEqual([await found, runs], ['found', 1]);
  });

  test('what cannot be stored is made by each, one after the other', async (t) => {
    const { a, b } = await startPair(t);
    runs = 0;
    const ways = { stores: false };
    assert.deepEqual(await Promise.all([asker(a)('k', ways), asker(b)('k', ways)]), ['made', 'made']);
    assert.equal(runs, 2);
  });

  test('the lock of a dead holder ends by itself', async (t) => {
    const { a, b } = await startPair(t);
    await b.redis.set(lockKey('dead'), 'token of the dead', 'PX', 100);
    runs = 0;
    assert.equal(await asker(a)('dead'), 'made');
    assert.equal(runs, 1);
    await until(async () => (await b.redis.get(lockKey('dead'))) === 'done');
  });

  test('who has waited long enough works for itself, and leaves the other its lock', async (t) => {
    const { a, b } = await startPair(t);
    await b.redis.set(lockKey('long'), 'token of another', 'PX', 60_000);
    assert.equal(await asker(a, { waitMs: 50 })('long'), 'made');
    assert.equal(await b.redis.get(lockKey('long')), 'token of another');
  });

  test('a holder whose lock has ended does not release that of the next', async (t) => {
    const { a, b } = await startPair(t);
    const slow = asker(a, { lockMs: 20 })('over', { takes: 60, stores: false });
    await pause(40);
    await b.redis.set(lockKey('over'), 'token of the next');
    await slow;
    await a.redis.ping();
    assert.equal(await b.redis.get(lockKey('over')), 'token of the next');
  });

  test('without Redis each works for itself, at once', async (t) => {
    const { server, a } = await startPair(t);
    await server.stop();
    runs = 0;
    assert.deepEqual(await Promise.all([asker(a)('k'), asker(a)('k')]), ['made', 'made']);
    assert.equal(runs, 2);
  });

  test('a look that fails is none: the work runs', async (t) => {
    const { a, b } = await startPair(t);
    await b.redis.set(lockKey('broken'), 'done');
    const flight = createSingleFlight({ redis: a.redis, timeoutMs });
    const lookAgain = (): never => {
      throw new Error('broken');
    };
    assert.equal(await flight.run('broken', async () => 'made', { lookAgain }), 'made');
  });
});
