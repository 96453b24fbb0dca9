/** Who came in, as this side of the connection knows it. */
export interface Incoming {
  /** Address of the socket's other side; `undefined` once it is gone. */
  readonly address: string | undefined;
  /** What the client called us: the `host` field or the authority of an absolute request target. */
  readonly host: string | undefined;
  readonly protocol: 'http' | 'https';
}

/**
 * One element of a `forwarded` field. An IPv6 address and all that is no token stands in quotes.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7239#section-4 | RFC 7239, 4 Forwarded HTTP Header Field}
 */
export function forwardedElement({ address, host, protocol }: Incoming): string {
  const client = address === undefined ? 'unknown' : nodeName(address);
  const parts = [`for=${tokenOrQuoted(client)}`];
  if (host !== undefined) parts.push(`host=${tokenOrQuoted(host)}`);
  parts.push(`proto=${protocol}`);
  return parts.join(';');
}

/** An address without the IPv6 clothes of an IPv4 client and without a zone, which means nothing elsewhere. */
export function plainAddress(address: string): string {
  const bare = address.replace(/%.*$/, '');
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(bare) ? bare.slice(7) : bare;
}

/** RFC 7239, 6: an IPv6 address stands in brackets. */
function nodeName(address: string): string {
  const plain = plainAddress(address);
  return plain.includes(':') ? `[${plain}]` : plain;
}

function tokenOrQuoted(text: string): string {
  if (/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)) return text;
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
