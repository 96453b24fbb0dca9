import { hash, randomBytes, randomInt } from 'node:crypto';
import { readDateText, readList, readObject, readText } from '../files/json-file.ts';

/** What is kept of an API key. The key itself is kept nowhere. */
export interface KeyRecord {
  /** Public name of the key: what is listed, revoked and logged. */
  readonly id: string;
  /** SHA-256 of the whole key, base64url. */
  readonly hash: string;
  /** Name of a consumer. */
  readonly owner: string;
  /** Default: the consumer's. */
  readonly tier?: string | undefined;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** ISO 8601, UTC; the same for the others. */
  readonly createdAt: string;
  /** Default: never. */
  readonly expiresAt?: string | undefined;
  /** Set once, by `weft keys revoke`. */
  readonly revokedAt?: string | undefined;
}

/** What every made key starts with: tells it from other Bearer tokens, and lets scanners of source code find leaked ones. */
export const keyPrefix = 'weft_';

const idLetters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const idLength = 12;
const secretBytes = 32;

/** A new key: `weft_<id>_<secret>`. The id has no `_`, so the first one after the prefix ends it. */
export function makeKey(): { readonly id: string; readonly key: string } {
  const id = Array.from({ length: idLength }, () => idLetters[randomInt(idLetters.length)]).join('');
  return { id, key: `${keyPrefix}${id}_${randomBytes(secretBytes).toString('base64url')}` };
}

/**
 * What a key is looked up by. A fast hash is enough: the secret is 256 random bits, so nobody can try them through as one
 * tries passwords, and a slow one would let strangers spend our CPU.
 */
export function hashKey(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

const members = ['id', 'hash', 'owner', 'tier', 'scopes', 'roles', 'createdAt', 'expiresAt', 'revokedAt'];

/** A record of parsed JSON. `place` leads to it, for messages. @throws {TypeError} */
export function readKeyRecord(value: unknown, place: string): KeyRecord {
  const record = readObject(value, place, members);
  const text = (name: string): string => readText(record[name], `${place}.${name}`);
  const texts = (name: string): readonly string[] =>
    readList(record[name] ?? [], `${place}.${name}`).map((item, index) => readText(item, `${place}.${name}[${index}]`));
  const date = (name: string): Record<string, string> =>
    record[name] === undefined ? {} : { [name]: readDateText(record[name], `${place}.${name}`) };
  const digest = text('hash');
  if (!/^[\w-]{43}$/.test(digest)) {
    throw new TypeError(`${place}.hash: expected a SHA-256 hash in base64url, but got another text`);
  }
  return {
    id: text('id'),
    hash: digest,
    owner: text('owner'),
    ...(record['tier'] === undefined ? {} : { tier: text('tier') }),
    scopes: texts('scopes'),
    roles: texts('roles'),
    createdAt: readDateText(record['createdAt'], `${place}.createdAt`),
    ...date('expiresAt'),
    ...date('revokedAt'),
  };
}
