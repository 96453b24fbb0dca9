import { randomBytes } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import type { RouteConfig } from '../config/types.ts';
import { GatewayError } from '../errors.ts';
import { corsFields } from '../lib/http-fields.ts';
import { hasBody } from '../lib/unread-request.ts';
import { joinVary } from '../lib/vary.ts';
import { publishInternalError } from '../telemetry/channels.ts';
import { visiblePath } from '../upstream/hidden.ts';
import type { Upstream } from '../upstream/pool.ts';
import type { StreamResponse } from '../upstream/stream.ts';
import type { CallAbout, RequestScope } from '../upstream/types.ts';
import type { AskedCall, Exchange } from './cache/exchange.ts';
import type { RouteCache } from './cache/route-cache.ts';
import { conditionFields } from '../cache/http/conditions.ts';
import { writeError, type ErrorOptions } from './error-response.ts';
import { createLocationRewriter } from './location.ts';
import { createMatcher, type MatchRoute, type RouteMatch, type ServedMatch } from './match.ts';
import { cameFromUs, requestFields } from './request-fields.ts';
import { responseFields } from './response-fields.ts';

/**
 * Passes HTTP requests on to upstreams by path, streaming both bodies as they come. In: a request and its route's match.
 * Out: the upstream's answer, or a JSON error where none came. It reads and changes no body, keeps nothing itself, retries
 * nothing that has a body, and never ends an answer well that was cut off.
 */
export interface Passthrough {
  readonly match: MatchRoute;
  /** Answers a matched request. Never rejects. */
  readonly forward: (
    req: IncomingMessage,
    res: ServerResponse,
    match: RouteMatch,
    scope: RequestScope,
  ) => Promise<void>;
  /** Answers a request that was not let in. */
  readonly refuse: (
    req: IncomingMessage,
    res: ServerResponse,
    refusal: { readonly error: GatewayError; readonly scope: RequestScope },
  ) => void;
}

interface Forwarding {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly match: ServedMatch;
  readonly scope: RequestScope;
  readonly hasCors: boolean;
}

export interface PassthroughOptions {
  /** Whether this gateway speaks CORS on a route; the upstream's own fields about it do not pass then. Default: on none. */
  readonly hasCors?: (route: RouteConfig) => boolean;
  /** What a route keeps of its upstream's answers; undefined: nothing. Asked once for each route. Default: nothing. */
  readonly cacheFor?: (route: RouteConfig) => RouteCache | undefined;
}

/**
 * @param upstreams By name; every route's upstream is among them.
 * @throws {GatewayError} `CONFIGURATION_INVALID` for routes that cannot work.
 */
export function createPassthrough(
  routes: readonly RouteConfig[],
  upstreams: ReadonlyMap<string, Upstream>,
  { hasCors = () => false, cacheFor = () => undefined }: PassthroughOptions = {},
): Passthrough {
  for (const { path, upstream } of routes) {
    if (!upstreams.has(upstream)) {
      throw new GatewayError('CONFIGURATION_INVALID', `route "${path}": there is no upstream "${upstream}"`);
    }
  }
  const caches = new Map(routes.map((route) => [route, cacheFor(route)]));
  const abouts = new Map(routes.map((route) => [route, aboutOf(route)]));
  const match = createMatcher(routes);
  const rewrite = createLocationRewriter(match, (name) => upstreams.get(name)?.targets ?? []);
  // Two gateways in a row are no loop; one gateway twice is.
  const pseudonym = `weft-${randomBytes(4).toString('hex')}`;
  return {
    match,
    refuse: (req, res, { error, scope: { requestId } }) => {
      // Who is not let in does not get to fill our time with a body.
      fail(res, error, { requestId, leavesBody: true });
      req.resume();
    },
    forward: async (req, res, found, scope) => {
      const { requestId } = scope;
      try {
        if (found.kind === 'refused') {
          writeError(res, found.error, { requestId, headers: found.headers, leavesBody: true });
          return;
        }
        checkPassable(req, pseudonym);
        const { route } = found;
        const forwarding = { req, res, match: found, scope, hasCors: hasCors(route) };
        const publicLocation = (location: string): string => rewrite(location, route);
        const upstream = upstreams.get(route.upstream) as Upstream;
        const about = abouts.get(route) as CallAbout;
        const exchange = createExchange(forwarding, { upstream, pseudonym, publicLocation, about });
        const cache = caches.get(route);
        if (cache !== undefined) await cache.answer(exchange);
        else await exchange.pass(await exchange.call({ conditions: undefined, signal: scope.signal }), {});
      } catch (error) {
        fail(res, error, { requestId });
      } finally {
        // What the upstream did not want of the body is read away, so that the connection can serve its next request.
        req.unpipe();
        req.resume();
      }
    },
  };
}

/** The path as it is sent may hold personal data. */
function aboutOf({ path }: RouteConfig): CallAbout {
  return { kind: 'passthrough', template: path, operationName: undefined };
}

