import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRedisLimiter } from '../../src/limits/redis-limiter.ts';
import { closeRedis, connectRedis, waitForRedis } from '../../src/redis/connect.ts';
import { algorithmsOf, chargeOf, limitOf, only } from '../support/limit-charges.ts';
import { startRedisCluster } from '../support/redis.ts';
import { times } from '../support/limit-workers.ts';
import { until } from '../support/until.ts';

test('in a Cluster each call is one script, whatever its limits, beside commands for other nodes', async (t) => {
  const cluster = await startRedisCluster(2, { password: 'planted' });
  t.after(() => cluster.close());
  const redis = connectRedis({ kind: 'cluster', nodes: [cluster.nodes[0]?.url ?? ''] });
  t.after(async () => closeRedis(redis));
  await waitForRedis(redis, 5000);
  const limiter = createRedisLimiter({ redis, timeoutMs: 450, instances: 1, maxKeys: 100, leaseMs: 150 });
  t.after(async () => limiter.close());

  const charges = Object.entries(algorithmsOf(100)).map(([name, algorithm]) => chargeOf(limitOf(algorithm, { name })));
  const wide = chargeOf(limitOf({ kind: 'quota', max: 1000, period: 'day' }, { name: 'wide' }));
  const [decisions] = await Promise.all([
    Promise.all(times(200, ...charges, wide).map(async (call) => limiter.charge(call))),
    Promise.all(Array.from({ length: 50 }, async (_, at) => redis.set(`other ${at}`, 'value'))),
  ]);
  assert.equal(decisions.filter(({ refusal }) => refusal === undefined).length, 100);
  assert.deepEqual(new Set(decisions.flatMap(({ outcomes }) => outcomes.map(({ by }) => by))), new Set(['store']));
  assert.equal(only(await limiter.charge([{ ...wide, amount: 0 }])).remaining, 900);

  const place = charges.at(-1);
  assert.ok(place?.limit.algorithm.kind === 'concurrency');
  const left = async (): Promise<number> => only(await limiter.charge([{ ...place, amount: 0 }])).remaining;
  const many = Array.from({ length: 40 }, (_, at) => chargeOf({ ...wide.limit, name: `of many ${at}` }));
  // Renewed meanwhile: nobody lost a place.
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(await left(), 0);
  for (const { release } of decisions) release?.();
  await until(async () => (await left()) === 100);
  assert.ok((await limiter.charge(many)).outcomes.every(({ by, remaining }) => by === 'store' && remaining === 999));
});
