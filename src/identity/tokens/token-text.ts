import { GatewayError } from '../../errors.ts';

/** A JWT as it came: nothing of it is verified. */
export interface TokenText {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Bytes of the claims' text. */
  readonly claimsBytes: number;
}

/** Three base64url parts; the last is empty in tokens without a signature. RFC 7515, 7.1. */
const compactForm = /^([\w-]+)\.([\w-]+)\.[\w-]*$/;

/** Texts that are not UTF-8 must not be read as if they were. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a JWT without verifying it.
 *
 * @param maxBytes Longest token, in bytes.
 * @throws {GatewayError} `CREDENTIALS_MALFORMED` for a text that is no JWT, and for one that is too long.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7519#section-7.2 | RFC 7519, 7.2 Validating a JWT}
 */
export function readTokenText(token: string, maxBytes: number): TokenText {
  checkLength(token, maxBytes);
  const [, headerPart = '', claimsPart = ''] = compactForm.exec(token) ?? [];
  const claimsBytes = Buffer.from(claimsPart, 'base64url');
  const header = readObject(Buffer.from(headerPart, 'base64url'));
  const claims = readObject(claimsBytes);
  if (header === undefined || claims === undefined) {
    throw new GatewayError('CREDENTIALS_MALFORMED', 'Expected a token that is a JWT, but got another text.');
  }
  return { header, claims, claimsBytes: claimsBytes.length };
}

/**
 * Checks the length of a token, whose characters are one byte each: others are refused anyway.
 *
 * @throws {GatewayError} `CREDENTIALS_MALFORMED` for a token that has more bytes than `maxBytes`.
 */
export function checkLength(token: string, maxBytes: number): void {
  if (token.length <= maxBytes) return;
  throw new GatewayError(
    'CREDENTIALS_MALFORMED',
    `Expected a token of ${maxBytes} bytes at most, but got a longer one.`,
  );
}

/** Whether a token has the form of a JWT (three parts, the first a JSON object with `alg`), so that it is not opaque. */
export function looksLikeJwt(token: string): boolean {
  const [, headerPart] = compactForm.exec(token) ?? [];
  if (headerPart === undefined) return false;
  const header = readObject(Buffer.from(headerPart, 'base64url'));
  return header !== undefined && Object.hasOwn(header, 'alg');
}

function readObject(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value of JSON is an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
