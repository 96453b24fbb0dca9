import type { Redis } from '../../redis/connect.ts';
import { gatherWrites } from '../../redis/one-write.ts';
import type { Claim, ClaimState } from '../types.ts';
import { writeVersions } from './entry-codec.ts';
import { channel, entryKey, lockKey, versionKey } from './keys.ts';
import { doneMs } from './lock.ts';

/** What the cache asks of Redis. Each command is of one slot, or goes to no Cluster. All reject as those of the connection do. */
export interface CacheCommands {
  readonly isReady: () => boolean;
  readonly read: (key: string) => Promise<Buffer | null>;
  /** The value; where there is none, the key is taken for the claim, unless another holds it: what came of that. */
  readonly readOrTake: (key: string, claim: Claim) => Promise<Buffer | ClaimState>;
  /** The value with the versions after it. Lets go of the key where the claim holds it. */
  readonly write: (place: Place, value: string | Buffer, versions: readonly string[]) => Promise<unknown>;
  /** `ensureVersions` and `write` in one step, which no other comes between; undefined in a Cluster. */
  readonly keep: ((place: Place, value: string | Buffer, keeping: Keeping) => Promise<Kept>) | undefined;
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

/** Where an entry is kept. */
export interface Place {
  readonly key: string;
  readonly lifeMs: number;
  /** Held by this instance, maybe. */
  readonly claim: Claim | undefined;
}

/** With which versions an entry may be kept. */
export interface Keeping {
  readonly tags: readonly string[];
  /** Of the tags, in their order, those that come of invalidations and are accepted; undefined: none. */
  readonly known: readonly (string | undefined)[] | undefined;
  /** For tags that have none. */
  readonly fresh: string;
}

/** Undefined: it is kept. Else it is not, and these are the versions: one comes of an invalidation, and is not accepted. */
export type Kept = readonly string[] | undefined;

// Anything that is no text under the name of a version is replaced.
const ensureOneLua = `
local function ensure(key, fresh, life)
  local version = redis.pcall('GET', key)
  if type(version) ~= 'string' then
    redis.call('SET', key, fresh, 'PX', life)
    return fresh
  end
  if redis.call('PTTL', key) < tonumber(life) then redis.call('PEXPIRE', key, life) end
  return version
end
`;

const ensureLua = `${ensureOneLua}
local versions = {}
for i, key in ipairs(KEYS) do versions[i] = ensure(key, ARGV[1], ARGV[2]) end
return versions
`;

// The entry and its lock are of one slot, here and below. Redis that is full must not make a look-up fail.
const readOrTakeLua = `
local value = redis.pcall('GET', KEYS[1])
if value then return value end
local holder = redis.pcall('GET', KEYS[2])
if type(holder) == 'string' and holder ~= 'done' then return 0 end
local taken = redis.pcall('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
if not taken.err then return 1 end
if string.find(taken.err, 'OOM', 1, true) then return 2 end
return taken
`;

const states: readonly ClaimState[] = ['held', 'taken', 'unknown'];

const writeOneLua = `
local function write(value, life, token)
  redis.call('SET', KEYS[1], value, 'PX', life)
  if token ~= '' and redis.pcall('GET', KEYS[2]) == token then redis.call('SET', KEYS[2], 'done', 'PX', ${doneMs}) end
end
`;

const writeLua = `${writeOneLua}
write(ARGV[3], ARGV[1], ARGV[2])
return 1
`;

// Versions that are only made up begin with an n. The accepted ones come as JSON, as most often there are none.
const keepLua = `${ensureOneLua}${writeOneLua}
local known = ARGV[4] == '' and {} or cjson.decode(ARGV[4])
local versions = {}
local mayKeep = true
for i = 3, #KEYS do
  local version = ensure(KEYS[i], ARGV[3], ARGV[1])
  versions[i - 2] = version
  if string.sub(version, 1, 1) ~= 'n' and version ~= known[i - 2] then mayKeep = false end
end
if not mayKeep then return versions end
write(ARGV[5] .. table.concat(versions, ','), ARGV[1], ARGV[2])
return 1
`;

type Run = (...keysAndValues: readonly (string | number | Buffer)[]) => Promise<unknown>;
type Scripts = Readonly<Record<'ensure' | 'ensureOne' | 'readOrTake' | 'write' | 'keep', Run>>;

/** Defines the scripts on the connection. They are sent by their hashes, and whole where Redis does not know them. */
export function defineCacheCommands(redis: Redis): CacheCommands {
  const scripts = defineScripts(redis);
  const gather = gatherWrites(redis);
  const tagged = redis.isCluster ? oneByOne(redis, scripts) : atOnce(redis, scripts);
  return {
    isReady: () => redis.status === 'ready',
    read: async (key) => {
      gather();
      return redis.getBuffer(entryKey(key));
    },
    readOrTake: async (key, { token, holdMs }) => {
      gather();
      const said = await scripts.readOrTake(entryKey(key), lockKey(key), token, holdMs);
      return typeof said === 'number' ? (states[said] ?? 'unknown') : (said as Buffer);
    },
    write: async ({ key, lifeMs, claim }, value, versions) => {
      gather();
      const whole = withVersions(value, writeVersions(versions));
      return scripts.write(entryKey(key), lockKey(key), lifeMs, claim?.token ?? '', whole);
    },
    keep: redis.isCluster
      ? undefined
      : async (...given) => {
          gather();
          return keep(scripts, ...given);
        },
    remove: async (key) => {
      gather();
      return redis.unlink(entryKey(key));
    },
    versions: async (tags) => {
      gather();
      return tagged.versions(tags.map(versionKey));
    },
    ensureVersions: async (tags, fresh, lifeMs) => {
      gather();
      return (await tagged.ensure(tags.map(versionKey), fresh, lifeMs)) as readonly string[];
    },
    changeVersion: async (tag, version, lifeMs) => {
      gather();
      return redis.set(versionKey(tag), version, 'PX', lifeMs);
    },
    dropVersion: async (tag) => redis.unlink(versionKey(tag)),
    tell: async (message) => redis.publish(channel, message),
  };
}

function defineScripts(redis: Redis): Scripts {
  redis.defineCommand('weftCacheEnsure', { lua: ensureLua });
  redis.defineCommand('weftCacheEnsureOne', { lua: ensureLua, numberOfKeys: 1 });
  redis.defineCommand('weftCacheReadOrTake', { lua: readOrTakeLua, numberOfKeys: 2 });
  redis.defineCommand('weftCacheWrite', { lua: writeLua, numberOfKeys: 2 });
  redis.defineCommand('weftCacheKeep', { lua: keepLua });
  const defined = redis as unknown as Readonly<Record<string, Run>>;
  const named = (name: string): Run => (defined[name] as Run).bind(redis);
  return {
    ensure: named('weftCacheEnsure'),
    ensureOne: named('weftCacheEnsureOne'),
    readOrTake: named('weftCacheReadOrTakeBuffer'),
    write: named('weftCacheWrite'),
    keep: named('weftCacheKeep'),
  };
}

/** What is asked of several tags. */
interface Tagged {
  readonly versions: (keys: readonly string[]) => Promise<readonly (string | null)[]>;
  readonly ensure: (keys: readonly string[], fresh: string, lifeMs: number) => Promise<unknown>;
}

function atOnce(redis: Redis, { ensure }: Scripts): Tagged {
  return {
    versions: async (keys) => redis.mget(...keys),
    ensure: async (keys, fresh, lifeMs) => ensure(keys.length, ...keys, fresh, lifeMs),
  };
}

/** In a Cluster, where tags are of different slots. MGET of one key: GET fails where the value is no text. */
function oneByOne(redis: Redis, { ensureOne }: Scripts): Tagged {
  return {
    versions: async (keys) => (await Promise.all(keys.map(async (key) => redis.mget(key)))).flat(),
    ensure: async (keys, fresh, lifeMs) =>
      (await Promise.all(keys.map(async (key) => ensureOne(key, fresh, lifeMs)))).flat(),
  };
}

async function keep(
  scripts: Scripts,
  ...[{ key, lifeMs, claim }, value, { tags, known, fresh }]: Parameters<NonNullable<CacheCommands['keep']>>
): Promise<Kept> {
  const accepted = known ? JSON.stringify(known) : '';
  const keys = [entryKey(key), lockKey(key), ...tags.map(versionKey)];
  const said = await scripts.keep(keys.length, ...keys, lifeMs, claim?.token ?? '', fresh, accepted, value);
  return said === 1 ? undefined : (said as readonly string[]);
}

function withVersions(value: string | Buffer, versions: string): string | Buffer {
  return typeof value === 'string' ? value + versions : Buffer.concat([value, Buffer.from(versions)]);
}
