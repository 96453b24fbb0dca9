import type { Redis } from '../../redis/connect.ts';
import { channel, entryKey, versionKey } from './keys.ts';

/** What the cache asks of Redis. Each command is of one key, or goes to no Cluster. All reject as those of the connection do. */
export interface CacheCommands {
  readonly isReady: () => boolean;
  readonly read: (key: string) => Promise<Buffer | null>;
  readonly write: (key: string, value: Buffer, lifeMs: number) => Promise<unknown>;
  readonly remove: (key: string) => Promise<unknown>;
  /** The versions of tags, in their order; null: there is none, and so no entry that is good. */
  readonly versions: (tags: readonly string[]) => Promise<readonly (string | null)[]>;
  /** The same, where `fresh` becomes the version of those that have none; all live for `lifeMs` at least. */
  readonly ensureVersions: (tags: readonly string[], fresh: string, lifeMs: number) => Promise<readonly string[]>;
  readonly changeVersion: (tag: string, version: string, lifeMs: number) => Promise<unknown>;
  /** No entry with the tag is good until there is a version again. Works where Redis is full. */
  readonly dropVersion: (tag: string) => Promise<unknown>;
  readonly tell: (message: string) => Promise<unknown>;
}

// Anything that is no text under the name of a version is replaced.
const ensureLua = `
local versions = {}
for i, key in ipairs(KEYS) do
  local version = redis.pcall('GET', key)
  if type(version) ~= 'string' then
    version = ARGV[1]
    redis.call('SET', key, version, 'PX', ARGV[2])
  elseif redis.call('PTTL', key) < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', key, ARGV[2])
  end
  versions[i] = version
end
return versions
`;

type Ensure = (...keysAndValues: readonly (string | number)[]) => Promise<unknown>;

/** Defines the script on the connection. It is sent by its hash, and whole where Redis does not know it. */
export function defineCacheCommands(redis: Redis): CacheCommands {
  redis.defineCommand('weftCacheEnsure', { lua: ensureLua });
  redis.defineCommand('weftCacheEnsureOne', { lua: ensureLua, numberOfKeys: 1 });
  const { weftCacheEnsure, weftCacheEnsureOne } = redis as unknown as Readonly<Record<string, Ensure>>;
  const ensure = (weftCacheEnsure as Ensure).bind(redis);
  const ensureOne = (weftCacheEnsureOne as Ensure).bind(redis);
  // MGET of one key: GET fails where the value is no text.
  const all = redis.isCluster
    ? {
        versions: async (keys: readonly string[]) =>
          (await Promise.all(keys.map(async (key) => redis.mget(key)))).flat(),
        ensure: async (keys: readonly string[], fresh: string, lifeMs: number) =>
          (await Promise.all(keys.map(async (key) => ensureOne(key, fresh, lifeMs)))).flat(),
      }
    : {
        versions: async (keys: readonly string[]) => redis.mget(...keys),
        ensure: async (keys: readonly string[], fresh: string, lifeMs: number) =>
          ensure(keys.length, ...keys, fresh, lifeMs),
      };
  return {
    isReady: () => redis.status === 'ready',
    read: async (key) => redis.getBuffer(entryKey(key)),
    write: async (key, value, lifeMs) => redis.set(entryKey(key), value, 'PX', lifeMs),
    remove: async (key) => redis.unlink(entryKey(key)),
    versions: async (tags) => all.versions(tags.map(versionKey)),
    ensureVersions: async (tags, fresh, lifeMs) =>
      (await all.ensure(tags.map(versionKey), fresh, lifeMs)) as readonly string[],
    changeVersion: async (tag, version, lifeMs) => redis.set(versionKey(tag), version, 'PX', lifeMs),
    dropVersion: async (tag) => redis.unlink(versionKey(tag)),
    tell: async (message) => redis.publish(channel, message),
  };
}
