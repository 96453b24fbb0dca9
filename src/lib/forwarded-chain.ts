import { isIP } from 'node:net';
import { canonicalAddress, plainAddress } from './forwarded.ts';

/** What a chain of proxies says of a request, as far as it is believed. */
export interface ForwardedChain {
  /** Addresses from the client's on to that of the nearest proxy but one. Invariant: one at least. */
  readonly hops: readonly string[];
  /** The element that names the client: written by a trusted proxy. */
  readonly element: string;
}

/** Gives the address that an element names; undefined where it names none. */
export type AddressOf = (element: string) => string | undefined;

/**
 * Walks a list field from the right, where the nearest proxy wrote, to the first address that is not trusted: that one
 * is the client's, and what stands left of it is the client's own word. `undefined` where an element on the way cannot be
 * read: then the client is not known. `none`: the field is empty.
 *
 * The text is cut from the right too. Read from the left, a quote that a client opens and never closes would swallow what
 * the proxies append.
 */
export function walkChain(
  text: string,
  addressOf: AddressOf,
  isTrusted: (address: string) => boolean,
): ForwardedChain | undefined | 'none' {
  const hops: string[] = [];
  let element = '';
  for (let end = text.length; end >= 0;) {
    const start = startOfElement(text, end);
    const found = text.slice(start, end).trim();
    end = start - 1;
    // RFC 9110, 5.6.1.2: empty elements of a list are to be ignored.
    if (found === '') continue;
    element = found;
    const address = addressOf(element);
    if (address === undefined) return undefined;
    hops.push(address);
    if (!isTrusted(address)) break;
  }
  return element === '' ? 'none' : { hops: hops.toReversed(), element };
}

/** Where the element that ends at `end` begins: after the next comma to its left that no quotes hold. */
function startOfElement(text: string, end: number): number {
  let isQuoted = false;
  for (let index = end - 1; index >= 0; index -= 1) {
    const character = text[index];
    if (character === '"' && !isEscaped(text, index)) isQuoted = !isQuoted;
    else if (character === ',' && !isQuoted) return index + 1;
  }
  return 0;
}

function isEscaped(text: string, index: number): boolean {
  let slashes = 0;
  while (text[index - 1 - slashes] === '\\') slashes += 1;
  return slashes % 2 === 1;
}

/**
 * The parameters of one element of `forwarded`, by lower-case name; undefined where it is none or names one twice. Values
 * that should be quoted and are not, such as `for=192.0.2.1:80`, are read all the same.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7239#section-4 | RFC 7239, 4 Forwarded HTTP Header Field}
 */
export function readForwardedElement(element: string): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>();
  const pair = /[ \t]*([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))[ \t]*(?:;|$)/y;
  while (pair.lastIndex < element.length) {
    const [, name = '', quoted, plain = ''] = pair.exec(element) ?? [];
    const key = name.toLowerCase();
    if (key === '' || parameters.has(key)) return undefined;
    parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? plain);
  }
  return parameters;
}

/**
 * The address of a node as `forwarded` and `x-forwarded-for` write it: with or without brackets and port, in its one
 * recommended spelling. `undefined` for `unknown`, for a made-up name (`_hidden`) and for what is neither.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7239#section-6 | RFC 7239, 6 Node Identifiers}
 */
export function readNodeAddress(node: string): string | undefined {
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\]|([\d.]+))(?::(?:\d{1,5}|_[\w.-]+))?$/.exec(node) ?? [];
  const address = bracketed ?? dotted ?? node;
  const version = isIP(address);
  if (version === 0 || address.includes('%') || (bracketed !== undefined && version === 4)) return undefined;
  return plainAddress(canonicalAddress(address));
}
