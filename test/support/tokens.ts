import { createHmac, sign, type KeyObject } from 'node:crypto';
import { CompactSign, exportJWK, exportSPKI, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import type { SigningAlgorithm } from '../../src/config/identity-types.ts';
import type { IdentityRequest } from '../../src/identity/types.ts';

/** A key pair that signs tokens. */
export interface Signer {
  readonly alg: SigningAlgorithm;
  readonly kid: string;
  /** The public key with `kid`, `alg` and `use`. */
  readonly jwk: JWK;
  /** The public key as SPKI. */
  readonly pem: string;
  /** @param header Added to `alg` and `kid`; `undefined` takes one away. */
  readonly sign: (claims: object, header?: Readonly<Record<string, unknown>>) => Promise<string>;
  readonly privateKey: CryptoKey;
}

export async function createSigner(alg: SigningAlgorithm, kid: string = alg): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return {
    ...{ alg, kid, privateKey },
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    pem: await exportSPKI(publicKey),
    sign: async (claims, header = {}) => signText(JSON.stringify(claims), { alg, kid, ...header }, privateKey),
  };
}

/** A token of any text for claims; what is undefined in the header is not in it. */
export async function signText(
  claims: string | Uint8Array,
  header: Readonly<Record<string, unknown>> & { readonly alg: string },
  key: CryptoKey | Uint8Array,
): Promise<string> {
  const known = JSON.parse(JSON.stringify(header)) as typeof header;
  return new CompactSign(Buffer.from(claims)).setProtectedHeader(known).sign(key);
}

export function signWithSecret(claims: object, secret: string, alg: SigningAlgorithm = 'HS256'): Promise<string> {
  return signText(JSON.stringify(claims), { alg }, Buffer.from(secret));
}

/** What jose would not sign: a header of any text, signed with an RSA key. @param hash `sha256` or another. */
export function signRsaByHand(header: string, claims: object, key: KeyObject, hash = 'sha256'): string {
  const input = unsigned(header, JSON.stringify(claims));
  return `${input}.${sign(hash, Buffer.from(input), key).toString('base64url')}`;
}

/** What jose would not sign: an HMAC of a secret of any kind, such as a public key that everyone knows. */
export function signHmacByHand(header: object, claims: object, secret: string): string {
  const input = unsigned(JSON.stringify(header), JSON.stringify(claims));
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** Header and claims without a signature. */
export function unsigned(header: string, claims: string): string {
  return `${Buffer.from(header).toString('base64url')}.${Buffer.from(claims).toString('base64url')}`;
}

/** The token with other claims under the same signature. */
export function forge(token: string, claims: object): string {
  const [header = '', , signature = ''] = token.split('.');
  return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
}

/** A request with `authorization: Bearer <token>`; without a token, one that has no credentials. */
export function requestWith(token?: string): IdentityRequest {
  const given = token === undefined ? [] : ['Authorization', `Bearer ${token}`];
  return requestWithFields(given);
}

/** @param rawHeaders Names and values in turn. */
export function requestWithFields(rawHeaders: readonly string[], url = '/graphql'): IdentityRequest {
  const headers: Record<string, string> = {};
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers[rawHeaders[index]?.toLowerCase() ?? ''] ??= rawHeaders[index + 1] ?? '';
  }
  return { headers, rawHeaders, url, isFromTrustedProxy: false, clientCertificate: () => undefined };
}
