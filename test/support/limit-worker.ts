import { closeRedis, connectRedis, waitForRedis } from '../../src/redis/connect.ts';
import { createRedisLimiter } from '../../src/limits/redis-limiter.ts';
import type { Charge, Decision, Limit } from '../../src/limits/types.ts';

/** A process that charges limits in Redis for a test; see `limit-workers.ts`. */

export interface WorkerStart {
  readonly url: string;
  readonly leaseMs: number;
}

export interface WorkerOrder {
  /** Charges each of them, all at once. */
  readonly charges: readonly (readonly Charge[])[];
}

export interface WorkerAnswer {
  /** How many calls had room for all that they asked, by what decided. */
  readonly passed: number;
  readonly decidedBy: Readonly<Record<'store' | 'local' | 'none', number>>;
}

async function main({ url, leaseMs }: WorkerStart): Promise<void> {
  const redis = connectRedis({ url });
  await waitForRedis(redis, 5000);
  const limiter = createRedisLimiter({ redis, timeoutMs: 450, instances: 4, maxKeys: 1000, leaseMs });
  process.on('message', (order: WorkerOrder) => {
    void Promise.all(order.charges.map(async (charges) => limiter.charge(sameLimits(charges)))).then((decisions) =>
      process.send?.(sum(decisions)),
    );
  });
  process.once('disconnect', () => void limiter.close().then(() => closeRedis(redis)));
  process.send?.('ready');
}

// Sent to another process, each charge comes with a copy of its limit.
const limits = new Map<string, Limit>();

function sameLimits(charges: readonly Charge[]): readonly Charge[] {
  return charges.map((charge) => {
    const text = JSON.stringify(charge.limit);
    const limit = limits.get(text) ?? charge.limit;
    limits.set(text, limit);
    return { ...charge, limit };
  });
}

function sum(decisions: readonly Decision[]): WorkerAnswer {
  const decidedBy = { store: 0, local: 0, none: 0 };
  for (const { outcomes } of decisions) for (const { by } of outcomes.slice(0, 1)) decidedBy[by] += 1;
  return { passed: decisions.filter(({ outcomes }) => outcomes.every(({ hasRoom }) => hasRoom)).length, decidedBy };
}

await main(JSON.parse(process.argv[2] ?? '') as WorkerStart);
