import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { MtlsProviderConfig } from '../../config/identity-types.ts';
import { GatewayError } from '../../errors.ts';
import { readCertificate, type CertificateFacts } from './certificates.ts';
import { headerValues } from '../credentials.ts';
import type { Identity, IdentityRequest, Provider } from '../types.ts';

export interface MtlsOptions {
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

const maxKept = 1000;

interface Known {
  readonly identity: Identity;
  readonly validFrom: number;
  readonly validTo: number;
}

/**
 * Client certificates: of this connection (`tls`), which TLS has verified, or of the `client-cert` field that a trusted proxy
 * wrote (`client-cert`), which the proxy has verified. From anyone else the field says nothing and is not looked at.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9440 | RFC 9440, Client-Cert HTTP Header Field}
 */
export function createMtlsProvider(
  { name, source, hidesCredentials }: MtlsProviderConfig,
  { now = Date.now }: MtlsOptions = {},
): Provider {
  const known = new LRUCache<string, Known>({ max: maxKept });
  const byConnection = new WeakMap<Buffer, Known>();
  const keep = (key: string, der: Buffer): Known => {
    const kept = known.get(key) ?? prepare(der, name);
    known.set(key, kept);
    return kept;
  };
  const fromConnection = (request: IdentityRequest): Known | undefined => {
    const der = request.clientCertificate();
    if (der === undefined) return undefined;
    let found = byConnection.get(der);
    if (found === undefined) byConnection.set(der, (found = keep(hash('sha256', der, 'base64'), der)));
    return found;
  };
  const fromField = (request: IdentityRequest): Known | undefined => {
    const field = request.isFromTrustedProxy ? readField(request) : undefined;
    return field === undefined ? undefined : (known.get(field) ?? keep(field, readBytes(field)));
  };
  const find = source === 'tls' ? fromConnection : fromField;
  return {
    name,
    places: { headers: source === 'tls' ? [] : [clientCert], cookies: [], queryParameters: [] },
    hidesCredentials,
    challenge: undefined,
    identify: (request) => {
      const found = find(request);
      if (found === undefined) return undefined;
      const time = now();
      // A connection may live longer than the certificate that it was opened with.
      if (time > found.validTo) throw new GatewayError('CREDENTIALS_EXPIRED', 'The client certificate has expired.');
      if (time < found.validFrom) {
        throw new GatewayError('CREDENTIALS_NOT_YET_VALID', 'The client certificate is not valid yet.');
      }
      return found.identity;
    },
    close: async () => known.clear(),
  };
}

const clientCert = 'client-cert';

/** @throws {GatewayError} `CREDENTIALS_CONFLICT` where it came twice with different values. */
function readField(request: IdentityRequest): string | undefined {
  const values = new Set(headerValues(request, clientCert));
  if (values.size > 1) {
    throw new GatewayError('CREDENTIALS_CONFLICT', 'Expected one client certificate, but got several that differ.');
  }
  return values.values().next().value;
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc9651#section-3.3.5 | RFC 9651, 3.3.5 Byte Sequences} */
function readBytes(field: string): Buffer {
  const [, base64] = /^:((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?):$/.exec(field.trim()) ?? [];
  if (base64 === undefined) throw malformed('":", a certificate in base64, ":"');
  return Buffer.from(base64, 'base64');
}

function prepare(der: Buffer, provider: string): Known {
  let facts: CertificateFacts;
  try {
    facts = readCertificate(der);
  } catch {
    throw malformed('a certificate in DER');
  }
  const { subject, issuer, commonName, alternativeNames, fingerprint, serialNumber, validFrom, validTo } = facts;
  const names = [commonName, subject === '' ? undefined : subject, ...alternativeNames].filter(
    (text) => text !== undefined,
  );
  const identity: Identity = Object.freeze({
    provider,
    subject: subject === '' ? undefined : subject,
    keyId: fingerprint,
    consumerKeys: Object.freeze([...new Set(names)].map((text) => `certificate:${text}`)),
    scopes: Object.freeze([]),
    roles: Object.freeze([]),
    claims: Object.freeze({
      subject,
      issuer,
      alternative_names: alternativeNames,
      fingerprint,
      serial_number: serialNumber,
    }),
  });
  return { identity, validFrom, validTo };
}

function malformed(expected: string): GatewayError {
  return new GatewayError('CREDENTIALS_MALFORMED', `client-cert: Expected ${expected}, but got something else.`);
}
