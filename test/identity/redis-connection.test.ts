import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeRedis, connectRedis, waitForRedis } from '../../src/redis/connect.ts';
import { refusingUrl } from '../support/fake-upstream.ts';
import { listenToNotices } from '../support/notices.ts';
import { startRedis, startSentinel } from '../support/redis.ts';

const password = 'planted/secret@1';

test('a connection that is lost comes back by itself, and operators are told of both without the password', async (t) => {
  const server = await startRedis({ password });
  t.after(server.close);
  const notices = listenToNotices(t);
  const redis = connectRedis({ kind: 'single', url: server.url });
  t.after(async () => closeRedis(redis));
  await waitForRedis(redis, 5000);
  assert.equal(await redis.set('a', '1'), 'OK');

  await server.stop();
  const down = await notices.seen(/cannot be reached/);
  assert.equal(down.level, 'warn');
  await assert.rejects(redis.get('a'));

  await server.restart();
  assert.equal((await notices.seen(/is back/)).level, 'info');
  assert.equal(await redis.get('a'), null);
  assert.equal(notices.all.length, 2);
  assert.doesNotMatch(JSON.stringify(notices.all), /planted|secret/);
});

test('a command to a server that stands still fails, and works again once it goes on', async (t) => {
  const server = await startRedis();
  t.after(server.close);
  const redis = connectRedis({ kind: 'single', url: server.url });
  t.after(async () => closeRedis(redis));
  await waitForRedis(redis, 5000);
  server.pause();
  await assert.rejects(redis.get('a'), /timed out/);
  server.resume();
  assert.equal(await redis.set('a', '1'), 'OK');
});

test('waiting for a server that is not there ends with the reason, and closing it ends its attempts', async (t) => {
  const notices = listenToNotices(t);
  const { port } = new URL(await refusingUrl());
  const redis = connectRedis({
    kind: 'single',
    url: `redis://user:${encodeURIComponent(password)}@127.0.0.1:${port}/0?family=4`,
  });
  await assert.rejects(waitForRedis(redis, 200), /^Error: Redis cannot be reached: connect ECONNREFUSED/);
  await closeRedis(redis);
  await assert.rejects(redis.get('a'));
  assert.equal(notices.all.length, 1);
  assert.match(notices.all[0]?.message ?? '', /^Redis redis:\/\/\*\*\*@127\.0\.0\.1:\d+\/0 cannot be reached: /);
});

test('a wrong password is told as such, without the password', async (t) => {
  const server = await startRedis({ password });
  t.after(server.close);
  const notices = listenToNotices(t);
  const redis = connectRedis({ kind: 'single', url: server.url.replace(/:[^:@]+@/, ':planted-other@') });
  t.after(async () => closeRedis(redis));
  await notices.seen(/WRONGPASS/);
  assert.doesNotMatch(JSON.stringify(notices.all), /planted/);
});

test('a master that has become a replica is left at once, for a new connection may find the new master', async (t) => {
  const server = await startRedis();
  t.after(server.close);
  const notices = listenToNotices(t);
  const redis = connectRedis({ kind: 'single', url: server.url });
  t.after(async () => closeRedis(redis));
  await waitForRedis(redis, 5000);
  await redis.replicaof('127.0.0.1', 1);
  await assert.rejects(redis.set('a', '1'), /READONLY/);
  await notices.seen(/the connection was lost/);
  await notices.seen(/is back/);
  await redis.replicaof('NO', 'ONE');
  assert.equal(await redis.set('a', '1'), 'OK');
});

test('a failover of Sentinel is followed, and operators are told of the loss and the return', async (t) => {
  const servers = await startSentinel({ password });
  t.after(servers.close);
  const notices = listenToNotices(t);
  const redis = connectRedis({
    ...{ kind: 'sentinel', name: servers.name, sentinels: servers.sentinels, password, db: 2, tls: false },
    ...{ username: undefined, sentinelPassword: undefined },
  });
  t.after(async () => closeRedis(redis));
  await waitForRedis(redis, 5000);
  assert.equal(await redis.set('a', '1'), 'OK');
  assert.match(await redis.info('keyspace'), /^db2:keys=1,/m);
  const run = async (): Promise<string | undefined> => /run_id:(\w+)/.exec(await redis.info('server'))?.[1];
  const before = await run();

  await servers.stopMaster();
  const down = await notices.seen(/cannot be reached/);
  assert.match(down.message, /^Redis master "weft" of the sentinels redis:\/\/127\.0\.0\.1:\d+ cannot be reached: /);
  await assert.rejects(redis.get('a'));
  await notices.seen(/is back/);
  assert.equal(await redis.set('a', '2'), 'OK');
  assert.notEqual(await run(), before);
  assert.doesNotMatch(JSON.stringify(notices.all), /planted|secret/);
});

test('a sentinel that is not there is told with the reason, and the connection can be closed', async (t) => {
  const notices = listenToNotices(t);
  const redis = connectRedis({
    ...{ kind: 'sentinel', name: 'weft', sentinels: ['redis://127.0.0.1:1'], password, db: 0, tls: false },
    ...{ username: undefined, sentinelPassword: undefined },
  });
  await assert.rejects(waitForRedis(redis, 200), /^Error: Redis cannot be reached: All sentinels are unreachable/);
  await closeRedis(redis);
  await assert.rejects(redis.get('a'));
  assert.equal(notices.all.length, 1);
});
