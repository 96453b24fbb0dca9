import { Pool } from 'undici';
import { GatewayError } from '../errors.ts';
import type { Caller } from '../identity/caller.ts';
import type { PolicyAuthority, PolicyDecision, PolicyRequest } from './policy-answers.ts';

export interface HttpAuthorityOptions {
  /** `http:` or `https:`. */
  readonly url: string;
  /** Sent with every question. */
  readonly headers: Readonly<Record<string, string>>;
  /** Longest time until the whole answer is there, in milliseconds; above 0. */
  readonly timeoutMs: number;
  /** Largest answer, in bytes; above 0. Default 64 KiB. */
  readonly maxBytes?: number;
}

/**
 * Asks an HTTP authoriser: `POST {"policies": ["..."], "caller": {...}, "request": {...}}`, answered with 200 and
 * `{"policies": {"<name>": true}}`. A policy that the answer does not name is denied.
 *
 * Any other answer, or none, denies nothing and grants nothing: the question rejects with `IDENTITY_UNAVAILABLE`, so that
 * the whole request fails. A broken authoriser must not look like one that says no. Redirects are not followed: they
 * would send what is known of a caller elsewhere.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for a URL that is not of `http:` or `https:`.
 */
export function createHttpAuthority(options: HttpAuthorityOptions): PolicyAuthority {
  const { headers, timeoutMs, maxBytes = 65_536 } = options;
  const url = readUrl(options.url);
  const pool = new Pool(url.origin, { maxResponseSize: maxBytes, pipelining: 1, connections: 16 });
  const post = async (body: string, signal: AbortSignal): Promise<string> => {
    const answer = await pool.request({
      method: 'POST',
      path: url.pathname + url.search,
      headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
      body,
      signal,
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`Expected status 200, but got: ${answer.statusCode}`);
    return text;
  };
  // A question changes nothing, so it may be asked again where a kept socket turned out to be closed.
  const postTwice = async (body: string): Promise<string> => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await post(body, signal);
    } catch (error) {
      if (!isClosed(error)) throw error;
      return post(body, signal);
    }
  };
  return {
    ask: async (names, caller, request) => {
      try {
        return readDecisions(names, await postTwice(writeQuestion(names, caller, request)));
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
        throw new GatewayError('IDENTITY_UNAVAILABLE', `policy authoriser at ${url.origin}: ${reason}`, { cause });
      }
    },
    close: async () => pool.close(),
  };
}

function isClosed(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

function readUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new GatewayError('CONFIGURATION_INVALID', 'Expected a URL of http: or https: for the policy authoriser.');
  }
  return url;
}

function writeQuestion(names: readonly string[], caller: Caller, request: PolicyRequest): string {
  const { id, subject, consumer, tier, scopes, roles, claims } = caller;
  const { requestId, address, operationName } = request;
  return JSON.stringify({
    policies: names,
    caller: { id, subject, consumer, tier, scopes: [...scopes], roles: [...roles], claims },
    request: { requestId, address, operationName },
  });
}

function readDecisions(names: readonly string[], text: string): ReadonlyMap<string, PolicyDecision> {
  const policies = memberOf(parse(text), 'policies');
  if (typeof policies !== 'object' || policies === null || Array.isArray(policies)) {
    throw new Error('Expected {"policies": {...}}, but got: other JSON');
  }
  return new Map(names.map((name) => [name, decisionOf(name, memberOf(policies, name) ?? false)]));
}

function decisionOf(name: string, value: unknown): PolicyDecision {
  if (typeof value !== 'boolean') {
    throw new Error(`Expected true or false for policy "${name}", but got: a value of type ${typeof value}`);
  }
  return value ? 'granted' : 'denied';
}

/** The message of `JSON.parse` has a part of the text in it, which is not for the log. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('Expected JSON, but got: other text');
  }
}

/** Own members only: a policy may be called `constructor`. */
function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
