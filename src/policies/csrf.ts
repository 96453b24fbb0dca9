import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { GatewayError } from '../errors.ts';
import type { ClientInfo } from '../lib/forwarded.ts';
import type { Cors } from './cors.ts';

/** What is read of a request. */
export type BrowserRequest = Pick<IncomingMessage, 'method' | 'headers'> & { readonly socket: object };

export interface CrossSiteOptions {
  readonly client: Pick<ClientInfo, 'host' | 'protocol' | 'isFromTrustedProxy'>;
  /** CORS of the same door; undefined: no other origin is allowed. */
  readonly cors: Pick<Cors, 'trust'> | undefined;
}

/**
 * Refuses what a browser sends because a page of another site told it to: cookies and the like go along, so that it would
 * look like the user's own wish. One rule for GraphQL and REST, without tokens and without headers that clients must add:
 *
 * 1. `sec-fetch-site: same-origin` or `none` (typed, a bookmark): fine. Pages can neither set nor leave out this field.
 * 2. Another `sec-fetch-site`: refused, but for an origin that CORS allows and for a link that is followed (a GET that
 *    opens a page of its own). `same-site` is no better than `cross-site`: a subdomain may be anybody's.
 * 3. None (an old browser, or plain HTTP on a network): `origin`, where there is one, must be the request's own or one
 *    that CORS allows. Its host must be equal; an `https:` page may be at the host of a plain request, because a proxy
 *    that ends TLS may not be known as one.
 * 4. Neither field: no browser, or one that sends nothing by itself that changes anything.
 *
 * An origin that CORS allows without credentials may send none: neither cookies, nor what the browser adds of a login or
 * a client certificate. Preflights and other OPTIONS are not looked at.
 *
 * @throws {GatewayError} `CROSS_SITE_REQUEST`.
 * @see {@link https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header | Fetch Metadata, 2.3 Sec-Fetch-Site}
 */
export function checkCrossSite(req: BrowserRequest, { client, cors }: CrossSiteOptions): void {
  const { origin } = req.headers;
  const site = textOf(req, 'sec-fetch-site');
  if (site === undefined && origin === undefined) return;
  if (site === 'same-origin' || site === 'none' || req.method === 'OPTIONS') return;
  if (site === undefined && isOwnOrigin(origin, client)) return;
  if (site !== undefined && isFollowedLink(req)) return;
  if (origin !== undefined && isAllowed(req, origin, { client, cors })) return;
  const from = origin === undefined ? `site "${site?.slice(0, 100)}"` : `origin "${origin.slice(0, 100)}"`;
  throw new GatewayError(
    'CROSS_SITE_REQUEST',
    `Expected a request of this site, or of an origin that CORS allows, but got one of ${from}.`,
  );
}

function textOf({ headers }: BrowserRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'object' ? value.join(', ') : value;
}

/** A user goes to a page of ours: nothing is changed by GET, and the other site sees nothing of the answer. */
function isFollowedLink(req: BrowserRequest): boolean {
  return (
    (req.method === 'GET' || req.method === 'HEAD') &&
    req.headers['sec-fetch-mode'] === 'navigate' &&
    req.headers['sec-fetch-dest'] === 'document'
  );
}

function isOwnOrigin(origin: string | undefined, { host, protocol }: CrossSiteOptions['client']): boolean {
  if (origin === undefined || host === undefined) return false;
  const theirs = URL.parse(origin);
  if (theirs === null || (theirs.protocol !== 'https:' && theirs.protocol !== `${protocol}:`)) return false;
  const ours = URL.parse(`${theirs.protocol}//${host}`);
  return ours !== null && ours.origin === theirs.origin;
}

function isAllowed(req: BrowserRequest, origin: string, { client, cors }: CrossSiteOptions): boolean {
  switch (cors?.trust(origin)) {
    case 'with-credentials':
      return true;
    case 'without-credentials':
      return !hasAmbientCredentials(req, client);
    case 'none':
    case undefined:
    default:
      return false;
  }
}

/** Credentials that a browser sends unasked. A bearer token and a key in a header come from the page's own code. */
function hasAmbientCredentials({ headers, socket }: BrowserRequest, client: CrossSiteOptions['client']): boolean {
  if (headers.cookie !== undefined) return true;
  if (headers.authorization !== undefined && !/^bearer /i.test(headers.authorization)) return true;
  if (client.isFromTrustedProxy && headers['client-cert'] !== undefined) return true;
  return socket instanceof TLSSocket && socket.authorized;
}
