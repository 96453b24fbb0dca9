import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { closeRedis, connectRedis, waitForRedis, type Redis } from '../../src/redis/connect.ts';
import { listenToNotices } from '../support/notices.ts';
import { startRedisCluster, type RedisCluster } from '../support/redis.ts';
import { until } from '../support/until.ts';

const password = 'planted/secret@1';

// Slots: CRC16 of what stands between braces. `a`: 15495, `b`: 3300, `c`: 7365: one on each of three nodes.
const keys = ['a', 'b', 'c'];

let cluster: RedisCluster;
/** A Cluster of one node. */
let single: RedisCluster;

before(async () => {
  [cluster, single] = await Promise.all([startRedisCluster(3, { password }), startRedisCluster(1, { password })]);
});
after(async () => Promise.all([cluster.close(), single.close()]));

test('commands of a Cluster go to the node of their slot, at once after the start', async (t) => {
  const notices = listenToNotices(t);
  const redis = await open(t, cluster);
  await Promise.all(keys.map(async (key) => redis.set(key, `is ${key}`)));
  assert.deepEqual(await Promise.all(keys.map(async (key) => redis.get(key))), ['is a', 'is b', 'is c']);
  const sizes = await Promise.all(cluster.nodes.map(async ({ ask }) => ask(async (node) => node.dbsize())));
  assert.deepEqual(sizes, [1, 1, 1]);
  assert.equal(
    await redis.eval('return redis.call("INCR", KEYS[1]) + redis.call("INCR", KEYS[2])', 2, '{a}1', '{a}2'),
    2,
  );
  await assert.rejects(redis.mget('a', 'b'), /CROSSSLOT/);
  assert.deepEqual(notices.all, []);
});

test('a slot that moved to another node is followed', async (t) => {
  const redis = await open(t, cluster);
  // Opens the connection to the node that has the slot.
  await redis.del('b');
  await cluster.moveSlot(3300, 1);
  assert.equal(await redis.set('b', '1'), 'OK');
  assert.equal(await redis.incr('b'), 2);
  assert.equal(await cluster.nodes[1]?.ask(async (node) => node.get('b')), '2');
});

test('a node that is lost fails its own commands only, and operators are told of it and of its return, once each', async (t) => {
  const redis = await open(t, cluster);
  const notices = listenToNotices(t);
  await Promise.all(keys.map(async (key) => redis.set(key, '1')));
  const lost = cluster.nodes[2];
  // Of its slots: `a`.
  const place = new RegExp(`^Redis node 127.0.0.1:${new URL(lost?.url ?? '').port} `);
  lost?.pause();
  // What was under way may have been done: it fails, and is not sent again.
  const underWay = assert.rejects(redis.incr('a'), /^Error: Connection is closed\.$/);
  await lost?.stop();
  await underWay;

  await until(async () => !(await isAnswered(redis.get('a'))));
  await notices.seen(place);
  assert.equal(await isAnswered(redis.get('a')), false);
  assert.equal(await redis.get('b'), '1');
  assert.equal(await redis.get('c'), '1');

  await lost?.restart();
  // Nobody sees a return that no command goes to.
  const asks = setInterval(() => void isAnswered(redis.get('a')), 10);
  t.after(() => clearInterval(asks));
  await notices.seen(/is back/);
  assert.deepEqual(
    notices.all.map(({ level, message }) => [
      level,
      place.test(message),
      /cannot be reached|is back/.exec(message)?.[0],
    ]),
    [
      ['warn', true, 'cannot be reached'],
      ['info', true, 'is back'],
    ],
  );
  assert.doesNotMatch(JSON.stringify(notices.all), /planted|secret/);
});

test('a Cluster that is lost as a whole fails commands at once, is found again, and can be closed meanwhile', async (t) => {
  const redis = await open(t, single);
  const notices = listenToNotices(t);
  const [node] = single.nodes;
  await node?.stop();
  const down = await notices.seen(/^Redis cluster of .* cannot be reached/);
  assert.equal(down.level, 'warn');
  await assert.rejects(redis.get('a'));
  const other = connectRedis({ kind: 'cluster', nodes: [node?.url ?? ''] });
  t.after(async () => closeRedis(other));
  await assert.rejects(waitForRedis(other, 100), /^Error: Redis cannot be reached: Connection is closed\.$/);
  await closeRedis(other);
  await assert.rejects(other.get('a'));

  await node?.restart();
  await notices.seen(/^Redis cluster of .* is back/);
  await until(async () => isAnswered(redis.set('a', '1')));
  assert.doesNotMatch(JSON.stringify(notices.all), /planted|secret/);
});

test('a wrong password of a Cluster is told as such, without the password', async (t) => {
  const url = cluster.nodes[0]?.url ?? '';
  const notices = listenToNotices(t);
  const redis = connectRedis({ kind: 'cluster', nodes: [url.replace(/:[^:@]+@/, ':planted-other@')] });
  t.after(async () => closeRedis(redis));
  await assert.rejects(waitForRedis(redis, 200), /WRONGPASS/);
  await notices.seen(/WRONGPASS/);
  assert.doesNotMatch(JSON.stringify(notices.all), /planted/);
});

async function open(t: TestContext, { nodes }: RedisCluster): Promise<Redis> {
  const redis = connectRedis({ kind: 'cluster', nodes: [nodes[0]?.url ?? ''] });
  t.after(async () => closeRedis(redis));
  await waitForRedis(redis, 5000);
  return redis;
}

async function isAnswered(command: Promise<unknown>): Promise<boolean> {
  return command.then(
    () => true,
    () => false,
  );
}
