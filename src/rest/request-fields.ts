import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { forwardedElement, plainAddress, type ClientInfo, type Incoming } from '../lib/forwarded.ts';
import { hopByHopFields, isFieldValue, nominatedFields } from '../lib/http-fields.ts';
import { isTraceField } from '../lib/propagation.ts';
import { visibleValue } from '../upstream/hidden.ts';
import { upstreamHeaders, type HeaderRules } from '../upstream/request-headers.ts';
import type { RequestScope } from '../upstream/types.ts';

/** Made anew for the next connection, so the client's own never pass. */
const replacedFields: ReadonlySet<string> = new Set([
  ...hopByHopFields,
  'content-length',
  'expect',
  'forwarded',
  'host',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
]);

/** What only a trusted proxy may say: RFC 9440, 2.4 has a stranger's word on certificates taken out. */
const proxyFields = /^(?:x-forwarded-.*|client-cert|client-cert-chain)$/;

export interface FieldsOptions {
  readonly rules: HeaderRules;
  readonly scope: RequestScope;
  /** Our name in `via`, by which a loop is known. */
  readonly pseudonym: string;
  /** Host and port of an absolute request target. */
  readonly authority: string | undefined;
}

/**
 * The header fields of a passed-on request, names and values in turn. The client's end-to-end fields pass; those of its
 * connection, those its `connection` field nominates, and what `scope.hidden` names, do not. What the upstream's
 * `headers` name comes from there alone. `via` grows by one.
 *
 * `forwarded` and `x-forwarded-for` are written anew from `scope.client`: the believed client, the trusted proxies, the
 * other side of the connection. `x-forwarded-host` and `-proto` are its too. All other `x-forwarded-*`, and
 * `client-cert`, pass from a trusted proxy only. Fields of single products (`x-real-ip`, `true-client-ip`,
 * `cf-connecting-ip`) pass from everyone: this gateway gives them no meaning, and neither should an upstream behind it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-7.6 | RFC 9110, 7.6 Message Forwarding}
 * @see {@link https://www.rfc-editor.org/rfc/rfc7239 | RFC 7239, Forwarded HTTP Extension}
 */
export function requestFields(req: IncomingMessage, options: FieldsOptions): string[] {
  const { rules, scope, pseudonym } = options;
  const nominated = nominatedFields(req.headers.connection);
  const fields: string[] = [];
  const { client, hidden } = scope;
  for (let index = 0; index < req.rawHeaders.length; index += 2) {
    const name = (req.rawHeaders[index] ?? '').toLowerCase();
    if (replacedFields.has(name) || isTraceField(name) || nominated.has(name) || rules.names.has(name)) continue;
    if (client?.isFromTrustedProxy !== true && proxyFields.test(name)) continue;
    const value = visibleValue(name, req.rawHeaders[index + 1] ?? '', hidden);
    if (value !== undefined) fields.push(name, value);
  }
  const length = req.headers['content-length'];
  // RFC 9112, 6.3: beside a transfer coding a length is void; passing both on is how requests are smuggled.
  if (length !== undefined && req.headers['transfer-encoding'] === undefined) fields.push('content-length', length);
  const via = nominated.has('via') ? undefined : req.headers.via;
  fields.push('via', `${via === undefined || via === '' ? '' : `${via}, `}${req.httpVersion} ${pseudonym}`);
  pushChain(fields, readIncoming(req, options.authority), client);
  for (const [name, value] of Object.entries(upstreamHeaders(rules, scope))) fields.push(name, value);
  return fields;
}

/** Tells whom the request comes from. Nothing of it is a text that somebody sent. */
function pushChain(fields: string[], peer: Incoming, client: ClientInfo | undefined): void {
  const { host, protocol } = client ?? peer;
  const hops = hopsOf(client);
  const chain = hops.map((address, index) => forwardedElement(index === 0 ? { address, host, protocol } : { address }));
  const own = hops.length === 0 ? { address: peer.address, host, protocol } : peer;
  fields.push('forwarded', [...chain, forwardedElement(own)].join(', '));
  const addresses = hops.map((address) => address ?? 'unknown');
  if (peer.address !== undefined) addresses.push(plainAddress(peer.address));
  if (addresses.length > 0) fields.push('x-forwarded-for', addresses.join(', '));
  if (host !== undefined) fields.push('x-forwarded-host', host);
  fields.push('x-forwarded-proto', protocol);
}

const none: readonly string[] = [];
const unknown: readonly undefined[] = [undefined];

/** A proxy that says nothing to be believed of its client is not the client. */
function hopsOf(client: ClientInfo | undefined): readonly (string | undefined)[] {
  if (client === undefined) return none;
  return client.isFromTrustedProxy && client.address === undefined ? unknown : (client.hops ?? none);
}

/** Whether a request has passed the gateway of this name before. */
export function cameFromUs(req: IncomingMessage, pseudonym: string): boolean {
  const via = req.headers.via;
  if (via === undefined) return false;
  return via.split(',').some((hop) => hop.trim().split(/\s+/)[1] === pseudonym);
}

function readIncoming(req: IncomingMessage, authority: string | undefined): Incoming {
  const host = authority ?? req.headers.host;
  return {
    address: req.socket.remoteAddress,
    host: host !== undefined && host !== '' && isFieldValue(host) ? host : undefined,
    protocol: req.socket instanceof TLSSocket ? 'https' : 'http',
  };
}
