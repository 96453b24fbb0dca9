import type { IncomingMessage } from 'node:http';
import type { CorsConfig, CorsPolicy } from '../config/identity-types.ts';
import { GatewayError } from '../errors.ts';
import { isFieldName } from '../lib/http-fields.ts';

/** Response headers by lower-case name. */
export type CorsHeaders = Readonly<Record<string, string>>;

/** Which pages of other origins may read answers. */
export interface Cors {
  /**
   * The headers of the answer, 204, to a preflight; undefined for every other request. An origin or method that is not
   * allowed is not named in them, so that the browser refuses: an answer of another status would say no more to a page.
   */
  readonly preflight: (
    req: Pick<IncomingMessage, 'method' | 'headers'>,
    options: { readonly allowedMethods: readonly string[] },
  ) => CorsHeaders | undefined;
  /** The headers of any other answer, refusals too: without them a page cannot read why. */
  readonly responseHeaders: (origin: string | undefined) => CorsHeaders;
  /** Whether pages of an origin may send requests: with the browser's credentials, without them, or not at all. */
  readonly trust: (origin: string) => 'with-credentials' | 'without-credentials' | 'none';
}

/**
 * CORS by policies; the first that has the origin counts.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for credentials with `*` or `null`, which any page can be, and for what
 *   is no origin.
 * @see {@link https://fetch.spec.whatwg.org/#http-cors-protocol | Fetch, 3.3 CORS protocol}
 */
export function createCors({ policies }: CorsConfig): Cors {
  // With `*` alone the answer is the same for all; else a cache must not give one origin's answer to another.
  const isSameForAll = policies.length === 1 && policies[0]?.origins.includes('*') === true;
  const vary: CorsHeaders = isSameForAll ? {} : { vary: 'origin' };
  const compiled = policies.map((policy) => compile(policy, vary));
  const find = (origin: string): CompiledPolicy | undefined => compiled.find(({ holds }) => holds(origin));
  const responseHeaders = (origin: string | undefined): CorsHeaders => {
    if (isSameForAll) return compiled[0]?.answerHeaders ?? vary;
    const policy = origin === undefined ? undefined : find(origin);
    if (policy === undefined || origin === undefined) return vary;
    return policy.isForAll ? policy.answerHeaders : { 'access-control-allow-origin': origin, ...policy.answerHeaders };
  };
  return {
    responseHeaders,
    preflight: ({ method, headers }, { allowedMethods }) => {
      const { origin } = headers;
      const asked = headers['access-control-request-method'];
      if (method !== 'OPTIONS' || origin === undefined || asked === undefined) return undefined;
      const policy = find(origin);
      if (policy === undefined) return vary;
      const methods = policy.methods.filter((one) => allowedMethods.includes(one));
      return { ...responseHeaders(origin), ...preflightHeaders(policy, methods, headers) };
    },
    trust: (origin) => {
      const policy = find(origin);
      if (policy === undefined) return 'none';
      return policy.credentials ? 'with-credentials' : 'without-credentials';
    },
  };
}

interface CompiledPolicy extends CorsPolicy {
  readonly isForAll: boolean;
  readonly holds: (origin: string) => boolean;
  /** Of an answer that is no preflight's: all but the name of a single origin. */
  readonly answerHeaders: CorsHeaders;
}

function compile(policy: CorsPolicy, vary: CorsHeaders): CompiledPolicy {
  const { origins, credentials, exposedHeaders } = policy;
  const exact = new Set<string>();
  const patterns: OriginPattern[] = [];
  for (const origin of origins) {
    if (origin === 'null') exact.add(origin);
    else if (origin.includes('*') && origin !== '*') patterns.push(readPattern(origin));
    else if (origin !== '*') exact.add(readOrigin(origin));
  }
  const isForAll = origins.includes('*');
  if (credentials && (isForAll || exact.has('null'))) {
    throw new GatewayError(
      'CONFIGURATION_INVALID',
      'cors: "credentials" goes with named origins only: any page can be "*" or "null"',
    );
  }
  return {
    ...policy,
    isForAll,
    holds: (origin) => isForAll || exact.has(origin) || patterns.some((pattern) => matches(pattern, origin)),
    answerHeaders: {
      ...(isForAll ? { 'access-control-allow-origin': '*' } : {}),
      ...(credentials ? { 'access-control-allow-credentials': 'true' } : {}),
      ...(exposedHeaders.length > 0 ? { 'access-control-expose-headers': exposedHeaders.join(', ') } : {}),
      ...vary,
    },
  };
}

function preflightHeaders(
  { headers: allowed, maxAgeSeconds }: CompiledPolicy,
  methods: readonly string[],
  { 'access-control-request-headers': asked }: IncomingMessage['headers'],
): CorsHeaders {
  const names = allowed?.join(', ') ?? readNames(asked);
  return {
    ...(methods.length > 0 ? { 'access-control-allow-methods': methods.join(', ') } : {}),
    ...(names === '' ? {} : { 'access-control-allow-headers': names }),
    'access-control-max-age': String(maxAgeSeconds),
  };
}

/** The names that a preflight asks for; none where one of them is no name, as no browser asks so. */
function readNames(asked: string | string[] | undefined): string {
  const names = String(asked ?? '')
    .split(',')
    .map((name) => name.trim());
  return names.every(isFieldName) ? names.join(', ') : '';
}

/** `https://*.app.example:8443`: what stands before the label and what stands after it. */
interface OriginPattern {
  readonly start: string;
  readonly end: string;
}

function readPattern(origin: string): OriginPattern {
  if (!/^https?:\/\/\*\.[^*]+$/i.test(origin)) refuse(origin);
  const { protocol, host } = new URL(readOrigin(origin.replace('*', 'a')));
  return { start: `${protocol}//`, end: host.slice(1) };
}

/** One label, and nothing else of the origin: neither `a.b` nor `evil.example/` may stand for it. */
function matches({ start, end }: OriginPattern, origin: string): boolean {
  if (!origin.startsWith(start) || !origin.endsWith(end)) return false;
  return /^[a-z\d_](?:[a-z\d_-]*[a-z\d_])?$/.test(origin.slice(start.length, -end.length));
}

/** As browsers write it: in lower case, without a default port. */
function readOrigin(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || `${url.origin}/` !== url.href) return refuse(text);
  return url.origin;
}

function refuse(origin: string): never {
  throw new GatewayError(
    'CONFIGURATION_INVALID',
    `cors: expected an origin such as https://app.example or https://*.app.example, but got: ${origin}`,
  );
}
