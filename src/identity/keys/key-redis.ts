import { performance } from 'node:perf_hooks';
import { LRUCache } from 'lru-cache';
import { GatewayError } from '../../errors.ts';
import { TurnoverMap } from '../../lib/turnover-map.ts';
import type { Redis } from '../../redis/connect.ts';
import { readKeyRecord, type KeyRecord } from './key-record.ts';
import type { KeyStore } from './key-store.ts';

/** Keys in Redis: a hash `weft:key:<hash>` each, and `weft:keys`, which leads from ids to hashes. */

export interface KeyRedisOptions {
  readonly redis: Redis;
  /** How long what Redis says of a key is believed, in milliseconds; 0 asks for each request. */
  readonly cacheMs: number;
}

// Each of its own: strangers who try keys must not push known ones out.
const maxKnown = 10_000;
const maxUnknown = 10_000;

const index = 'weft:keys';

function keyOf(hash: string): string {
  return `weft:key:${hash}`;
}

/** A store that asks a Redis; other processes may write to it at any time. */
export function openKeyRedis({ redis, cacheMs }: KeyRedisOptions): KeyStore {
  const cache = new KeyCache(redis, cacheMs);
  return {
    find: (hash) => cache.find(hash),
    add: async (record) => {
      const { hash, ...fields } = record;
      // The id first: a record that no id leads to could not be revoked.
      const isNew = await ask(redis.hsetnx(index, record.id, hash));
      if (isNew === 0)
        throw new GatewayError('CONFIGURATION_INVALID', `Expected a new key, but got one twice: ${record.id}`);
      await ask(redis.hset(keyOf(hash), printFields(fields)));
      cache.forget(hash);
    },
    revoke: async (id, at) => {
      const hash = await ask(redis.hget(index, id));
      if (hash === null || (await ask(redis.exists(keyOf(hash)))) === 0) return undefined;
      await ask(redis.hsetnx(keyOf(hash), 'revokedAt', at));
      cache.forget(hash);
      return readFields(hash, await ask(redis.hgetall(keyOf(hash))));
    },
    list: async () => {
      const hashes = Object.values(await ask(redis.hgetall(index)));
      const records = await Promise.all(
        hashes.map(async (hash) => readFields(hash, await ask(redis.hgetall(keyOf(hash))))),
      );
      return records
        .filter((record) => record !== undefined)
        .toSorted((left, right) => left.createdAt.localeCompare(right.createdAt));
    },
    close: async () => {},
  };
}

interface Known {
  readonly record: KeyRecord;
  /** What Redis gave, to see whether it changed. */
  readonly text: string;
  /** `performance.now()` when it was asked for. */
  readonly askedAt: number;
}

class KeyCache {
  readonly #redis: Redis;
  readonly #cacheMs: number;
  readonly #known = new LRUCache<string, Known>({ max: maxKnown });
  /** By hash, when Redis was asked for a key that there is not. */
  readonly #unknown = new LRUCache<string, number>({ max: maxUnknown });
  readonly #asking = new TurnoverMap<string, Promise<KeyRecord | undefined>>();

  constructor(redis: Redis, cacheMs: number) {
    this.#redis = redis;
    this.#cacheMs = cacheMs;
  }

  find(hash: string): KeyRecord | undefined | Promise<KeyRecord | undefined> {
    const oldest = performance.now() - this.#cacheMs;
    const known = this.#known.get(hash);
    if (known !== undefined && known.askedAt > oldest) return known.record;
    const unknownAt = this.#unknown.get(hash);
    if (unknownAt !== undefined && unknownAt > oldest) return undefined;
    return this.#asking.get(hash) ?? this.#ask(hash);
  }

  forget(hash: string): void {
    this.#known.delete(hash);
    this.#unknown.delete(hash);
  }

  #ask(hash: string): Promise<KeyRecord | undefined> {
    const asking = this.#load(hash).finally(() => this.#asking.delete(hash));
    this.#asking.set(hash, asking);
    return asking;
  }

  async #load(hash: string): Promise<KeyRecord | undefined> {
    const askedAt = performance.now();
    const fields = await ask(this.#redis.hgetall(keyOf(hash)));
    const record = readFields(hash, fields);
    if (record === undefined) {
      this.#known.delete(hash);
      this.#unknown.set(hash, askedAt);
      return undefined;
    }
    const text = JSON.stringify(record);
    const former = this.#known.get(hash);
    const kept = former?.text === text ? former.record : record;
    this.#unknown.delete(hash);
    this.#known.set(hash, { record: kept, text, askedAt });
    return kept;
  }
}

/** @throws {GatewayError} `IDENTITY_UNAVAILABLE` where Redis does not answer. */
async function ask<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new GatewayError('IDENTITY_UNAVAILABLE', `API keys: Redis cannot be asked: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function printFields({ scopes, roles, ...texts }: Omit<KeyRecord, 'hash'>): Record<string, string> {
  const given = Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(given), scopes: JSON.stringify(scopes), roles: JSON.stringify(roles) };
}

/** Undefined where there is no key. A record that cannot be read lets nobody in. */
function readFields(hash: string, fields: Readonly<Record<string, string>>): KeyRecord | undefined {
  if (Object.keys(fields).length === 0) return undefined;
  const { scopes = '[]', roles = '[]', ...texts } = fields;
  try {
    const lists = { scopes: JSON.parse(scopes) as unknown, roles: JSON.parse(roles) as unknown };
    return readKeyRecord({ ...texts, ...lists, hash }, fields['id'] ?? 'a key');
  } catch (cause) {
    throw new GatewayError('IDENTITY_UNAVAILABLE', `API keys: in Redis: ${(cause as Error).message}`, { cause });
  }
}
