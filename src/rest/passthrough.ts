import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
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
import type { RequestScope } from '../upstream/types.ts';
import { writeError, type ErrorOptions } from './error-response.ts';
import { createLocationRewriter } from './location.ts';
import { createMatcher, type MatchRoute, type RouteMatch, type ServedMatch } from './match.ts';
import { cameFromUs, requestFields } from './request-fields.ts';
import { responseFields } from './response-fields.ts';

/**
 * Passes HTTP requests on to upstreams by path, streaming both bodies as they come. In: a request and its route's match.
 * Out: the upstream's answer, or a JSON error where none came. It reads and changes no body, keeps nothing, retries
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
}

export interface PassthroughOptions {
  /** Whether this gateway speaks CORS on a route; the upstream's own fields about it do not pass then. Default: on none. */
  readonly hasCors?: (route: RouteConfig) => boolean;
}

/**
 * @param upstreams By name; every route's upstream is among them.
 * @throws {GatewayError} `CONFIGURATION_INVALID` for routes that cannot work.
 */
export function createPassthrough(
  routes: readonly RouteConfig[],
  upstreams: ReadonlyMap<string, Upstream>,
  { hasCors = () => false }: PassthroughOptions = {},
): Passthrough {
  for (const { path, upstream } of routes) {
    if (!upstreams.has(upstream)) {
      throw new GatewayError('CONFIGURATION_INVALID', `route "${path}": there is no upstream "${upstream}"`);
    }
  }
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
        const forwarding = { req, res, match: found, scope };
        const upstream = upstreams.get(found.route.upstream) as Upstream;
        const response = await call(forwarding, upstream, pseudonym);
        const publicLocation = (location: string): string => rewrite(location, found.route);
        // Whatever goes wrong, the upstream's socket does not wait for a reader who never comes.
        const rules = { publicLocation, hasCors: hasCors(found.route) };
        await answer(forwarding, response, rules).finally(() => response.body.destroy());
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

async function call({ req, match, scope }: Forwarding, upstream: Upstream, pseudonym: string): Promise<StreamResponse> {
  if (/\bwebsocket\b/i.test(req.headers.upgrade ?? '')) {
    throw new GatewayError('BAD_REQUEST', 'WebSocket connections are not passed on.');
  }
  if (cameFromUs(req, pseudonym)) {
    throw new GatewayError('LOOP_DETECTED', 'The request came back to the gateway that forwarded it.');
  }
  return upstream.stream({
    method: req.method ?? 'GET',
    path: visiblePath(match.path, scope.hidden),
    headers: requestFields(req, { rules: upstream.headerRules, scope, pseudonym, authority: match.authority }),
    body: hasBody(req) ? bodyOf(req) : undefined,
    signal: scope.signal,
  });
}

async function answer(
  { req, res, scope }: Forwarding,
  response: StreamResponse,
  { publicLocation, hasCors }: { readonly publicLocation: (location: string) => string; readonly hasCors: boolean },
): Promise<void> {
  const { status, body } = response;
  if (body.errored !== null) throw body.errored;
  const fields = responseFields(response, { requestId: scope.requestId, publicLocation });
  if (hasCors) for (const name of corsFields) delete fields[name];
  // What the entrance has set counts beside what the upstream says.
  if (res.hasHeader('vary')) fields['vary'] = joinVary(fields['vary'], res.getHeader('vary'));
  if (req.method === 'HEAD' || status === 204 || status === 304) {
    body.resume();
    res.writeHead(status, fields).end();
    return;
  }
  res.writeHead(status, fields);
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
