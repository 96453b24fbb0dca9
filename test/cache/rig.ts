import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { channel } from '../../src/cache/redis/keys.ts';
import { createCacheStore } from '../../src/cache/store.ts';
import type { CacheStore, Entry, Found } from '../../src/cache/types.ts';
import type { RedisServers } from '../../src/config/limit-types.ts';
import { closeRedis, connectRedis, waitForRedis, type Redis } from '../../src/redis/connect.ts';

/** Stores and entries for the tests of this folder. */

// Far above what a command takes, so that a busy machine makes no look-up fail.
export const timeoutMs = 400;
export const config = { maxBytes: 16 * 2 ** 20, maxEntryBytes: 2 ** 20, timeoutMs };

export interface Instance {
  readonly store: CacheStore;
  readonly redis: Redis;
}

export interface InstanceOptions {
  readonly servers: RedisServers | { readonly url: string };
  readonly config?: Partial<typeof config>;
}

/** A store on a connection of its own that hears the others; closed with the test. */
export async function startInstance(t: Pick<TestContext, 'after'>, options: InstanceOptions): Promise<Instance> {
  const redis = connectRedis(options.servers);
  t.after(async () => closeRedis(redis));
  await waitForRedis(redis, 5000);
  const store = createCacheStore({ redis, config: { ...config, ...options.config } });
  t.after(async () => store.close());
  await untilHearing({ store, redis });
  // What it asks of Redis as soon as it hears is answered before this is.
  await redis.exists('weft:cache:probe');
  return { store, redis };
}

/** Until an entry goes when others say so. What Redis has refused to begin with went for another reason. */
export async function untilHearing({ store, redis }: Instance): Promise<void> {
  const key = `probe ${randomUUID()}`;
  const message = JSON.stringify({ by: 'rig', version: 'i', tags: [key] });
  for (;;) {
    store.set(key, entryOf('', { tags: [key] }), store.stamp());
    await store.written(key);
    if (store.counts().entries === 0) continue;
    await redis.publish(channel, message);
    await pause(5);
    if (store.counts().entries === 0) return;
  }
}

export function entryOf(text: string, more: Partial<Entry> = {}): Entry {
  const now = Date.now();
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(text),
    madeAt: now,
    freshUntil: now + 60_000,
    staleUntil: 0,
    staleIfErrorUntil: 0,
    tags: [],
    ...more,
  };
}

/** What was found, as text, with where. */
export function shown(found: Found | undefined): string | undefined {
  return found && `${Buffer.from(found.entry.body).toString()} in ${found.in}`;
}

/** Stores, and waits until it is in Redis. */
export async function put({ store }: Instance, key: string, entry: Entry): Promise<void> {
  store.set(key, entry, store.stamp());
  await store.written(key);
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
