import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { GatewayError } from '../errors.ts';
import { createAddressList } from '../lib/address-list.ts';
import { readForwardedElement, readNodeAddress, walkChain } from '../lib/forwarded-chain.ts';
import { plainAddress, type ClientInfo } from '../lib/forwarded.ts';
import { isFieldValue } from '../lib/http-fields.ts';

export type { ClientInfo } from '../lib/forwarded.ts';

/** What is read of a request. */
export type AddressedRequest = Pick<IncomingMessage, 'headers' | 'url'> & {
  readonly socket: Pick<Socket, 'remoteAddress'>;
};

/** Who sent a request: the other side of its connection, or whom trusted proxies name. */
export interface TrustedProxies {
  readonly isTrusted: (address: string) => boolean;
  /** Never throws. */
  readonly clientOf: (req: AddressedRequest) => ClientInfo;
}

/**
 * Believes forwarding fields that come from trusted proxies, and nobody else's.
 *
 * - `forwarded` and `x-forwarded-for` are read from the right; trusted addresses are passed over, and the first other one
 *   is the client's. All of them trusted: the leftmost.
 * - Where an element on that way names no address (`unknown`, `_hidden`, nonsense), and where both fields are there and
 *   name two clients, the client's address is unknown. Taking the proxy's own in its place would let a client that can
 *   bring this about pass an allow list that holds the proxy.
 * - Host and protocol are those of the client's element of `forwarded`, or the last ones of `x-forwarded-host` and
 *   `-proto`. Where a request has fields of both kinds, each counts only as far as both say the same: a proxy sets one
 *   kind and passes a client's forgery of the other.
 *
 * @param list Addresses and networks.
 * @throws {GatewayError} `CONFIGURATION_INVALID` for what is neither.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7239#section-8.1 | RFC 7239, 8.1 Header Validity and Integrity}
 */
export function createTrustedProxies(list: readonly string[]): TrustedProxies {
  const trusted = readList(list);
  const clientOf = (req: AddressedRequest): ClientInfo => {
    const peer = req.socket.remoteAddress;
    const address = peer === undefined ? undefined : plainAddress(peer);
    if (trusted.isEmpty || address === undefined || !trusted.has(address)) {
      return { address, host: hostOf(req), protocol: protocolOf(req), isFromTrustedProxy: false, hops: none };
    }
    return believed(req, address, trusted.has);
  };
  return { isTrusted: trusted.has, clientOf };
}

function readList(list: readonly string[]): ReturnType<typeof createAddressList> {
  try {
    return createAddressList(list);
  } catch (cause) {
    throw new GatewayError('CONFIGURATION_INVALID', `trustedProxies: ${(cause as Error).message}`, { cause });
  }
}

const none: readonly string[] = [];

function believed(req: AddressedRequest, peer: string, isTrusted: (address: string) => boolean): ClientInfo {
  const forwarded = walk(req, 'forwarded', addressOfElement, isTrusted);
  const listed = walk(req, 'x-forwarded-for', readNodeAddress, isTrusted);
  const hops = agreedHops(forwarded, listed);
  const parameters = typeof forwarded === 'object' ? readForwardedElement(forwarded.element) : undefined;
  const hosts = [readHost(parameters?.get('host')), readHost(lastOf(req, 'x-forwarded-host'))] as const;
  const protocols = [readProtocol(parameters?.get('proto')), readProtocol(lastOf(req, 'x-forwarded-proto'))] as const;
  const kinds = {
    forwarded: forwarded !== 'none',
    listed: listed !== 'none' || has(req, 'x-forwarded-host') || has(req, 'x-forwarded-proto'),
  };
  return {
    address: hops === undefined ? undefined : (hops[0] ?? peer),
    host: agreed(hosts, kinds) ?? hostOf(req),
    protocol: agreed(protocols, kinds) ?? protocolOf(req),
    isFromTrustedProxy: true,
    hops: hops ?? none,
  };
}

type Walked = ReturnType<typeof walkChain>;

function walk(
  req: AddressedRequest,
  name: 'forwarded' | 'x-forwarded-for',
  addressOf: (element: string) => string | undefined,
  isTrusted: (address: string) => boolean,
): Walked {
  const text = textOf(req, name);
  return text === undefined ? 'none' : walkChain(text, addressOf, isTrusted);
}

/** `undefined`: the client is not known. Empty: nothing is said, so that the other side of the connection is the client. */
function agreedHops(forwarded: Walked, listed: Walked): readonly string[] | undefined {
  if (forwarded === undefined || listed === undefined) return undefined;
  if (forwarded === 'none') return listed === 'none' ? none : listed.hops;
  if (listed === 'none') return forwarded.hops;
  return forwarded.hops[0] === listed.hops[0] ? forwarded.hops : undefined;
}

function agreed<T>(
  [ofForwarded, ofListed]: readonly [T | undefined, T | undefined],
  kinds: { readonly forwarded: boolean; readonly listed: boolean },
): T | undefined {
  if (!kinds.forwarded) return ofListed;
  if (!kinds.listed) return ofForwarded;
  return ofForwarded === ofListed ? ofForwarded : undefined;
}

function addressOfElement(element: string): string | undefined {
  const node = readForwardedElement(element)?.get('for');
  return node === undefined ? undefined : readNodeAddress(node);
}

function has({ headers }: AddressedRequest, name: string): boolean {
  return headers[name] !== undefined && headers[name] !== '';
}

function textOf({ headers }: AddressedRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'object' ? value.join(', ') : value;
}

function lastOf(req: AddressedRequest, name: string): string | undefined {
  return textOf(req, name)?.split(',').at(-1)?.trim();
}

function readHost(text: string | undefined): string | undefined {
  if (text === undefined || text.length > 255) return undefined;
  return /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.test(text) ? text : undefined;
}

function readProtocol(text: string | undefined): 'http' | 'https' | undefined {
  const protocol = text?.toLowerCase();
  return protocol === 'http' || protocol === 'https' ? protocol : undefined;
}

/** RFC 9112, 3.2.2: the authority of an absolute request target stands above the `host` field. */
function hostOf({ url = '', headers }: AddressedRequest): string | undefined {
  const authority = url.startsWith('/') ? undefined : /^https?:\/\/(?:[^/?#]*@)?([^/?#]+)/i.exec(url)?.[1];
  const host = authority ?? headers.host;
  return host !== undefined && host !== '' && isFieldValue(host) ? host : undefined;
}

function protocolOf({ socket }: AddressedRequest): 'http' | 'https' {
  return socket instanceof TLSSocket ? 'https' : 'http';
}
