import { randomUUID } from 'node:crypto';
import { everything } from '../cache/invalidations.ts';
import { defineCacheCommands } from '../cache/redis/commands.ts';
import { changeVersions } from '../cache/redis/versions.ts';
import type { RedisServers } from '../config/limit-types.ts';
import { loadGatewayFolder } from '../config/load.ts';
import { GatewayError } from '../errors.ts';
import { closeRedis, connectRedis, waitForRedis } from '../redis/connect.ts';
import { invalidTagsOf } from '../operation/cache-policy/entity-tags.ts';
import { UsageError, type Arguments, type CacheFlags } from './arguments.ts';

const connectTimeoutMs = 2000;
const maxTagLength = 256;
const typeOrEntity = /^[_A-Za-z]\w*(:.+)?$/s;

/** `weft cache purge`: makes answers invalid in Redis and in the memory of all instances that share it. */
export async function cache({ dir, words, cacheFlags = {} }: Arguments): Promise<number> {
  if (words.length !== 1 || words[0] !== 'purge') {
    throw new UsageError(`expected "cache purge", but got "${['cache', ...words].join(' ')}"`);
  }
  const named = readNames(cacheFlags);
  const redis = await readServers(dir);
  const { tags = [], types = [], all = false } = cacheFlags;
  await purge(redis, all ? [everything] : [...new Set([...tags, ...types.flatMap(tagsOfType)])]);
  const what = all ? 'all answers' : `answers with ${named.join(', ')}`;
  process.stdout.write(`purged ${what}: gone from Redis, and all instances are told\n`);
  return 0;
}

/** `Type`, or `Type:id`: answers that may have the object go as well as those that have. */
function tagsOfType(type: string): readonly string[] {
  const colon = type.indexOf(':');
  if (colon === -1) return invalidTagsOf({ typename: type });
  return invalidTagsOf({ typename: type.slice(0, colon), id: type.slice(colon + 1) });
}

function readNames({ tags = [], types = [], all = false }: CacheFlags): readonly string[] {
  const named = [...tags, ...types];
  if (all === named.length > 0) {
    const given = all ? 'both' : 'neither';
    throw new UsageError(`"weft cache purge": expected either --all or some --tag and --type, but got ${given}`);
  }
  for (const tag of named) {
    if (tag.length > 0 && tag.length <= maxTagLength) continue;
    throw new UsageError(`expected tags of 1 to ${maxTagLength} characters, but got one of ${tag.length}`);
  }
  for (const type of types) {
    if (!typeOrEntity.test(type)) throw new UsageError(`--type: expected Type or Type:id, but got "${type}"`);
  }
  return [...new Set(named)];
}

/** A cache in memory alone is out of reach: each instance has its own, and listens to nobody. */
async function readServers(dir: string): Promise<RedisServers> {
  const { gateway } = await loadGatewayFolder(dir, process.env);
  const why = 'instances that keep answers in memory alone cannot be told from outside: restart them';
  if (gateway.redis === undefined) {
    throw new GatewayError('CONFIGURATION_INVALID', `gateway.yaml: expected redis, but got none; ${why}`);
  }
  if (gateway.cache.store === 'memory') {
    throw new GatewayError('CONFIGURATION_INVALID', `gateway.yaml: expected cache.store redis, but got memory; ${why}`);
  }
  return gateway.redis;
}

async function purge(servers: RedisServers, tags: readonly string[]): Promise<void> {
  const redis = connectRedis(servers);
  try {
    await waitForRedis(redis, connectTimeoutMs);
    await changeVersions(defineCacheCommands(redis), tags, randomUUID());
  } catch (cause) {
    const { message } = cause as Error;
    throw new GatewayError('INTERNAL_ERROR', `nothing may be purged, try again: ${message}`, { cause });
  } finally {
    await closeRedis(redis);
  }
}
