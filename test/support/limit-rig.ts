import type { TestContext } from 'node:test';
import { createRedisLimiter, type RedisLimiterOptions } from '../../src/limits/redis-limiter.ts';
import type { Limiter } from '../../src/limits/types.ts';
import { closeRedis, connectRedis, type Redis, waitForRedis } from '../../src/redis/connect.ts';
import { listenToNotices, type Notices } from './notices.ts';
import { type RedisServer, startRedis } from './redis.ts';

export interface LimitRig {
  readonly server: RedisServer;
  /** Beside the limiter's own, for looking at what Redis holds. */
  readonly redis: Redis;
  readonly limiter: Limiter;
  readonly notices: Notices;
  readonly connect: () => Promise<Redis>;
}

/** A limiter on a Redis of its own; both end with the test. */
export async function startLimitRig(
  t: TestContext,
  options: Partial<Omit<RedisLimiterOptions, 'redis'>> = {},
): Promise<LimitRig> {
  const notices = listenToNotices(t);
  const server = await startRedis();
  const connect = async (): Promise<Redis> => {
    const redis = connectRedis({ url: server.url });
    t.after(() => closeRedis(redis));
    await waitForRedis(redis, 2000);
    return redis;
  };
  const [redis, own] = await Promise.all([connect(), connect()]);
  const limiter = createRedisLimiter({ redis: own, timeoutMs: 450, instances: 4, maxKeys: 1000, ...options });
  t.after(async () => {
    await server.close();
    await limiter.close();
  });
  return { server, redis, limiter, notices, connect };
}
