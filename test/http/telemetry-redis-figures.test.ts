import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { send } from '../support/guarded-gateway.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import type { Json } from '../support/start-gateway.ts';
import { startTelemetryGateway } from '../support/telemetry-gateway.ts';
import { readMetrics } from '../support/telemetry-metrics.ts';
import { until } from '../support/until.ts';

/** What a gateway tells of its Redis, as values of each metric: none where it has nothing to tell. */
interface Told {
  readonly isUp: readonly number[];
  readonly failures: readonly number[];
}

interface Watched {
  readonly told: () => Promise<Told>;
  /** The status of an answer that nobody has asked for yet, on a route that keeps its answers. */
  readonly askForNew: () => Promise<number>;
}

async function watch(started: AsyncDisposableStack, gateway: Json): Promise<Watched> {
  const { url, close } = await startTelemetryGateway({ gateway: { telemetry: { metrics: {} }, ...gateway } });
  started.defer(close);
  let asked = 0;
  return {
    askForNew: async () => (await send(`${url}/kept/${(asked += 1)}`)).status,
    told: async () => {
      const metrics = await readMetrics(`${url}/metrics`);
      const values = (name: string, labels: Readonly<Record<string, string>>): readonly number[] => {
        assert.equal(metrics.of(name).length, metrics.of(name, labels).length, `${name} is told of nothing else`);
        return metrics.of(name, labels).map(({ value }) => value);
      };
      return {
        isUp: values('weft_redis_up', { connection: 'shared' }),
        failures: values('weft_cache_failures_total', { store: 'redis' }),
      };
    },
  };
}

interface Started {
  readonly redis: RedisServer;
  /** What is deferred here ends with the test, before Redis does. */
  readonly started: AsyncDisposableStack;
}

async function start(t: TestContext): Promise<Started> {
  const started = new AsyncDisposableStack();
  t.after(() => started.disposeAsync());
  const redis = await startRedis();
  started.defer(redis.close);
  return { redis, started };
}

// A Redis that is busy for a moment is none that fails.
const patient = { timeout: '250ms' };

test('Redis is up while it can be asked, down once it is gone, and up when it is back', async (t) => {
  const { redis, started } = await start(t);
  const { told, askForNew } = await watch(started, { redis: { url: redis.url }, cache: patient });
  assert.deepEqual([await askForNew(), await told()], [200, { isUp: [1], failures: [0] }]);
  await redis.stop();
  await until(async () => (await told()).isUp[0] === 0);
  assert.equal(await askForNew(), 200);
  await redis.restart();
  await until(async () => (await told()).isUp[0] === 1);
});

test('each look-up that Redis does not answer in time is counted as a failure, and answered all the same', async (t) => {
  const { redis, started } = await start(t);
  const { told, askForNew } = await watch(started, { redis: { url: redis.url }, cache: patient });
  assert.deepEqual([await askForNew(), (await told()).failures], [200, [0]]);
  redis.pause();
  started.defer(redis.resume);
  const statuses = await Promise.all([askForNew(), askForNew()]);
  assert.deepEqual(statuses, [200, 200]);
  const [failures = 0] = (await told()).failures;
  assert.ok(failures >= 2, `${failures} failures`);
});

test('of a Redis that keeps no answers only whether it is up is told, and nothing of one that there is not', async (t) => {
  const { redis, started } = await start(t);
  const withoutCache = await watch(started, { redis: { url: redis.url }, cache: {}, routes: [] });
  assert.deepEqual(await withoutCache.told(), { isUp: [1], failures: [] });
  const withoutRedis = await watch(started, {});
  assert.equal(await withoutRedis.askForNew(), 200);
  assert.deepEqual(await withoutRedis.told(), { isUp: [], failures: [] });
});
