import { LRUCache } from 'lru-cache';
import type { IntrospectionProviderConfig } from '../../config/identity-types.ts';
import { GatewayError, type ErrorCode } from '../../errors.ts';
import { checkClaims, expiryOf, identityOf, type ClaimRules } from './claims.ts';
import { placesOf, readCredential } from '../credentials.ts';
import { checkIssuerUrl, discoverUrl } from './discovery.ts';
import { checkUrl, createJsonClient, unavailable, type JsonAnswer, type JsonClient } from './json-client.ts';
import { bearerChallenge } from './signed-tokens.ts';
import type { TokenProviderOptions } from './jwt.ts';
import { RemoteDocument } from './remote-document.ts';
import { ServerNotices } from './server-notices.ts';
import { TokenCache, type VerifiedToken } from './token-cache.ts';
import { checkLength, isRecord, looksLikeJwt } from './token-text.ts';
import type { Provider } from '../types.ts';

/** How long a refused token is remembered: it may become good, and repeating it must not cost a call each time. */
const refusalMs = 1000;

/** Bytes of refused tokens that are remembered. */
const maxRefusalBytes = 1024 * 1024;

/** RFC 6749, A.12: a token is made of visible ASCII characters. */
const tokenForm = /^[\x21-\x7e]+$/;

interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly untilMs: number;
}

/**
 * A provider of tokens that an authorization server is asked about. What it says is kept for `cache.maxAgeMs`, never past
 * the token's `exp`; a refusal for a second. One question at a time is asked about one token.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for an endpoint or issuer that is no URL.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662#section-2 | RFC 7662, 2 Introspection Endpoint}
 */
export function createIntrospectionProvider(
  config: IntrospectionProviderConfig,
  { now = Date.now }: TokenProviderOptions = {},
): Provider {
  const { name, sources, maxTokenBytes, tokens: which } = config;
  const server = openServer(config, now);
  const tokens = new TokenCache(config.cache, now);
  const refusals = new Refusals(Math.min(maxRefusalBytes, config.cache.maxBytes), now);
  const verify = async (token: string): Promise<VerifiedToken> => {
    const answer = await server.ask(token);
    try {
      return readAnswer(answer, config, now());
    } catch (error) {
      refusals.keep(token, error);
      throw error;
    }
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
      checkLength(token, maxTokenBytes);
      if (!tokenForm.test(token)) {
        throw new GatewayError(
          'CREDENTIALS_MALFORMED',
          'Expected a token of visible ASCII characters, but got others.',
        );
      }
      if (which === 'opaque' && looksLikeJwt(token)) return undefined;
      refusals.check(token);
      return tokens.verify(token, async () => verify(token));
    },
    close: async () => {
      tokens.clear();
      await server.close();
    },
  };
}

/** Checks what the server says of a token. */
function readAnswer({ value, bytes }: JsonAnswer, config: IntrospectionProviderConfig, nowMs: number): VerifiedToken {
  const claims = value as Readonly<Record<string, unknown>>;
  const expiresAtMs = expiryOf(claims);
  if (claims['active'] !== true) {
    if (expiresAtMs !== undefined && expiresAtMs <= nowMs) {
      throw new GatewayError('CREDENTIALS_EXPIRED', 'The token has expired.');
    }
    throw new GatewayError(
      'CREDENTIALS_UNKNOWN',
      'Expected a token that is active, but it is not known or no longer so.',
    );
  }
  const { issuers, audiences, requiredClaims, clockToleranceMs } = config;
  const rules: ClaimRules = { issuers, mayLackIssuer: true, audiences, requiredClaims, clockToleranceMs };
  checkClaims(claims, rules, nowMs);
  // Without the tolerance: the server's own clock decides, so it is asked again.
  return { identity: identityOf(claims, config.claims, config.name), claimsBytes: bytes, endsAtMs: expiresAtMs };
}

/** Tokens that were refused a moment ago. */
class Refusals {
  readonly #kept: LRUCache<string, Refusal> | undefined;
  readonly #now: () => number;

  constructor(maxBytes: number, now: () => number) {
    this.#kept = maxBytes > 0 ? new LRUCache({ maxSize: maxBytes }) : undefined;
    this.#now = now;
  }

  keep(token: string, error: unknown): void {
    if (!(error instanceof GatewayError)) return;
    const { code, message } = error;
    const size = 2 * (token.length + message.length) + 64;
    this.#kept?.set(token, { code, message, untilMs: this.#now() + refusalMs }, { size });
  }

  check(token: string): void {
    const refusal = this.#kept?.get(token);
    if (refusal === undefined) return;
    if (this.#now() < refusal.untilMs) throw new GatewayError(refusal.code, refusal.message);
    this.#kept?.delete(token);
  }
}

interface IntrospectionServer {
  /** @throws {GatewayError} `IDENTITY_UNAVAILABLE` where it gives no answer of RFC 7662. */
  readonly ask: (token: string) => Promise<JsonAnswer>;
  readonly close: () => Promise<void>;
}

function openServer(config: IntrospectionProviderConfig, now: () => number): IntrospectionServer {
  const what = `introspection of provider "${config.name}"`;
  const client = createJsonClient(config.remote);
  const notices = new ServerNotices(what);
  const endpoint = findEndpoint(config, client, now);
  const write = requestWriter(config);
  let isClosed = false;
  return {
    ask: async (token) => {
      const url = await endpoint.get();
      try {
        const answer = await client.ask({ method: 'POST', url, ...write(token) });
        checkAnswer(answer.value);
        notices.worked();
        return answer;
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        if (!isClosed) notices.failed(reason);
        throw unavailable(`${what} cannot be had: ${reason}`, cause);
      }
    },
    close: async () => {
      isClosed = true;
      endpoint.close();
      await client.close();
    },
  };
}

function checkAnswer(value: unknown): void {
  const active = isRecord(value) && Object.hasOwn(value, 'active') ? value['active'] : undefined;
  if (typeof active !== 'boolean') throw new Error('expected an object with "active", but got another value');
}

function findEndpoint(
  { name, endpoint, remote }: IntrospectionProviderConfig,
  client: JsonClient,
  now: () => number,
): { readonly get: () => string | Promise<string>; readonly close: () => void } {
  if ('url' in endpoint) {
    checkUrl(endpoint.url, `the introspection endpoint of provider "${name}"`);
    return { get: () => endpoint.url, close: () => {} };
  }
  const { issuer } = endpoint;
  checkUrl(issuer, `the issuer of provider "${name}"`);
  checkIssuerUrl(issuer);
  return new RemoteDocument({
    what: `introspection endpoint of provider "${name}"`,
    load: async () => {
      const signal = AbortSignal.timeout(remote.timeoutMs);
      return discoverUrl(client, issuer, { name: 'introspection_endpoint', signal });
    },
    config: remote,
    now,
  });
}

/** Body and headers of a question, with the gateway's own credentials (RFC 6749, 2.3.1). */
function requestWriter({ clientId, clientSecret, clientAuth }: IntrospectionProviderConfig) {
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
  const own: Record<string, string> = {};
  if (clientAuth === 'basic') {
    const pair = `${formEncode(clientId)}:${formEncode(clientSecret)}`;
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`;
  } else {
    own['client_id'] = clientId;
    own['client_secret'] = clientSecret;
  }
  return (token: string) => ({
    headers,
    body: new URLSearchParams({ token, token_type_hint: 'access_token', ...own }).toString(),
  });
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
