import { GatewayError, type ErrorCode } from '../errors.ts';
import type { Provider } from './types.ts';

/** `ACCESS_DENIED` to a caller who lacks scopes that are known. */
export class InsufficientScope extends GatewayError {
  /** Those that would do, all of them together. */
  readonly scopes: readonly string[];

  constructor(message: string, scopes: readonly string[]) {
    super('ACCESS_DENIED', message);
    this.scopes = scopes;
  }
}

/**
 * The values of `WWW-Authenticate` for an answer that is this error: without duplicates, in the order of the providers.
 * Empty where the error is not about credentials.
 *
 * - 401: the challenge of every provider. Those for Bearer tokens say what is wrong with the credentials there are, and
 *   nothing where there are none.
 * - 400 for credentials that disagree, 403 for a caller who may not: the Bearer challenges alone, as HTTP gives no other
 *   scheme a word for it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 | RFC 9110, 11.6.1 WWW-Authenticate}
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3 | RFC 6750, 3 The WWW-Authenticate Response Header Field}
 */
export function challengesOf(error: GatewayError, providers: readonly Provider[]): readonly string[] {
  const kind = kinds[error.code];
  if (kind === undefined) return [];
  const bare = providers.flatMap(({ challenge }) => challenge ?? []);
  const parameters = kind === 'missing' ? '' : bearerError(kind, error);
  const told = bare.flatMap((challenge) => {
    if (isBearer(challenge)) return [withParameters(challenge, parameters)];
    return error.status === 401 ? [challenge] : [];
  });
  return told.length === 0 && error.status === 401 ? [otherScheme] : [...new Set(told)];
}

/**
 * HTTP has no scheme for keys in fields of their own or for certificates, but a 401 must have one challenge at least
 * (RFC 9110, 15.5.2).
 */
const otherScheme = 'ApiKey realm="weft"';

type Kind = 'missing' | 'invalid_token' | 'invalid_request' | 'insufficient_scope';

const kinds: Readonly<Partial<Record<ErrorCode, Kind>>> = {
  CREDENTIALS_MISSING: 'missing',
  CREDENTIALS_MALFORMED: 'invalid_token',
  CREDENTIALS_INVALID: 'invalid_token',
  CREDENTIALS_UNKNOWN: 'invalid_token',
  CREDENTIALS_EXPIRED: 'invalid_token',
  CREDENTIALS_NOT_YET_VALID: 'invalid_token',
  CREDENTIALS_WRONG_ISSUER: 'invalid_token',
  CREDENTIALS_WRONG_AUDIENCE: 'invalid_token',
  CREDENTIALS_REVOKED: 'invalid_token',
  CREDENTIALS_CONFLICT: 'invalid_request',
  ACCESS_DENIED: 'insufficient_scope',
  UNAUTHORIZED_FIELD_OR_TYPE: 'insufficient_scope',
};

function bearerError(kind: Kind, error: GatewayError): string {
  const described = `error="${kind}", error_description="${describe(error.publicMessage)}"`;
  const scopes = error instanceof InsufficientScope ? error.scopes : [];
  return scopes.length > 0 && scopes.every(isScope) ? `${described}, scope="${scopes.join(' ')}"` : described;
}

/** Anything but printable ASCII, `"` and `\` would end the text early, or the field. */
function describe(message: string): string {
  return message.replaceAll('"', "'").replace(/[^\x20-\x5b\x5d-\x7e]/g, '?');
}

/** RFC 6749, 3.3: what a scope may be made of. */
function isScope(text: string): boolean {
  return /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text);
}

function isBearer(challenge: string): boolean {
  return /^bearer(?: |$)/i.test(challenge);
}

function withParameters(challenge: string, parameters: string): string {
  if (parameters === '') return challenge;
  return challenge.includes(' ') ? `${challenge}, ${parameters}` : `${challenge} ${parameters}`;
}
