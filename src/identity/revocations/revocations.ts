import { performance } from 'node:perf_hooks';
import type { RevocationConfig } from '../../config/identity-types.ts';
import { GatewayError } from '../../errors.ts';
import { waitForRedis, type Redis } from '../../redis/connect.ts';
import { publishNotice } from '../../telemetry/channels.ts';
import {
  listRevocations,
  printRevocationFile,
  readRevocationFile,
  type Revocation,
  type RevocationKind,
  type RevocationList,
} from './revocation-list.ts';
import { addRevocation, readRevocations, readRevocationVersion } from './revocation-redis.ts';
import type { Identity, Revocations } from '../types.ts';
import { updateFile } from '../files/update-file.ts';
import { watchFile } from '../files/watched-file.ts';

export interface RevocationParts {
  /** Needed by a list in Redis; its owner closes it. */
  readonly redis: Redis | undefined;
}

/** A list in memory that is kept like the one elsewhere. */
interface Source {
  readonly list: () => RevocationList;
  /** `performance.now()` of the last moment at which the list was known to be the one elsewhere. */
  readonly goodAt: () => number;
  readonly close: () => void;
}

/**
 * Reads the list of what is revoked, and reads it anew as it changes. `check` answers from memory. It fails closed: where the
 * list could not be read for `maxStaleMs`, or never was, nobody whom a credential names is let in.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for a file that is not there or cannot be read at first, or without a Redis.
 *   A Redis that does not answer is waited for later.
 */
export async function createRevocations(config: RevocationConfig, { redis }: RevocationParts): Promise<Revocations> {
  const { store, refreshMs, maxStaleMs } = config;
  const source =
    store.in === 'file' ? await openFile(store.file, refreshMs) : await openRedis(required(redis), refreshMs);
  return {
    check: (identity) => {
      if (performance.now() - source.goodAt() > maxStaleMs) {
        const message = 'Revocations: the list could not be read for too long, so nobody can be let in.';
        throw new GatewayError('IDENTITY_UNAVAILABLE', message);
      }
      if (isRevoked(source.list(), identity)) {
        throw new GatewayError('CREDENTIALS_REVOKED', 'The credentials were revoked.');
      }
    },
    close: async () => source.close(),
  };
}

/** Adds to the list. @throws {GatewayError} where it cannot be written. */
export async function revoke(
  store: RevocationConfig['store'],
  { redis }: RevocationParts,
  revocation: Revocation,
): Promise<void> {
  if (store.in === 'redis') return addRevocation(required(redis), revocation);
  const now = Date.now();
  return updateFile(store.file, (text) => {
    const former = text === undefined ? [] : readRevocationFile(text);
    const others = former.filter(({ kind, id }) => kind !== revocation.kind || id !== revocation.id);
    return printRevocationFile([...others.filter(({ until }) => until > now), revocation]);
  });
}

function isRevoked(list: RevocationList, { tokenId, subject, keyId }: Identity): boolean {
  return isListed(list, 'jti', tokenId) || isListed(list, 'subject', subject) || isListed(list, 'key', keyId);
}

function isListed(list: RevocationList, kind: RevocationKind, id: string | undefined): boolean {
  const until = id === undefined ? undefined : list[kind].get(id);
  return until !== undefined && until > Date.now();
}

function required(redis: Redis | undefined): Redis {
  if (redis !== undefined) return redis;
  throw new GatewayError('CONFIGURATION_INVALID', 'Revocations: expected "redis" in gateway.yaml, but got none');
}

async function openFile(file: string, refreshMs: number): Promise<Source> {
  let list = listRevocations([]);
  const watched = await watchFile<readonly Revocation[]>({
    file,
    what: 'Revocations',
    pollMs: refreshMs,
    read: readRevocationFile,
    // A list that is gone is no empty list: it may have been on a disk that is not there.
    absent: undefined,
    use: (revocations) => {
      list = listRevocations(revocations);
    },
  });
  return { list: () => list, goodAt: watched.goodAt, close: watched.close };
}

// The first clients should not be refused because Redis took a moment to connect.
const firstWaitMs = 1000;

async function openRedis(redis: Redis, refreshMs: number): Promise<Source> {
  let list = listRevocations([]);
  let version: string | undefined;
  let connections = 0;
  let goodAt = -Infinity;
  let isTold = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const startedAt = performance.now();
    const connection = connections;
    try {
      // Taken before the list: a change in between shows at the next look.
      const current = await readRevocationVersion(redis);
      if (current !== version) list = listRevocations(await readRevocations(redis));
      version = connection === connections ? current : undefined;
      goodAt = startedAt;
      isTold = false;
    } catch (cause) {
      if (!isTold)
        publishNotice({ level: 'error', message: `Revocations: cannot be read: ${(cause as Error).message}` });
      isTold = true;
    }
  };
  const plan = (): void => {
    if (!isClosed) timer = setTimeout(() => void look().finally(plan), refreshMs).unref();
  };
  // A server that starts anew may count from the beginning, to the same number for another list.
  const forget = (): void => {
    connections += 1;
    version = undefined;
  };
  redis.on('ready', forget);
  await waitForRedis(redis, firstWaitMs).catch(() => {});
  await look();
  plan();
  return {
    list: () => list,
    goodAt: () => goodAt,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      redis.off('ready', forget);
    },
  };
}
