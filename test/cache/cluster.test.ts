import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRedisCluster } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { entryOf, put, shown, startInstance } from './rig.ts';

test('in a Cluster it is the same: shared, made invalid by tag and altogether, heard by all', async (t) => {
  const password = 'cluster-password';
  const cluster = await startRedisCluster(3, { password });
  t.after(cluster.close);
  const nodes = { servers: { kind: 'cluster', nodes: cluster.nodes.map(({ url }) => url) } } as const;
  const [a, b] = [await startInstance(t, nodes), await startInstance(t, nodes)];
  const keys = Array.from({ length: 30 }, (_, at) => `key ${at}`);
  for (const key of keys) await put(a, key, entryOf(key, { tags: ['All', `T:${key}`, '}{'] }));
  for (const key of keys) assert.equal(shown(await b.store.get(key)), `${key} in redis`);
  await a.store.invalidate(['T:key 3', 'T:key 4']);
  await until(() => b.store.counts().entries === 28);
  assert.equal(await b.store.get('key 3'), undefined);
  await b.store.invalidate(['}{']);
  await until(() => a.store.counts().entries === 0);
  for (const key of keys) assert.equal(await a.store.get(key), undefined);
  await put(a, 'key 5', entryOf('again'));
  await b.store.clear();
  await until(() => a.store.counts().entries === 0);
  assert.equal(await a.store.get('key 5'), undefined);
  assert.equal(a.store.counts().failures + b.store.counts().failures, 0);
});
