import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis as SingleRedis } from 'ioredis';
import { channel, entryKey, lockKey } from '../../src/cache/redis/keys.ts';
import { createSingleFlight } from '../../src/cache/single-flight.ts';
import type { SingleFlight } from '../../src/cache/types.ts';
import type { Redis } from '../../src/redis/connect.ts';
import { startRedis, startRedisCluster } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { entryOf, put, shown, startInstance, timeoutMs, type Instance, type InstanceOptions } from './rig.ts';
import { startSlowProxy, type Piece } from './slow-proxy.ts';

/** Keys that are taken by the look-up, and let go of by the write. */

interface Player extends Instance {
  readonly flight: SingleFlight;
  /** Looks for the key, and makes it where it is not there, as whoever answers requests does. */
  readonly ask: (key: string, work?: () => Promise<unknown>) => Promise<string>;
}

let runs = 0;

async function startPlayer(t: TestContext, options: InstanceOptions): Promise<Player> {
  const { store, redis } = await startInstance(t, options);
  const flight = createSingleFlight({ redis, timeoutMs: options.config?.timeoutMs ?? timeoutMs });
  t.after(() => flight.close());
  const { claims } = flight;
  const ask: Player['ask'] = async (key, work = async () => pause(20)) => {
    if ((await store.get(key, claims)) !== undefined) return 'hit';
    const make = async (): Promise<string> => {
      runs += 1;
      const since = store.stamp();
      await work();
      store.set(key, entryOf('made', { tags: ['Made', `Made:${key}`] }), since, claims);
      return 'made';
    };
    const lookAgain = async (): Promise<string | undefined> => (await store.get(key)) && 'found';
    return flight.run(key, make, { lookAgain, written: () => store.written(key) });
  };
  return { store, redis, flight, ask };
}

function streamOf(redis: Redis): Duplex & { readonly bytesWritten: number } {
  return (redis as SingleRedis).stream;
}

/** How often scripts were called, and the commands that a miss could do without. */
async function callsOf(redis: Redis): Promise<readonly [scripts: number, gets: number]> {
  const stats = await redis.info('commandstats');
  const count = (name: string): number => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  return [count('eval') + count('evalsha'), count('mget')];
}

describe('keys that are taken by the look-up', () => {
  async function startPair(t: TestContext, config: InstanceOptions['config'] = {}) {
    const server = await startRedis();
    t.after(server.close);
    const options = { servers: { url: server.url }, config };
    return { server, a: await startPlayer(t, options), b: await startPlayer(t, options) };
  }

  test('a miss is two commands: a look-up that takes the key, a write that lets go of it', async (t) => {
    const { a } = await startPair(t);
    const before = await callsOf(a.redis);
    assert.equal(await a.ask('two'), 'made');
    await a.store.written('two');
    await a.redis.ping();
    const after = await callsOf(a.redis);
    assert.deepEqual([after[0] - before[0], after[1] - before[1]], [2, 0]);
    assert.equal(await a.redis.get(lockKey('two')), 'done');
  });

  test('one runs, whoever asked at the same time finds what it stored, here and elsewhere', async (t) => {
    const { a, b } = await startPair(t);
    for (let round = 0; round < 10; round += 1) {
      runs = 0;
      const key = `once ${round}`;
      const work = async (): Promise<unknown> => pause(round);
      const results = await Promise.all([a, b, a, b].map(async ({ ask }) => ask(key, work)));
      assert.equal(runs, 1, `round ${round}`);
      assert.equal(results.filter((result) => result === 'made').length, 2);
      assert.equal(await a.redis.get(lockKey(key)), 'done');
    }
  });

  test('a key that was taken for nothing is let go of', async (t) => {
    const { a, b } = await startPair(t);
    assert.equal(await a.store.get('idle', a.flight.claims), undefined);
    await until(async () => (await b.redis.get(lockKey('idle'))) === 'done');
  });

  test('where work runs here, a look-up takes nothing, and does not end its lock', async (t) => {
    const { a, b } = await startPair(t);
    const gate = Promise.withResolvers<void>();
    const made = a.ask('busy', async () => gate.promise);
    await until(async () => (await b.redis.get(lockKey('busy'))) !== null);
    const token = await b.redis.get(lockKey('busy'));
    assert.equal(a.flight.claims?.begin('busy'), undefined);
    assert.equal(await a.store.get('busy', a.flight.claims), undefined);
    await a.redis.ping();
    assert.equal(await b.redis.get(lockKey('busy')), token);
    gate.resolve();
    assert.equal(await made, 'made');
  });

  test('an entry that is no good takes nothing: the key is taken by itself', async (t) => {
    const { a, b } = await startPair(t);
    await put(b, 'bad', entryOf('old', { tags: ['Bad'] }));
    await b.redis.set(entryKey('bad'), 'nonsense');
    runs = 0;
    assert.equal(await a.ask('bad'), 'made');
    assert.equal(runs, 1);
    await until(async () => (await b.redis.get(lockKey('bad'))) === 'done');
  });

  test('a look-up that is given up is no reason to wait again; what it takes late is let go of', async (t) => {
    const server = await startRedis();
    t.after(server.close);
    const gate = Promise.withResolvers<void>();
    const before = ({ to, text }: Piece): Promise<void> | undefined =>
      to === 'server' && text.includes(entryKey('late')) ? gate.promise : undefined;
    const servers = { url: await startSlowProxy(t, { url: server.url, before }) };
    const a = await startPlayer(t, { servers, config: { timeoutMs: 50 } });
    const near = await startInstance(t, { servers: { url: server.url } });
    assert.equal(await a.store.get('late', a.flight.claims), undefined);
    assert.equal(a.store.counts().failures, 1);
    const stream = streamOf(a.redis);
    const sent = stream.bytesWritten;
    const work = async (): Promise<number> => stream.bytesWritten;
    assert.equal(await a.flight.run('late', work, { lookAgain: () => undefined }), sent, 'it asked once');
    gate.resolve();
    await until(async () => (await near.redis.get(lockKey('late'))) === 'done');
  });

  test('where Redis is full, look-ups find what is there, and what is not is a miss', async (t) => {
    const { a, b } = await startPair(t);
    await put(b, 'there', entryOf('x'));
    await a.redis.config('SET', 'maxmemory', '1', 'maxmemory-policy', 'noeviction');
    const { claims } = a.flight;
    for (let at = 0; at < 5; at += 1) assert.equal(await a.store.get(`gone ${at}`, claims), undefined);
    assert.equal(shown(await a.store.get('there', claims)), 'x in redis');
    assert.equal(a.store.counts().failures, 0);
    assert.equal(await a.ask('new'), 'made');
  });

  test('in a Cluster an entry and its lock are of one node: it is the same', async (t) => {
    const cluster = await startRedisCluster(3, { password: 'cluster-password' });
    t.after(cluster.close);
    const servers = { kind: 'cluster', nodes: cluster.nodes.map(({ url }) => url) } as const;
    const [a, b] = [await startPlayer(t, { servers }), await startPlayer(t, { servers })];
    for (let at = 0; at < 20; at += 1) {
      runs = 0;
      const key = `key ${at}`;
      const results = await Promise.all([a.ask(key), b.ask(key)]);
      assert.equal(runs, 1, key);
      assert.deepEqual(results.toSorted(), ['found', 'made']);
      assert.equal(await a.redis.get(lockKey(key)), 'done');
    }
    assert.equal(a.store.counts().failures + b.store.counts().failures, 0);
  });
});

