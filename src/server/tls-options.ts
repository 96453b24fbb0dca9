import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls';
import type { TlsConfig } from '../config/identity-types.ts';
import { GatewayError } from '../errors.ts';

/**
 * What the TLS listener is made with: TLS 1.2 or later, and client certificates as `clientCertificate` says. With
 * `request`, one that does not verify is let in and counts as none (`clientCertificateOf`).
 *
 * @throws {GatewayError} `START_FAILED` that names the setting that cannot be used, and nothing of what it holds.
 */
export function tlsOptions({ cert, key, clientCa, clientCertificate }: TlsConfig): TlsOptions {
  const asksClients = clientCertificate !== 'none';
  // Without an authority of their own, any certificate of a public one would let clients in.
  if (asksClients && clientCa === undefined) {
    throw new GatewayError('START_FAILED', `tls.clientCertificate: ${clientCertificate} needs tls.clientCa`);
  }
  check('tls.cert', 'a certificate chain as PEM', { cert });
  check('tls.key', 'a private key as PEM, without a passphrase', { key });
  check('tls.key', 'the private key that belongs to tls.cert', { cert, key });
  if (clientCa !== undefined) checkAuthorities(clientCa);
  return {
    cert,
    key,
    minVersion: 'TLSv1.2',
    handshakeTimeout,
    requestCert: asksClients,
    rejectUnauthorized: clientCertificate === 'require',
    ...(asksClients ? { ca: clientCa } : {}),
  };
}

/** Longest time for a handshake, in milliseconds; who sends slowly is cut, as with headers. */
const handshakeTimeout = 15_000;

function check(setting: string, expected: string, options: SecureContextOptions): void {
  try {
    createSecureContext(options);
  } catch (cause) {
    refuse(setting, expected, cause);
  }
}

/** Node.js takes authorities that cannot be read for none at all. */
function checkAuthorities(pem: string): void {
  const begin = '-----BEGIN CERTIFICATE-----';
  const parts = pem.split(begin).slice(1);
  try {
    if (parts.length === 0) throw new TypeError('no certificate');
    for (const part of parts) void new X509Certificate(begin + part);
  } catch (cause) {
    refuse('tls.clientCa', 'certificates as PEM', cause);
  }
}

function refuse(setting: string, expected: string, cause: unknown): never {
  const { code = 'not PEM' } = cause as NodeJS.ErrnoException;
  throw new GatewayError('START_FAILED', `${setting}: expected ${expected}, but it cannot be used (${code})`, {
    cause,
  });
}
