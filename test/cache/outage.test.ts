import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { createCacheStore } from '../../src/cache/store.ts';
import { createSingleFlight } from '../../src/cache/single-flight.ts';
import type { CacheStore } from '../../src/cache/types.ts';
import { closeRedis, connectRedis } from '../../src/redis/connect.ts';
import { listenToNotices } from '../support/notices.ts';
import { startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { config, entryOf, put, shown, startInstance } from './rig.ts';

const isDown = /^Cached answers are not shared through Redis/;
const isBack = /^Cached answers are shared through Redis again$/;

async function startPair(t: TestContext, timeoutMs = config.timeoutMs) {
  const notices = listenToNotices(t);
  const server = await startRedis();
  t.after(server.close);
  const options = { servers: { url: server.url }, config: { timeoutMs } };
  const [a, b] = [await startInstance(t, options), await startInstance(t, options)];
  return { notices, server, a, b };
}

/** Until nobody is asked any more: an unknown key is a miss at once. */
async function untilDown(store: CacheStore): Promise<void> {
  await until(async () => {
    const found = store.get('unknown');
    await found;
    return found === undefined;
  });
}

function told(notices: ReturnType<typeof listenToNotices>, text: RegExp): number {
  return notices.all.filter(({ message }) => text.test(message)).length;
}

test('Redis is killed: memory goes on at once, told once; it is used again when it is back', async (t) => {
  const { notices, server, a, b } = await startPair(t);
  await put(a, 'kept', entryOf('x'));
  await server.stop();
  await Promise.all([untilDown(a.store), untilDown(b.store)]);
  assert.equal(shown(a.store.get('kept') as never), 'x in memory');
  a.store.set('new', entryOf('y'), a.store.stamp());
  a.store.delete('kept');
  await a.store.invalidate(['Some']);
  assert.equal(shown(a.store.get('new') as never), 'y in memory');
  await server.restart();
  await until(() => told(notices, isBack) === 2);
  assert.equal(told(notices, isDown), 2, 'once by each of the two');
  await until(async () => {
    await put(a, 'again', entryOf('z'));
    return shown(await b.store.get('again')) === 'z in redis';
  });
});

test('Redis stands still: a look-up is a miss after its time, soon at once; and it is used again', async (t) => {
  const { notices, server, a } = await startPair(t, 25);
  server.pause();
  const flight = createSingleFlight({ redis: a.redis, timeoutMs: 25 });
  t.after(() => flight.close());
  assert.equal(await a.store.get('unknown'), undefined);
  assert.equal(a.store.counts().failures, 1);
  const shared = { lookAgain: () => undefined };
  assert.equal(await flight.run('k', async () => 'own', shared), 'own');
  await untilDown(a.store);
  assert.ok(a.store.counts().failures >= 3);
  server.resume();
  await notices.seen(isBack);
  assert.equal(told(notices, isDown), 1);
});

test('a connection that hears nothing of others any more is replaced by a new one, and closed', async (t) => {
  const { server, a } = await startPair(t, 25);
  const hearing = async (): Promise<readonly string[]> => {
    const list = String(await a.redis.call('CLIENT', 'LIST', 'TYPE', 'pubsub'));
    return [...list.matchAll(/^id=(\d+)/gm)].map(([, id]) => id ?? '');
  };
  await until(async () => (await hearing()).length === 2);
  const before = await hearing();
  server.pause();
  await setTimeout(2500);
  server.resume();
  await until(async () => {
    const now = await hearing().catch(() => []);
    return now.length === 2 && !now.some((id) => before.includes(id));
  });
});

test('what was made invalid while Redis was away is invalid when it is back, for others too', async (t) => {
  const { server, a, b } = await startPair(t, 25);
  await put(a, 'owed', entryOf('old', { tags: ['Owed'] }));
  assert.equal(shown(await b.store.get('owed')), 'old in redis');
  server.pause();
  await untilDown(a.store);
  await a.store.invalidate(['Owed']);
  server.resume();
  await until(() => b.store.counts().entries === 0);
  assert.equal(await a.store.get('owed'), undefined);
  assert.equal(await b.store.get('owed'), undefined);
});

test('an invalidation that Redis did not confirm is repeated before Redis is believed again', async (t) => {
  const { server, a, b } = await startPair(t, 25);
  await put(a, 'unsure', entryOf('old', { tags: ['Unsure'] }));
  server.pause();
  const done = a.store.invalidate(['Unsure']);
  assert.equal(await a.store.get('unsure'), undefined);
  await done;
  assert.equal(a.store.get('unsure'), undefined, 'nobody is asked: it is known that Redis is behind');
  server.resume();
  await until(() => a.store.get('unsure') instanceof Promise);
  assert.equal(await a.store.get('unsure'), undefined);
  assert.equal(await b.store.get('unsure'), undefined);
});

test('Redis is full: what is there is found, what is new stays in memory, invalidations hold; told once', async (t) => {
  const { notices, a, b } = await startPair(t);
  await put(a, 'there', entryOf('old', { tags: ['Full'] }));
  await put(a, 'there 2', entryOf('other'));
  await a.redis.config('SET', 'maxmemory', '1', 'maxmemory-policy', 'noeviction');
  for (let at = 0; at < 5; at += 1) await put(a, `new ${at}`, entryOf('new'));
  assert.equal(shown(a.store.get('new 1') as never), 'new in memory');
  assert.equal(shown(await b.store.get('there')), 'old in redis');
  await a.store.invalidate(['Full']);
  await until(() => b.store.counts().entries === 0);
  assert.equal(await b.store.get('there'), undefined);
  assert.equal(shown(await b.store.get('there 2')), 'other in redis');
  assert.equal(told(notices, isDown), 0);
  assert.equal(told(notices, /^Redis is full/), 1);
  await a.redis.config('SET', 'maxmemory', '0');
  await until(async () => {
    await put(a, 'room', entryOf('again'));
    return shown(await b.store.get('room')) === 'again in redis';
  });
  assert.equal(told(notices, /^Redis has room again/), 1);
});

test('a server that answers garbage is as one that is not there, and ends nothing', async (t) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).on('data', () => void socket.write(randomBytes(200))));
    socket.write('+OK\r\n$5\r\nnonsense\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const redis = connectRedis({ url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}` });
  t.after(async () => closeRedis(redis));
  const store = createCacheStore({ redis, config: { ...config, timeoutMs: 25 } });
  t.after(async () => store.close());
  for (let round = 0; round < 20; round += 1) {
    store.set('k', entryOf('x', { tags: ['T'] }), store.stamp());
    assert.equal(await store.get('unknown'), undefined);
    await store.written('k');
    assert.equal(store.counts().entries, 1);
    await store.invalidate(['T']);
    assert.equal(store.counts().entries, 0);
    await new Promise(setImmediate);
  }
});
