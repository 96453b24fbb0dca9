import { SocketAddress } from 'node:net';

/** Who came in, as this side of the connection knows it. */
export interface Incoming {
  /** Address of the socket's other side; `undefined` once it is gone. */
  readonly address: string | undefined;
  /** What the client called us: the `host` field or the authority of an absolute request target. */
  readonly host: string | undefined;
  readonly protocol: 'http' | 'https';
}

/** Who sent a request, as far as that is believed. */
export interface ClientInfo {
  /**
   * Address of the client, an IPv4 one without its IPv6 clothes. Undefined where the socket is gone, and where trusted
   * proxies say nothing of the client that can be believed: rules about addresses refuse such a request.
   */
  readonly address: string | undefined;
  /** What the client called us. From outside: good to compare and to pass on, not to trust. */
  readonly host: string | undefined;
  readonly protocol: 'http' | 'https';
  /** Whether the other side of the connection is a trusted proxy. */
  readonly isFromTrustedProxy: boolean;
  /** Believed addresses before the other side of the connection, the client's first. Default: none. */
  readonly hops?: readonly string[];
}

interface ForwardedParts {
  readonly address: string | undefined;
  readonly host?: string | undefined;
  readonly protocol?: 'http' | 'https';
}

/**
 * One element of a `forwarded` field. An IPv6 address and all that is no token stands in quotes; `unknown` stands for no
 * address.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7239#section-4 | RFC 7239, 4 Forwarded HTTP Header Field}
 */
export function forwardedElement({ address, host, protocol }: ForwardedParts): string {
  const client = address === undefined ? 'unknown' : nodeName(address);
  const parts = [`for=${tokenOrQuoted(client)}`];
  if (host !== undefined) parts.push(`host=${tokenOrQuoted(host)}`);
  if (protocol !== undefined) parts.push(`proto=${protocol}`);
  return parts.join(';');
}

/**
 * An address without the IPv6 clothes of an IPv4 client, however they are cut (`::ffff:192.0.2.1`, `::ffff:c000:201`),
 * and without a zone, which means nothing elsewhere. What is no address comes back as it is.
 */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address;
  const bare = address.replace(/%.*$/s, '');
  if (mapped.test(bare)) return bare.slice(7);
  if (!/ffff:/i.test(bare)) return bare;
  const canonical = canonicalAddress(bare);
  return mapped.test(canonical) ? canonical.slice(7) : bare;
}

const mapped = /^::ffff:\d+\.\d+\.\d+\.\d+$/i;

/** An IPv6 address in its one recommended spelling (RFC 5952); anything else as it is. */
export function canonicalAddress(address: string): string {
  return (address.includes(':') && SocketAddress.parse(`[${address}]`)?.address) || address;
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
