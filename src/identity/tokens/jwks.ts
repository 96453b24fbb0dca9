import { createLocalJWKSet, errors, type CryptoKey, type JWK } from 'jose';
import type { JwtProviderConfig, OidcProviderConfig, RemoteDocumentConfig } from '../../config/identity-types.ts';
import { discoverUrl } from './discovery.ts';
import { createJsonClient, unavailable, type JsonClient } from './json-client.ts';
import type { KeyFinder, KeyQuery } from './verification-keys.ts';
import { RemoteDocument } from './remote-document.ts';
import { isRecord } from './token-text.ts';

/** Finds keys in one JWKS. */
export type KeySet = (query: KeyQuery) => Promise<readonly CryptoKey[]>;

/** A token without `kid` is tried with so many keys at most: each costs as much as a good token. */
const maxCandidates = 8;

/**
 * The public keys of a JWKS. Keys for another use, secrets and what is no key are left out; one that cannot be read, or is
 * private, is not used and does not harm the others.
 *
 * @throws {GatewayError} `IDENTITY_UNAVAILABLE` for a value that is no JWKS, or one without any key for signatures.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7517#section-5 | RFC 7517, 5 JWK Set Format}
 */
export function readKeySet(value: unknown): KeySet {
  const listed = isRecord(value) && Object.hasOwn(value, 'keys') ? value['keys'] : undefined;
  if (!Array.isArray(listed)) throw unavailable('Expected a JWKS with a list of keys, but got another value.');
  const keys = listed.filter(isSigningKey);
  if (keys.length === 0) throw unavailable('Expected a JWKS with a public key for signatures, but it has none.');
  const getKey = createLocalJWKSet({ keys });
  return async ({ alg, kid }) => {
    try {
      return [await getKey(kid === undefined ? { alg } : { alg, kid })];
    } catch (error) {
      // Any other error: no key fits, or the one that does cannot be read.
      return error instanceof errors.JWKSMultipleMatchingKeys ? take(error) : [];
    }
  };
}

function isSigningKey(key: unknown): key is JWK {
  if (!isRecord(key)) return false;
  const { kty, use } = key;
  return (kty === 'RSA' || kty === 'EC' || kty === 'OKP') && (use === undefined || use === 'sig');
}

async function take(candidates: errors.JWKSMultipleMatchingKeys): Promise<CryptoKey[]> {
  const keys: CryptoKey[] = [];
  for await (const key of candidates) {
    keys.push(key);
    if (keys.length === maxCandidates) break;
  }
  return keys;
}

export interface RemoteKeysOptions {
  readonly provider: Pick<JwtProviderConfig | OidcProviderConfig, 'name'>;
  readonly algorithms: ReadonlySet<string>;
  /** The JWKS itself, or the issuer whose discovery document names it. */
  readonly source: { readonly url: string } | { readonly issuer: string };
  readonly remote: RemoteDocumentConfig;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Keys of an identity server, fetched when the first token comes. A token of a key that is not known makes them be fetched
 * again, at most once in `cooldownMs`; so a new key is known at once, and made-up `kid`s cost the server nothing.
 */
export function remoteKeys({ provider, algorithms, source, remote, now }: RemoteKeysOptions): KeyFinder {
  const client = createJsonClient(remote);
  const document = new RemoteDocument({
    what: `keys of provider "${provider.name}"`,
    load: async () => loadKeys(client, source, remote.timeoutMs),
    config: remote,
    now,
  });
  return {
    algorithms,
    find: async (query) => {
      const held = document.get();
      const keys = await (await held)(query);
      // What had to be waited for is as new as can be.
      if (keys.length > 0 || held instanceof Promise) return keys;
      const renewed = await document.renew();
      return renewed === undefined ? keys : renewed(query);
    },
    close: async () => {
      document.close();
      await client.close();
    },
  };
}

async function loadKeys(client: JsonClient, source: RemoteKeysOptions['source'], timeoutMs: number): Promise<KeySet> {
  const signal = AbortSignal.timeout(timeoutMs);
  const url = 'url' in source ? source.url : await discoverUrl(client, source.issuer, { name: 'jwks_uri', signal });
  const { value } = await client.ask({ method: 'GET', url, signal });
  return readKeySet(value);
}
