import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';

// Keys and certificates as PEM. They are read once here, so that a wrong one is told at its place in the file and not by
// the first handshake or token.

function pem(what: string, read: (text: string) => unknown) {
  const error = `expected ${what} as PEM`;
  return z.string({ error }).superRefine((value, context) => {
    // Most who write something else here mean the file.
    const hint = value.includes('-----BEGIN ') ? '' : '; "${file:./name.pem}" reads a file';
    if (!isReadable(value, read)) context.addIssue({ code: 'custom', message: `${error}${hint}` });
  });
}

function isReadable(text: string, read: (text: string) => unknown): boolean {
  try {
    return read(text) !== false;
  } catch {
    return false;
  }
}

/** One certificate or more. */
export function certificates(what: string) {
  return pem(what, (value) => new X509Certificate(value));
}

export function privateKey() {
  return pem('a private key without passphrase', (value) => createPrivateKey(value));
}

const publicPem = /^\s*-----BEGIN (?:PUBLIC KEY|CERTIFICATE)-----/;

/** SPKI or a certificate. A private key would do for Node.js, but has no business here. */
export function publicKey() {
  return pem('a public key (SPKI) or certificate', (value) => publicPem.test(value) && createPublicKey(value));
}

/** Whether a certificate and a private key are of one pair; true where one of them cannot be read. Pure. */
export function isPair(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return true;
  }
}

const algorithmsOfCurves: Readonly<Record<string, readonly string[]>> = {
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
};

interface KeyType {
  readonly name: string;
  /** Of the signatures that such a key verifies (RFC 7518, 3.1; RFC 8037, 3.1). */
  readonly algorithms: readonly string[];
}

/** What kind of public key a PEM text holds; undefined where it holds none. Pure. */
export function keyType(text: string): KeyType | undefined {
  if (!isReadable(text, (value) => publicPem.test(value) && createPublicKey(value))) return undefined;
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPublicKey(text);
  if (type === 'rsa') return { name: 'RSA', algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] };
  if (type === 'ed25519') return { name: 'Ed25519', algorithms: ['EdDSA'] };
  const curve = details?.namedCurve ?? '';
  return { name: `${type} ${curve}`.trim(), algorithms: algorithmsOfCurves[curve] ?? [] };
}
