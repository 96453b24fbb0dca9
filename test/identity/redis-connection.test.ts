import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeRedis, connectRedis, waitForRedis } from '../../src/redis/connect.ts';
import { refusingUrl } from '../support/fake-upstream.ts';
import { listenToNotices } from '../support/notices.ts';
import { startRedis } from '../support/redis.ts';

const password = 'planted/secret@1';

test('a connection that is lost comes back by itself, and operators are told of both without the password', async (t) => {
  const server = await startRedis({ password });
  t.after(server.close);
  const notices = listenToNotices(t);
  const redis = connectRedis({ url: server.url });
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
  const redis = connectRedis({ url: server.url });
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
  const redis = connectRedis({ url: `redis://user:${encodeURIComponent(password)}@127.0.0.1:${port}/0?family=4` });
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
  const redis = connectRedis({ url: server.url.replace(/:[^:@]+@/, ':planted-other@') });
  t.after(async () => closeRedis(redis));
  await notices.seen(/WRONGPASS/);
  assert.doesNotMatch(JSON.stringify(notices.all), /planted/);
});
