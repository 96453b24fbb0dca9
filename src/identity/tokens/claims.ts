import type { ClaimNames } from '../../config/identity-types.ts';
import { GatewayError } from '../../errors.ts';
import { readClaim } from '../../lib/read-claim.ts';
import type { Identity } from '../types.ts';

/**
 * Claims of a verified token: checked, and made into an identity. Every claim is read as an own property, so `__proto__`
 * and `constructor` are names like any other.
 */

export type Claims = Readonly<Record<string, unknown>>;

/** What claims are held against. */
export interface ClaimRules {
  /** `iss` must be one of them. Empty: not looked at. */
  readonly issuers: readonly string[];
  /** Whether claims without `iss` pass where `issuers` names some. */
  readonly mayLackIssuer: boolean;
  /** One of them must be in `aud`. Empty: not looked at. */
  readonly audiences: readonly string[];
  /** Dotted paths. */
  readonly requiredClaims: readonly string[];
  /** In milliseconds. */
  readonly clockToleranceMs: number;
}

/**
 * Checks the registered claims and those that are required.
 *
 * @param nowMs In milliseconds since 1970.
 * @throws {GatewayError} `CREDENTIALS_INVALID` for a claim of a wrong type and a required one that is missing;
 *   `CREDENTIALS_WRONG_ISSUER`, `CREDENTIALS_EXPIRED`, `CREDENTIALS_NOT_YET_VALID`, `CREDENTIALS_WRONG_AUDIENCE`.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7519#section-4.1 | RFC 7519, 4.1 Registered Claim Names}
 */
export function checkClaims(claims: Claims, rules: ClaimRules, nowMs: number): void {
  checkIssuer(claims, rules);
  readSeconds(claims, 'iat');
  const expiresAt = expiryOf(claims);
  const startsAt = readSeconds(claims, 'nbf');
  if (expiresAt !== undefined && nowMs >= expiresAt + rules.clockToleranceMs) {
    throw new GatewayError('CREDENTIALS_EXPIRED', 'The token has expired.');
  }
  if (startsAt !== undefined && nowMs < startsAt * 1000 - rules.clockToleranceMs) {
    throw new GatewayError('CREDENTIALS_NOT_YET_VALID', 'The token is not valid yet.');
  }
  checkAudience(claims, rules.audiences);
  for (const name of rules.requiredClaims) {
    if (readClaim(claims, name) === undefined) {
      throw new GatewayError('CREDENTIALS_INVALID', `Expected a token with the claim "${name}", but it has none.`);
    }
  }
}

/**
 * Checks `iss` alone. It may be asked of claims that are not verified: whose token it claims to be.
 *
 * @throws {GatewayError} `CREDENTIALS_INVALID` for an `iss` that is no text, `CREDENTIALS_WRONG_ISSUER` for another one.
 */
export function checkIssuer(claims: Claims, rules: Pick<ClaimRules, 'issuers' | 'mayLackIssuer'>): void {
  const issuer = readText(claims, 'iss');
  if (rules.issuers.length === 0) return;
  if (issuer === undefined ? rules.mayLackIssuer : rules.issuers.includes(issuer)) return;
  const got = issuer === undefined ? 'it names none' : 'it names another';
  throw new GatewayError('CREDENTIALS_WRONG_ISSUER', `Expected a token of a known issuer, but ${got}.`);
}

function checkAudience(claims: Claims, audiences: readonly string[]): void {
  const given = readTexts(claims, 'aud') ?? [];
  if (audiences.length === 0 || audiences.some((audience) => given.includes(audience))) return;
  throw new GatewayError('CREDENTIALS_WRONG_AUDIENCE', 'Expected a token for this gateway, but it is for another one.');
}

/**
 * When the claims end, in milliseconds since 1970, without any tolerance; undefined where they do not.
 *
 * @throws {GatewayError} `CREDENTIALS_INVALID` for an `exp` that is no number.
 */
export function expiryOf(claims: Claims): number | undefined {
  const seconds = readSeconds(claims, 'exp');
  return seconds === undefined ? undefined : seconds * 1000;
}

/**
 * What checked claims say of who asks. The identity and all that is in it is frozen, as many requests share it.
 *
 * @param provider Name of the provider.
 * @throws {GatewayError} `CREDENTIALS_INVALID` for a claim of a wrong type.
 */
export function identityOf(claims: Claims, names: ClaimNames, provider: string): Identity {
  const subject = readText(claims, 'sub');
  const client = readText(claims, names.client) ?? (names.client === 'client_id' ? readText(claims, 'azp') : undefined);
  return freezeDeeply({
    provider,
    subject,
    issuer: readText(claims, 'iss'),
    tokenId: readText(claims, 'jti'),
    consumerKeys: [
      ...(subject === undefined ? [] : [`subject:${subject}`]),
      ...(client === undefined ? [] : [`client:${client}`]),
    ],
    tier: names.tier === undefined ? undefined : readText(claims, names.tier),
    scopes: readScopes(claims, names.scopes),
    roles: readTexts(claims, names.roles) ?? [],
    claims,
  });
}

/** RFC 8693, 4.2: `scope` is one text with spaces between. Some servers send a list, some call it `scp`. */
function readScopes(claims: Claims, name: string): readonly string[] {
  const known = name === 'scope' && readClaim(claims, name) === undefined ? 'scp' : name;
  const given = readClaim(claims, known);
  if (typeof given === 'string') return given.split(' ').filter((scope) => scope !== '');
  return readTexts(claims, known) ?? [];
}

/** One text or a list of them, as a list; undefined where there is none. */
function readTexts(claims: Claims, name: string): readonly string[] | undefined {
  const given = readClaim(claims, name);
  if (given === undefined) return undefined;
  if (typeof given === 'string') return [given];
  if (Array.isArray(given) && given.every((one) => typeof one === 'string')) return given;
  return refuseType(name, 'a text or a list of texts', given);
}

function readText(claims: Claims, name: string): string | undefined {
  const given = readClaim(claims, name);
  // An empty name would make one caller of all who have none.
  if (given === undefined || (typeof given === 'string' && given !== '')) return given;
  return refuseType(name, 'a text that is not empty', given);
}

/** RFC 7519, 2: a NumericDate is a number of seconds, with or without a fraction. */
function readSeconds(claims: Claims, name: string): number | undefined {
  const given = readClaim(claims, name);
  // JSON.parse reads 1e999 as Infinity.
  if (given === undefined || (typeof given === 'number' && Number.isFinite(given))) return given;
  return refuseType(name, 'a number of seconds', given);
}

function refuseType(name: string, expected: string, given: unknown): never {
  const got = Array.isArray(given) ? 'array' : given === null ? 'null' : typeof given;
  throw new GatewayError('CREDENTIALS_INVALID', `Expected the claim "${name}" to be ${expected}, but got: ${got}.`);
}

/** A list in place of recursion: claims may be nested more deeply than the stack is high. */
function freezeDeeply<T extends object>(value: T): T {
  const waiting: object[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const part of Object.values(next) as unknown[])
      if (typeof part === 'object' && part !== null) waiting.push(part);
    Object.freeze(next);
  }
  return value;
}
