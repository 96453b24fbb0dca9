import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { LimitAlgorithm } from '../../src/config/limit-types.ts';
import { createMemoryLimiter } from '../../src/limits/memory-limiter.ts';
import { defineCommands, type LimitCommands } from '../../src/limits/redis/commands.ts';
import { grantedKeys, readDecision, writeMessage } from '../../src/limits/redis/message.ts';
import { redisClock } from '../../src/limits/redis/script.ts';
import type { Charge, Decision, Limiter } from '../../src/limits/types.ts';
import { closeRedis, connectRedis, type Redis, waitForRedis } from '../../src/redis/connect.ts';
import { limitOf } from '../support/limit-charges.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

// Odd numbers on purpose: sixths and sevenths are no binary fractions.
const algorithms: readonly LimitAlgorithm[] = [
  { kind: 'fixed-window', max: 5, windowMs: 1000 },
  { kind: 'fixed-window', max: 3, windowMs: 7 },
  { kind: 'sliding-window', max: 6, windowMs: 1000 },
  { kind: 'sliding-window', max: 4, windowMs: 333 },
  { kind: 'sliding-window', max: 2, windowMs: 3 },
  { kind: 'token-bucket', max: 6, windowMs: 1000, burst: 4 },
  { kind: 'token-bucket', max: 7, windowMs: 10, burst: 7 },
  { kind: 'token-bucket', max: 3, windowMs: 60_000, burst: 1 },
  { kind: 'leaky-bucket', max: 6, windowMs: 1000, maxWaitMs: 500 },
  { kind: 'leaky-bucket', max: 7, windowMs: 1000, maxWaitMs: 0 },
  { kind: 'leaky-bucket', max: 3, windowMs: 10, maxWaitMs: 9 },
  { kind: 'quota', max: 5, period: 'day' },
  { kind: 'quota', max: 7, period: 'month' },
  { kind: 'concurrency', max: 3 },
];

const limits = algorithms.flatMap((algorithm, at) => [
  limitOf(algorithm, { name: `enforced ${at}` }),
  limitOf(algorithm, { name: `measured ${at}`, mode: 'measure' }),
]);

/** A generator of numbers below `limit`, the same for a seed. */
function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

function randomCharges(random: (limit: number) => number): readonly Charge[] {
  const chosen = new Set(Array.from({ length: 1 + random(4) }, () => random(limits.length)));
  return [...chosen].map((at): Charge => {
    const limit = limits[at] ?? limitOf({ kind: 'concurrency', max: 1 });
    const amount = limit.algorithm.kind === 'concurrency' ? Math.min(1, random(5)) : random(10) === 0 ? 9 : random(4);
    return { limit, key: `key ${random(2)}`, amount, ifOver: random(3) === 0 ? 'skip' : 'refuse' };
  });
}

const steps = [0, 0, 1, 1, 3, 20, 100, 167, 500, 1000, 20_000, 3_600_000, 86_400_000 * 9] as const;

function step(random: (limit: number) => number, now: number): number {
  // Clocks are set back, too.
  if (random(40) === 0) return now - random(2000);
  if (random(60) === 0) return Date.UTC(2024 + random(4), random(12) + 1, 1) - 2 + random(4);
  return now + (steps[random(steps.length)] ?? 0);
}

function withoutRelease({ release, ...decision }: Decision): object {
  return { ...decision, takesPlace: release !== undefined };
}

/** Runs the script as the limiter does, and gives back what it decided. */
async function chargeRedis(commands: LimitCommands, lease: string, charges: readonly Charge[]): Promise<Decision> {
  const message = writeMessage(charges, () => lease);
  const decision = readDecision(charges, await commands.charge(message.keys, message.values));
  const granted = grantedKeys(message, decision);
  const release = (): void => void Promise.all(granted.map(async (key) => commands.release(key, lease)));
  return { ...decision, release: granted.length > 0 ? release : undefined };
}

describe('Redis and memory', () => {
  let server: RedisServer;
  let redis: Redis;
  before(async () => {
    server = await startRedis();
    redis = connectRedis({ url: server.url });
    await waitForRedis(redis, 2000);
  });
  after(async () => {
    await closeRedis(redis);
    await server.close();
  });

  for (const seed of [1, 2, 3]) {
    test(`decide alike, whatever comes (seed ${seed})`, async () => {
      const random = createRandom(seed);
      const clock = "tonumber(redis.call('GET', 'clock'))";
      const commands = defineCommands(redis, { clock, graceMs: 600_000, leaseMs: 1e13 });
      let now = Date.UTC(2024, 0, 31, 23, 59, 59, 990);
      const memory: Limiter = createMemoryLimiter({ now: () => now, maxKeys: 1000 });
      await redis.flushall();
      const underWay: (() => void)[] = [];
      for (let call = 0; call < 700; call += 1) {
        now = step(random, now);
        await redis.set('clock', now);
        const charges = randomCharges(random);
        const [expected, found] = [await memory.charge(charges), await chargeRedis(commands, `lease ${call}`, charges)];
        assert.deepEqual(withoutRelease(found), withoutRelease(expected), `call ${call} at ${now}`);
        underWay.push(() => (expected.release?.(), found.release?.()));
        while (underWay.length > random(4)) underWay.shift()?.();
      }
    });
  }

  test('decide alike by the time of Redis, with state that really expires', async () => {
    const random = createRandom(4);
    const commands = defineCommands(redis, { clock: redisClock, graceMs: 0, leaseMs: 10_000 });
    let now = 0;
    const memory = createMemoryLimiter({ now: () => now, maxKeys: 1000 });
    await redis.flushall();
    for (let call = 0; call < 700; call += 1) {
      const charges = randomCharges(random).filter(({ limit }) => limit.algorithm.kind !== 'concurrency');
      const message = writeMessage(charges, () => '');
      const reply = await commands.charge(message.keys, message.values);
      now = reply[0] ?? 0;
      const expected = withoutRelease(await memory.charge(charges));
      assert.deepEqual({ ...readDecision(charges, reply), takesPlace: false }, expected, `call ${call} at ${now}`);
    }
  });
});
