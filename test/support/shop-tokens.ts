import { createSigner } from './tokens.ts';
import type { Json } from './start-gateway.ts';

/** Tokens for gateways of tests: an issuer with two keys, whose JWKS lies in the gateway's folder. */

export const es256 = await createSigner('ES256', 'es-1');
export const rs256 = await createSigner('RS256', 'rs-1');

/** One of `identity.providers`. */
export const jwtProvider = {
  kind: 'jwt',
  issuer: 'https://issuer.example',
  audience: 'shop',
  keys: { file: './jwks.json' },
} as const satisfies Json;

/** What `jwtProvider` needs in the gateway's folder. */
export const jwtFiles = { 'jwks.json': JSON.stringify({ keys: [es256.jwk, rs256.jwk] }) };

export const nowSeconds = Math.floor(Date.now() / 1000);

/** Claims that `jwtProvider` takes; those of `changes` that are undefined are not there. */
export function claimsWith(changes: Json = {}): Json {
  return { iss: 'https://issuer.example', aud: 'shop', sub: 'alice', exp: nowSeconds + 600, ...changes };
}

export type Credentials = { readonly authorization: string };

export function bearer(token: string): Credentials {
  return { authorization: `Bearer ${token}` };
}

/** Headers of a caller with these claims beside or in place of the usual ones. */
export async function asCaller(changes: Json = {}): Promise<Credentials> {
  return bearer(await es256.sign(claimsWith(changes)));
}

export function basic(userPass: string): Credentials {
  return { authorization: `Basic ${Buffer.from(userPass).toString('base64')}` };
}