function checkPassable(req: IncomingMessage, pseudonym: string): void {
  if (/\bwebsocket\b/i.test(req.headers.upgrade ?? '')) {
    throw new GatewayError('BAD_REQUEST', 'WebSocket connections are not passed on.');
  }
  if (cameFromUs(req, pseudonym)) {
    throw new GatewayError('LOOP_DETECTED', 'The request came back to the gateway that forwarded it.');
  }
}

interface Passing {
  readonly upstream: Upstream;
  readonly pseudonym: string;
  readonly publicLocation: (location: string) => string;
  readonly about: CallAbout;
}

function createExchange(forwarding: Forwarding, passing: Passing): Exchange {
  const { req, res, match, scope } = forwarding;
  const { upstream } = passing;
  const path = visiblePath(match.path, scope.hidden);
  const fieldsOf: Exchange['fieldsOf'] = (answered) => publicFields(forwarding, answered, passing.publicLocation);
  return {
    ...{ req, res, scope, upstream, path, fieldsOf, route: match.route, authority: match.authority },
    call: async (asked) => call(forwarding, { ...passing, path }, asked),
    // Whatever goes wrong, the upstream's socket does not wait for a reader who never comes.
    pass: async (response, more) =>
      answer(forwarding, response, () => Object.assign(fieldsOf(response), more)).finally(() =>
        response.body.destroy(),
      ),
  };
}

async function call(
  { req, match, scope }: Forwarding,
  { upstream, pseudonym, path, about }: Passing & { readonly path: string },
  { method, conditions, signal, isInBackground = false }: AskedCall,
): Promise<StreamResponse> {
  const fields = requestFields(req, { rules: upstream.headerRules, scope, pseudonym, authority: match.authority });
  return upstream.stream({
    method: method ?? req.method ?? 'GET',
    path,
    headers: conditions === undefined ? fields : withConditions(fields, conditions),
    body: method === undefined && hasBody(req) ? bodyOf(req) : undefined,
    about,
    scope: isInBackground ? undefined : scope,
    signal,
  });
}

/** Fields, names and values in turn, with these conditions in place of their own. */
function withConditions(fields: readonly string[], conditions: Readonly<Record<string, string>>): string[] {
  const changed: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    if (!conditionFields.has(name)) changed.push(name, fields[index + 1] ?? '');
  }
  for (const [name, value] of Object.entries(conditions)) changed.push(name, value);
  return changed;
}

function publicFields(
  { res, scope, hasCors }: Forwarding,
  answered: Parameters<Exchange['fieldsOf']>[0],
  publicLocation: (location: string) => string,
): OutgoingHttpHeaders {
  const fields = responseFields(answered, { requestId: scope.requestId, publicLocation });
  if (hasCors) for (const name of corsFields) delete fields[name];
  // What the entrance has set counts beside what the upstream says.
  if (res.hasHeader('vary')) fields['vary'] = joinVary(fields['vary'], res.getHeader('vary'));
  return fields;
}

async function answer(
  { req, res }: Forwarding,
  { status, body }: StreamResponse,
  fields: () => OutgoingHttpHeaders,
): Promise<void> {
  if (body.errored !== null) throw body.errored;
  if (req.method === 'HEAD' || status === 204 || status === 304) {
    body.resume();
    res.writeHead(status, fields()).end();
    return;
  }
  res.writeHead(status, fields());
  // An event stream may be silent for long after its headers; where a part is there already they go out with it.
  if (body.readableLength === 0 && !body.readableEnded) res.flushHeaders();
  await passOn(body, res);
}

/**
 * Writes a body into an answer, and rejects where either is cut off: with the body's own error, or because the client left.
 * `pipeline` of Node.js makes an error for every answer that ends well, which costs a tenth of a small request.
 */
function passOn(body: Readable, res: ServerResponse): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const failed = (error: Error): void => {
    res.destroy();
    reject(error);
  };
  body.on('error', failed);
  res.on('error', failed);
  res.once('close', () => {
    if (res.writableFinished) resolve();
    else reject(new Error('the client left'));
  });
  if (body.errored !== null) failed(body.errored);
  else if (res.destroyed) reject(new Error('the client left'));
  else body.pipe(res);
  return promise;
}

/** The request's body as a stream of its own: the call may destroy it without the client's socket going with it. */
function bodyOf(req: IncomingMessage): Readable {
  return req.pipe(new PassThrough());
}

function fail(res: ServerResponse, thrown: unknown, options: ErrorOptions): void {
  // The client is gone: there is nobody to tell.
  if (res.destroyed && !(thrown instanceof GatewayError)) return;
  const error =
    thrown instanceof GatewayError
      ? thrown
      : new GatewayError('INTERNAL_ERROR', `passthrough: ${String(thrown)}`, { cause: thrown });
  if (error.status >= 500) publishInternalError({ error, requestId: options.requestId });
  writeError(res, error, options);
}
