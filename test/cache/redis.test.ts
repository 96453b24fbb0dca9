import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { entryKey, versionKey } from '../../src/cache/redis/keys.ts';
import { entryOf, put, shown, startInstance } from './rig.ts';

const server = await startRedis();
const servers = { url: server.url };

describe('the store in front of Redis', () => {
  after(server.close);

  test('what one instance stores, another finds in Redis, and then in memory at once', async (t) => {
    const [a, b] = [await startInstance(t, { servers }), await startInstance(t, { servers })];
    const entry = entryOf('x', { tags: ['Shared'], headers: { vary: ['a', 'b'] }, status: 404 });
    await put(a, 'share', entry);
    const found = await b.store.get('share');
    assert.deepEqual(found, { entry: { ...entry, body: new Uint8Array(entry.body) }, in: 'redis' });
    assert.equal(shown(b.store.get('share') as never), 'x in memory');
  });

  test('asked for many times at once, a key is read from Redis once', async (t) => {
    const [a, b] = [await startInstance(t, { servers }), await startInstance(t, { servers })];
    await put(a, 'crowd', entryOf('x'));
    const reads = async (): Promise<number> => {
      const stats = await a.redis.info('commandstats');
      return Number(/cmdstat_get:calls=(\d+)/.exec(stats)?.[1] ?? 0);
    };
    const before = await reads();
    const all = await Promise.all(Array.from({ length: 100 }, async () => b.store.get('crowd')));
    assert.equal(new Set(all).size, 1);
    assert.equal((await reads()) - before, 1);
    assert.equal(b.store.counts().hits, 100);
  });

  test('an entry lives in Redis as long as it is of use, its versions as long as any entry that needs them', async (t) => {
    const a = await startInstance(t, { servers });
    const now = Date.now();
    const short = entryOf('x', { tags: ['Life'], freshUntil: now + 1000, staleIfErrorUntil: now + 900_000 });
    await put(a, 'life 1', entryOf('x', { tags: ['Life'], freshUntil: now + 5000 }));
    await put(a, 'life', short);
    await put(a, 'life 2', entryOf('x', { tags: ['Life'], freshUntil: now + 5000 }));
    for (const key of [entryKey('life'), versionKey('Life')]) {
      const left = await a.redis.pttl(key);
      assert.ok(left > 890_000 && left <= 900_000, `${key}: ${left}`);
    }
    await put(a, 'life 3', entryOf('x', { freshUntil: now - 1 }));
    assert.equal(await a.redis.exists(entryKey('life 3')), 0);
  });

  test('nothing in Redis stays for ever, whatever was stored and made invalid', async (t) => {
    const own = await startRedis();
    t.after(own.close);
    const a = await startInstance(t, { servers: { url: own.url } });
    for (let at = 0; at < 50; at += 1) await put(a, `k${at}`, entryOf('x', { tags: [`T:${at}`, 'T'] }));
    await a.store.invalidate(['T', 'T:1', 'Other']);
    await a.store.clear();
    const names = await a.redis.keys('*');
    assert.ok(names.length > 100);
    for (const name of names) assert.ok((await a.redis.pttl(name)) > 0, name);
  });

  test('an invalidation reaches Redis and the memory of others; what is stored after it is good', async (t) => {
    const [a, b] = [await startInstance(t, { servers }), await startInstance(t, { servers })];
    await put(a, 'inv', entryOf('old', { tags: ['Inv', 'Inv:1'] }));
    await put(a, 'inv 2', entryOf('other', { tags: ['Inv', 'Inv:2'] }));
    assert.equal(shown(await b.store.get('inv')), 'old in redis');
    await a.store.invalidate(['Inv:1']);
    assert.equal(await a.store.get('inv'), undefined);
    await until(async () => (await b.store.get('inv')) === undefined);
    assert.equal(shown(await b.store.get('inv 2')), 'other in redis');
    await put(b, 'inv', entryOf('new', { tags: ['Inv', 'Inv:1'] }));
    assert.equal(shown(await a.store.get('inv')), 'new in redis');
    await b.store.clear();
    assert.equal(await b.store.get('inv 2'), undefined);
    await until(async () => (await a.store.get('inv')) === undefined);
  });

  test('a write is read at once by the instance that made it, before Redis has heard of it', async (t) => {
    const [a, b] = [await startInstance(t, { servers }), await startInstance(t, { servers })];
    await put(b, 'own', entryOf('old', { tags: ['Own'] }));
    const asked = a.store.get('own');
    const done = a.store.invalidate(['Own']);
    const askedAfter = a.store.get('own');
    assert.deepEqual([await asked, await askedAfter], [undefined, undefined]);
    await done;
    assert.equal(await a.store.get('own'), undefined);
  });

  test('work that began before an invalidation elsewhere is not stored, though nothing was heard of it yet', async (t) => {
    const a = await startInstance(t, { servers });
    const deaf = await startInstance(t, { servers });
    await deaf.store.close();
    const since = deaf.store.stamp();
    await a.store.invalidate(['Late']);
    deaf.store.set('late', entryOf('old', { tags: ['Late'] }), since);
    await deaf.store.written('late');
    assert.equal(deaf.store.counts().entries, 0, 'it learned of it from Redis');
    assert.equal(await a.store.get('late'), undefined);
    await put(deaf, 'late', entryOf('new', { tags: ['Late'] }));
    assert.equal(shown(await a.store.get('late')), 'new in redis');
  });

  test('where a version is gone, its entries are bad', async (t) => {
    const [a, b] = [await startInstance(t, { servers }), await startInstance(t, { servers })];
    await put(a, 'evicted', entryOf('x', { tags: ['Evicted'] }));
    await a.redis.unlink(versionKey('Evicted'));
    assert.equal(await b.store.get('evicted'), undefined);
  });

  test('of two entries the newer is served: a stale one in memory gives way to a fresh one in Redis', async (t) => {
    const [a, b] = [await startInstance(t, { servers }), await startInstance(t, { servers })];
    const now = Date.now();
    const stale = entryOf('stale', { madeAt: now - 1000, freshUntil: now - 1, staleUntil: now + 60_000 });
    await put(b, 'newer', stale);
    assert.equal(shown(await b.store.get('newer')), 'stale in memory');
    await put(a, 'newer', entryOf('fresh'));
    assert.equal(shown(await b.store.get('newer')), 'fresh in redis');
    assert.equal(shown(b.store.get('newer') as never), 'fresh in memory');
  });

  test('what was deleted is gone here and in Redis, though it was being written', async (t) => {
    const [a, b] = [await startInstance(t, { servers }), await startInstance(t, { servers })];
    await put(a, 'del', entryOf('x'));
    a.store.delete('del');
    assert.equal(await a.store.get('del'), undefined);
    a.store.set('del', entryOf('y'), a.store.stamp());
    const written = a.store.written('del');
    a.store.delete('del');
    await written;
    assert.equal(await b.store.get('del'), undefined);
  });

  test('who sets a key twice in a row has the second in Redis', async (t) => {
    const [a, b] = [await startInstance(t, { servers }), await startInstance(t, { servers })];
    a.store.set('twice', entryOf('1', { tags: ['A', 'B', 'C'] }), a.store.stamp());
    await put(a, 'twice', entryOf('2'));
    await a.redis.ping();
    assert.equal(shown(await b.store.get('twice')), '2 in redis');
  });

  test('values that are no entries are misses, and are gone then', async (t) => {
    const a = await startInstance(t, { servers });
    const place = entryKey('garbage');
    const garbage = [
      () => a.redis.set(place, 'nonsense'),
      () => a.redis.set(place, Buffer.from([0x57, 1, 255, 255, 255, 255, 0])),
      () => a.redis.set(place, ''),
      () => a.redis.lpush(place, 'a list'),
      () => a.redis.hset(place, 'a', 'hash'),
    ];
    for (const [at, write] of garbage.entries()) {
      await write();
      assert.equal(await a.store.get('garbage'), undefined);
      assert.equal(a.store.counts().failures, at + 1);
      await until(async () => (await a.redis.exists(place)) === 0);
    }
  });

  test('nonsense in place of a version makes entries bad, and is replaced by the next that is stored', async (t) => {
    const [a, b] = [await startInstance(t, { servers }), await startInstance(t, { servers })];
    await put(a, 'version', entryOf('x', { tags: ['Version'] }));
    await a.redis.del(versionKey('Version'));
    await a.redis.lpush(versionKey('Version'), 'a list');
    assert.equal(await b.store.get('version'), undefined);
    await put(a, 'version', entryOf('y', { tags: ['Version'] }));
    assert.equal(shown(await b.store.get('version')), 'y in redis');
  });

  test('nonsense on the channel changes nothing', async (t) => {
    const a = await startInstance(t, { servers });
    await put(a, 'channel', entryOf('x', { tags: ['Channel'] }));
    await a.redis.publish('weft:cache:invalidated', 'nonsense');
    await a.redis.publish('weft:cache:invalidated', '{"by":"x","version":"y","tags":["Channel:2"]}');
    await pause(20);
    assert.equal(shown(a.store.get('channel') as never), 'x in memory');
  });

  test('an instance whose subscription was lost empties its memory when it hears again', async (t) => {
    const [a, b] = [await startInstance(t, { servers }), await startInstance(t, { servers })];
    await put(a, 'lost', entryOf('x', { tags: ['Lost'] }));
    assert.equal(shown(await b.store.get('lost')), 'x in redis');
    const before = b.store.stamp();
    await a.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until(() => b.store.counts().entries === 0);
    b.store.set('lost 2', entryOf('begun before', { tags: ['Lost'] }), before);
    assert.equal(b.store.counts().entries, 0);
  });

  test('10,000 hot keys are shared, found and made invalid together', async (t) => {
    const [a, b] = [await startInstance(t, { servers }), await startInstance(t, { servers })];
    // In waves, so that a busy machine lets no command wait for too long.
    for (let wave = 0; wave < 10; wave += 1) {
      const keys = Array.from({ length: 1000 }, (_, at) => `hot ${wave} ${at}`);
      const since = a.store.stamp();
      for (const key of keys) a.store.set(key, entryOf(key, { tags: ['Hot'] }), since);
      await Promise.all(keys.map(async (key) => a.store.written(key)));
      const found = await Promise.all(keys.map(async (key) => b.store.get(key)));
      assert.equal(found.filter((one) => one !== undefined).length, keys.length);
    }
    assert.equal(b.store.counts().entries, 10_000);
    const started = performance.now();
    await a.store.invalidate(['Hot']);
    assert.equal(a.store.counts().entries, 0);
    await until(() => b.store.counts().entries === 0);
    t.diagnostic(`10,000 keys made invalid on both in ${(performance.now() - started).toFixed(1)} ms`);
    assert.equal(await b.store.get('hot 1 1'), undefined);
  });
});
