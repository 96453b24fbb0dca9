import { GatewayError } from '../../errors.ts';
import type { Redis } from '../../redis/connect.ts';
import { revocationKinds, type Revocation } from './revocation-list.ts';

/**
 * Revocations in Redis: the hash `weft:revocations` leads from `jti:<id>`, `subject:<id>` and `key:<id>` to the second since
 * 1970 until which they must be known (0: for ever); `weft:revocations:version` is counted up with each change.
 */

const hash = 'weft:revocations';
const counter = 'weft:revocations:version';
const fieldsAtOnce = 1000;

/** What stays equal while nothing changes: the counter, and how many entries there are for whoever forgets to count. */
export async function readRevocationVersion(redis: Redis): Promise<string> {
  const [version, size] = await Promise.all([redis.get(counter), redis.hlen(hash)]);
  return `${version ?? 'none'}:${size}`;
}

/** In parts, so that a long list holds nobody up. @throws {TypeError} for a field or a value of another form. */
export async function readRevocations(redis: Redis): Promise<readonly Revocation[]> {
  const revocations: Revocation[] = [];
  let cursor = '0';
  do {
    const [next, parts] = await redis.hscan(hash, cursor, 'COUNT', fieldsAtOnce);
    for (let index = 0; index < parts.length; index += 2) {
      revocations.push(readField(parts[index] ?? '', parts[index + 1] ?? ''));
    }
    cursor = next;
  } while (cursor !== '0');
  return revocations;
}

/** Adds one, and removes those that need no longer be known. @throws {GatewayError} `IDENTITY_UNAVAILABLE`. */
export async function addRevocation(redis: Redis, { kind, id, until }: Revocation): Promise<void> {
  try {
    const now = Date.now();
    const old = (await readRevocations(redis)).filter((revocation) => revocation.until <= now);
    if (old.length > 0) await redis.hdel(hash, ...old.map((revocation) => `${revocation.kind}:${revocation.id}`));
    await redis.hset(hash, `${kind}:${id}`, until === Infinity ? 0 : Math.ceil(until / 1000));
    await redis.incr(counter);
  } catch (cause) {
    const message = `Revocations: Redis cannot be written: ${(cause as Error).message}`;
    throw new GatewayError('IDENTITY_UNAVAILABLE', message, { cause });
  }
}

function readField(field: string, value: string): Revocation {
  const colon = field.indexOf(':');
  const kind = revocationKinds.find((known) => known === field.slice(0, Math.max(colon, 0)));
  if (kind === undefined || !/^\d{1,12}$/.test(value)) {
    throw new TypeError(
      `${hash}: expected fields jti:<id>, subject:<id> or key:<id> with seconds since 1970, but got another one`,
    );
  }
  return { kind, id: field.slice(colon + 1), until: value === '0' ? Infinity : Number(value) * 1000 };
}
