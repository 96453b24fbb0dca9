import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { forwardedElement, plainAddress, type Incoming } from '../lib/forwarded.ts';
import { hopByHopFields, isFieldValue, nominatedFields } from '../lib/http-fields.ts';
import { upstreamHeaders, type HeaderRules } from '../upstream/request-headers.ts';
import type { RequestScope } from '../upstream/types.ts';

/** Made anew for the next connection, so the client's own never pass. */
const replacedFields: ReadonlySet<string> = new Set([
  ...hopByHopFields,
  'content-length',
  'expect',
  'forwarded',
  'host',
  'traceparent',
  'tracestate',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
]);

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
 * connection, and those its `connection` field nominates, do not. What the upstream's `headers` name comes from there
 * alone. `via`, `forwarded` and `x-forwarded-for` grow by one; `x-forwarded-host` and `-proto` are what this gateway saw,
 * because an upstream that builds links of them must not take a stranger's word.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-7.6 | RFC 9110, 7.6 Message Forwarding}
 * @see {@link https://www.rfc-editor.org/rfc/rfc7239 | RFC 7239, Forwarded HTTP Extension}
 */
export function requestFields(req: IncomingMessage, options: FieldsOptions): string[] {
  const { rules, scope, pseudonym } = options;
  const nominated = nominatedFields(req.headers.connection);
  const fields: string[] = [];
  for (let index = 0; index < req.rawHeaders.length; index += 2) {
    const name = (req.rawHeaders[index] ?? '').toLowerCase();
    if (replacedFields.has(name) || nominated.has(name) || rules.names.has(name)) continue;
    fields.push(name, req.rawHeaders[index + 1] ?? '');
  }
  const length = req.headers['content-length'];
  // RFC 9112, 6.3: beside a transfer coding a length is void; passing both on is how requests are smuggled.
  if (length !== undefined && req.headers['transfer-encoding'] === undefined) fields.push('content-length', length);
  const incoming = readIncoming(req, options.authority);
  const chain = (name: string, element: string): void => {
    const earlier = nominated.has(name) ? undefined : req.headers[name];
    const text = typeof earlier === 'object' ? earlier.join(', ') : earlier;
    fields.push(name, text === undefined || text === '' ? element : `${text}, ${element}`);
  };
  chain('via', `${req.httpVersion} ${pseudonym}`);
  chain('forwarded', forwardedElement(incoming));
  if (incoming.address !== undefined) chain('x-forwarded-for', plainAddress(incoming.address));
  if (incoming.host !== undefined) fields.push('x-forwarded-host', incoming.host);
  fields.push('x-forwarded-proto', incoming.protocol);
  for (const [name, value] of Object.entries(upstreamHeaders(rules, scope))) fields.push(name, value);
  return fields;
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
