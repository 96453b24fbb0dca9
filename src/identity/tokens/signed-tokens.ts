import { compactVerify } from 'jose';
import type { JwtProviderConfig, OidcProviderConfig, SigningAlgorithm } from '../../config/identity-types.ts';
import { GatewayError } from '../../errors.ts';
import { checkClaims, checkIssuer, expiryOf, identityOf, type ClaimRules } from './claims.ts';
import { placesOf, readCredential } from '../credentials.ts';
import type { KeyFinder, KeyQuery } from './verification-keys.ts';
import { TokenCache, type VerifiedToken } from './token-cache.ts';
import { readTokenText, type TokenText } from './token-text.ts';
import type { Provider } from '../types.ts';

/** What `jwt` and `oidc` providers share: signed tokens, verified here. */
export interface SignedTokenOptions {
  readonly config: JwtProviderConfig | OidcProviderConfig;
  readonly issuers: readonly string[];
  readonly keys: KeyFinder;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The challenge of providers whose token may stand in `authorization` (RFC 6750, 3); HTTP has none for other places. */
export function bearerChallenge(sources: JwtProviderConfig['sources']): string | undefined {
  return sources.some(({ from }) => from === 'authorization') ? 'Bearer realm="weft"' : undefined;
}

/** Verifies signed tokens, each once as long as it is kept. */
export function createSignedTokenProvider({ config, issuers, keys, now }: SignedTokenOptions): Provider {
  const { name, sources, maxTokenBytes, clockToleranceMs, audiences, requiredClaims } = config;
  const rules: ClaimRules = { issuers, mayLackIssuer: false, audiences, requiredClaims, clockToleranceMs };
  const tokens = new TokenCache(config.cache, now);
  const verify = async (token: string, { claims, claimsBytes }: TokenText, query: KeyQuery): Promise<VerifiedToken> => {
    await verifySignature(token, query, keys);
    checkClaims(claims, rules, now());
    const expiresAtMs = expiryOf(claims);
    return {
      identity: identityOf(claims, config.claims, name),
      claimsBytes,
      endsAtMs: expiresAtMs === undefined ? undefined : expiresAtMs + clockToleranceMs,
    };
  };
  return {
    name,
    places: placesOf(sources),
    hidesCredentials: config.hidesCredentials,
    challenge: bearerChallenge(sources),
    identify: (request) => {
      const token = readCredential(request, sources);
      if (token === undefined) return undefined;
      const known = tokens.find(token);
      if (known !== undefined) return known;
      const text = readTokenText(token, maxTokenBytes);
      // Whose token it is comes first: it may be another provider's, with other algorithms.
      checkIssuer(text.claims, rules);
      const query = readHeader(text, keys);
      return tokens.verify(token, async () => verify(token, text, query));
    },
    close: async () => {
      tokens.clear();
      await keys.close();
    },
  };
}

/**
 * What the header says of the key.
 *
 * @throws {GatewayError} `CREDENTIALS_INVALID` for an algorithm that is not allowed (`none` among them), and for `crit`:
 *   no extension is understood, so RFC 7515, 4.1.11 asks to refuse the token.
 */
function readHeader({ header }: TokenText, { algorithms }: KeyFinder): KeyQuery {
  const own = (name: string): unknown => (Object.hasOwn(header, name) ? header[name] : undefined);
  const alg = own('alg');
  const kid = own('kid');
  if (typeof alg !== 'string' || !algorithms.has(alg)) {
    throw invalid('Expected a token signed by an algorithm that is allowed, but it has another one or none.');
  }
  if (own('crit') !== undefined) throw invalid('Expected a token without critical extensions, but it has some.');
  if (kid !== undefined && typeof kid !== 'string') throw invalid('Expected the header "kid" to be a text.');
  return { alg: alg as SigningAlgorithm, kid };
}

async function verifySignature(token: string, query: KeyQuery, keys: KeyFinder): Promise<void> {
  const candidates = await keys.find(query);
  if (candidates.length === 0) {
    throw new GatewayError('CREDENTIALS_UNKNOWN', 'Expected a token signed by a known key, but got another one.');
  }
  let cause: unknown;
  for (const key of candidates) {
    try {
      await compactVerify(token, key, { algorithms: [query.alg] });
      return;
    } catch (error) {
      cause = error;
    }
  }
  throw new GatewayError('CREDENTIALS_INVALID', 'Expected a token with a good signature, but it does not verify.', {
    cause,
  });
}

function invalid(message: string): GatewayError {
  return new GatewayError('CREDENTIALS_INVALID', message);
}
