import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CryptoKey } from 'jose';
import type { JwtProviderConfig, SigningAlgorithm } from '../../config/identity-types.ts';
import { GatewayError } from '../../errors.ts';
import { readKeySet } from './jwks.ts';

export type VerificationKey = CryptoKey | KeyObject;

/** What a token's header says of the key that verifies it. */
export interface KeyQuery {
  /** One of the algorithms that the provider allows. */
  readonly alg: SigningAlgorithm;
  readonly kid: string | undefined;
}

export interface KeyFinder {
  /** Algorithms for which there can be a key. */
  readonly algorithms: ReadonlySet<string>;
  /**
   * Keys that may have signed the token, the likeliest first; empty where none is known.
   *
   * @throws {GatewayError} `IDENTITY_UNAVAILABLE` where keys cannot be had.
   */
  readonly find: (query: KeyQuery) => Promise<readonly VerificationKey[]>;
  readonly close: () => Promise<void>;
}

export const secretAlgorithms: ReadonlySet<SigningAlgorithm> = new Set(['HS256', 'HS384', 'HS512']);

/** RFC 7518, 3.2: a key must have as many bytes as the hash. */
const secretBytes: Readonly<Partial<Record<SigningAlgorithm, number>>> = { HS256: 32, HS384: 48, HS512: 64 };

/**
 * Keys that stand in the configuration or in a file, read once.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for keys that cannot be read, and for algorithms that do not go with them.
 */
export function fixedKeys(
  { name, algorithms }: Pick<JwtProviderConfig, 'name' | 'algorithms'>,
  keys: Exclude<JwtProviderConfig['keys'], { readonly from: 'jwks-url' }>,
): KeyFinder {
  switch (keys.from) {
    case 'secret':
      return secretFinder(name, algorithms, keys.secret);
    case 'public-key':
      return publicKeyFinder(name, algorithms, keys.pem);
    case 'jwks-file':
      return fileFinder(name, algorithms, keys.file);
    default:
      return keys satisfies never;
  }
}

/**
 * Checks algorithms that are verified with public keys. An HS* algorithm among them would take a public key, which
 * everyone knows, for a secret (RFC 8725, 2.1).
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for none, and for HS*.
 */
export function checkPublicAlgorithms(
  name: string,
  algorithms: readonly SigningAlgorithm[],
): ReadonlySet<SigningAlgorithm> {
  const wrong = algorithms.find((algorithm) => secretAlgorithms.has(algorithm));
  if (wrong !== undefined) refuse(name, 'algorithms that go with public keys', wrong);
  if (algorithms.length === 0) refuse(name, 'one algorithm at least', 'none');
  return new Set(algorithms);
}

function secretFinder(name: string, algorithms: readonly SigningAlgorithm[], secret: string): KeyFinder {
  const wrong = algorithms.find((algorithm) => !secretAlgorithms.has(algorithm));
  if (wrong !== undefined) refuse(name, 'algorithms that go with a secret (HS256, HS384, HS512)', wrong);
  if (algorithms.length === 0) refuse(name, 'one algorithm at least', 'none');
  const bytes = Buffer.byteLength(secret);
  for (const algorithm of algorithms) {
    const least = secretBytes[algorithm] ?? 0;
    if (bytes < least) refuse(name, `a secret of ${least} bytes at least for ${algorithm}`, `${bytes} bytes`);
  }
  const imported = new Map<string, Promise<readonly VerificationKey[]>>();
  return {
    algorithms: new Set(algorithms),
    find: ({ alg }) => {
      const known = imported.get(alg) ?? importSecret(secret, alg);
      imported.set(alg, known);
      return known;
    },
    close: async () => {},
  };
}

/** Once for an algorithm: given as bytes, jose would import it for each token, which costs more than the HMAC. */
async function importSecret(secret: string, alg: SigningAlgorithm): Promise<readonly VerificationKey[]> {
  const algorithm = { name: 'HMAC', hash: alg.replace('HS', 'SHA-') };
  return [await crypto.subtle.importKey('raw', Buffer.from(secret), algorithm, false, ['verify'])];
}

function publicKeyFinder(name: string, algorithms: readonly SigningAlgorithm[], pem: string): KeyFinder {
  const allowed = checkPublicAlgorithms(name, algorithms);
  const key = readPublicKey(name, pem);
  const fitting = new Set(algorithmsOf(key).filter((algorithm) => allowed.has(algorithm)));
  if (fitting.size === 0) refuse(name, 'algorithms that go with the public key', algorithms.join(', '));
  return oneKey(key, fitting);
}

function readPublicKey(name: string, pem: string): KeyObject {
  // Node.js would take the public half of a private key; one that stands in a configuration is a mistake to be seen.
  if (pem.includes('PRIVATE KEY')) refuse(name, 'a public key or certificate as PEM', 'a private key');
  try {
    return pem.includes('BEGIN CERTIFICATE') ? new X509Certificate(pem).publicKey : createPublicKey(pem);
  } catch {
    return refuse(name, 'a public key or certificate as PEM', 'a text that is none');
  }
}

/** RFC 7518, 3.3 and 3.4; RFC 8037, 3.1. An RSA key of fewer than 2048 bits must not be used. */
function algorithmsOf(key: KeyObject): readonly SigningAlgorithm[] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: { modulusLength = 0, namedCurve = '' } = {} } = key;
  if (type === 'rsa' && modulusLength >= 2048) return ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
  if (type === 'ed25519') return ['EdDSA'];
  return type === 'ec' ? (ecAlgorithms.get(namedCurve) ?? []) : [];
}

const ecAlgorithms: ReadonlyMap<string, readonly SigningAlgorithm[]> = new Map([
  ['prime256v1', ['ES256']],
  ['secp384r1', ['ES384']],
  ['secp521r1', ['ES512']],
]);

function oneKey(key: KeyObject, algorithms: ReadonlySet<SigningAlgorithm>): KeyFinder {
  const keys = [key];
  return { algorithms, find: async () => keys, close: async () => {} };
}

function fileFinder(name: string, algorithms: readonly SigningAlgorithm[], file: string): KeyFinder {
  const allowed = checkPublicAlgorithms(name, algorithms);
  try {
    const find = readKeySet(JSON.parse(readFileSync(file, 'utf8')));
    return { algorithms: allowed, find, close: async () => {} };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    return refuse(name, `a JWKS in ${file}`, code ?? 'no JWKS');
  }
}

function refuse(name: string, expected: string, got: string): never {
  throw new GatewayError('CONFIGURATION_INVALID', `provider "${name}": Expected ${expected}, but got: ${got}.`);
}