describe('writes that take one step', () => {
  test('what was deleted while Redis had to be sent the script anew is gone', async (t) => {
    const server = await startRedis();
    t.after(server.close);
    const servers = { url: server.url };
    const [a, b] = [await startInstance(t, { servers }), await startInstance(t, { servers })];
    await put(a, 'first', entryOf('x'));
    await b.redis.script('FLUSH');
    a.store.set('flushed', entryOf('x'), a.store.stamp());
    const written = a.store.written('flushed');
    a.store.delete('flushed');
    await written;
    assert.equal(await b.store.get('flushed'), undefined);
    await put(a, 'flushed', entryOf('y'));
    assert.equal(shown(await b.store.get('flushed')), 'y in redis');
  });

  test('what was made invalid elsewhere while it was being written is taken back', async (t) => {
    const server = await startRedis();
    t.after(server.close);
    const gate = Promise.withResolvers<void>();
    let isListening = false;
    const before = ({ to, text }: Piece): Promise<void> | undefined =>
      isListening && to === 'client' && text.startsWith(':1') ? gate.promise : undefined;
    const a = await startInstance(t, { servers: { url: await startSlowProxy(t, { url: server.url, before }) } });
    const near = await startInstance(t, { servers: { url: server.url } });
    isListening = true;
    a.store.set('overtaken', entryOf('old', { tags: ['Overtaken'] }), a.store.stamp());
    const written = a.store.written('overtaken');
    await until(async () => (await near.redis.exists(entryKey('overtaken'))) === 1);
    // By an instance that could but drop the version, before it was made up anew.
    const message = JSON.stringify({ by: 'another', version: 'i0', tags: ['Overtaken'] });
    await near.redis.publish(channel, message);
    await until(() => a.store.own.get('overtaken') === undefined);
    gate.resolve();
    await written;
    assert.equal(await near.store.get('overtaken'), undefined);
  });

  test('commands of one turn leave together at its end', async (t) => {
    const server = await startRedis();
    t.after(server.close);
    const { store, redis } = await startInstance(t, { servers: { url: server.url } });
    const stream = streamOf(redis);
    const found = [store.get('one'), store.get('two')];
    assert.ok(stream.writableLength > 0, 'nothing has left yet');
    await new Promise(setImmediate);
    assert.equal(stream.writableLength, 0);
    for (const each of found) assert.equal(await each, undefined);
  });
});
