import { timingSafeEqual } from 'node:crypto';
import type { ApiKeyProviderConfig, CredentialSource } from '../../config/identity-types.ts';
import { GatewayError } from '../../errors.ts';
import { placesOf, readCredential } from '../credentials.ts';
import { hashKey, keyPrefix, type KeyRecord } from './key-record.ts';
import type { KeyStore } from './key-store.ts';
import type { Identity, IdentityRequest, Provider } from '../types.ts';

export interface ApiKeyOptions {
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/** Visible ASCII alone: a key that holds anything else was never made, and is not worth a look-up. */
const possibleKey = /^[\x21-\x7e]{1,512}$/;

/** What is made of a record once, as long as the store gives the same object. */
interface Known {
  readonly identity: Identity;
  readonly digest: Buffer;
  readonly expiresAt: number;
}

/** API keys. Takes the store over: closing the provider closes it. */
export function createApiKeyProvider(
  config: ApiKeyProviderConfig,
  store: KeyStore,
  { now = Date.now }: ApiKeyOptions = {},
): Provider {
  const known = new WeakMap<KeyRecord, Known>();
  const readKey = keyReader(config.sources);
  const admit = (record: KeyRecord | undefined, digest: Buffer): Identity => {
    if (record === undefined) throw unknownKey();
    let of = known.get(record);
    if (of === undefined) known.set(record, (of = prepare(record, config.name)));
    // The look-up is by hash, so its time tells nothing of the key; this one holds for stores of any kind.
    if (!timingSafeEqual(of.digest, digest)) throw unknownKey();
    if (record.revokedAt !== undefined) throw new GatewayError('CREDENTIALS_REVOKED', 'The API key was revoked.');
    if (of.expiresAt <= now()) throw new GatewayError('CREDENTIALS_EXPIRED', 'The API key has expired.');
    return of.identity;
  };
  return {
    name: config.name,
    places: placesOf(config.sources),
    hidesCredentials: config.hidesCredentials,
    challenge: config.sources.some(({ from }) => from === 'authorization') ? 'Bearer realm="weft"' : undefined,
    identify: (request) => {
      const key = readKey(request);
      if (key === undefined) return undefined;
      if (!possibleKey.test(key)) {
        throw new GatewayError(
          'CREDENTIALS_MALFORMED',
          `Expected an API key of 1 to 512 visible ASCII characters, but got another text of ${key.length}.`,
        );
      }
      const digest = hashKey(key);
      const found = store.find(digest.toString('base64url'));
      return found instanceof Promise ? found.then((record) => admit(record, digest)) : admit(found, digest);
    },
    close: async () => store.close(),
  };
}

/** The key of a request. Of Bearer tokens only those that look like a key are: others may be another provider's. */
function keyReader(sources: readonly CredentialSource[]): (request: IdentityRequest) => string | undefined {
  const bearer = sources.filter(({ from }) => from === 'authorization');
  const others = sources.filter(({ from }) => from !== 'authorization');
  if (bearer.length === 0) return (request) => readCredential(request, others);
  return (request) => {
    const token = readCredential(request, bearer);
    const key = readCredential(request, others);
    if (!token?.startsWith(keyPrefix)) return key;
    if (key !== undefined && key !== token) {
      throw new GatewayError('CREDENTIALS_CONFLICT', 'Expected one API key, but got several that differ.');
    }
    return token;
  };
}

function prepare(record: KeyRecord, provider: string): Known {
  const { id, hash, owner, tier, expiresAt } = record;
  const identity: Identity = Object.freeze({
    provider,
    subject: owner,
    keyId: id,
    consumerKeys: Object.freeze([`key-owner:${owner}`]),
    tier,
    scopes: Object.freeze([...record.scopes]),
    roles: Object.freeze([...record.roles]),
    claims: Object.freeze({ key_id: id, owner }),
  });
  return {
    identity,
    digest: Buffer.from(hash, 'base64url'),
    expiresAt: expiresAt === undefined ? Infinity : Date.parse(expiresAt),
  };
}

function unknownKey(): GatewayError {
  return new GatewayError('CREDENTIALS_UNKNOWN', 'The API key is not known.');
}
