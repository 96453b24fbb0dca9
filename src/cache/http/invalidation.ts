import { hash } from 'node:crypto';
import { fieldText, type HttpFields } from './messages.ts';

const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Whether an answer makes kept ones invalid: to a method that may change something (unknown ones may), and no error.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.4 | RFC 9111, 4.4 Invalidating Stored Responses}
 */
export function invalidates(method: string, status: number): boolean {
  return !safe.has(method) && status >= 200 && status < 400;
}

/**
 * Paths and queries whose kept answers an answer of `invalidates` makes invalid: the target's own, and what `location` and
 * `content-location` name on the same origin. Of another origin nothing is believed: one upstream could empty what is
 * kept of another.
 *
 * @param path Path and query of the call below the base URL, as it was sent.
 * @param bases Base URLs of the upstream, without a trailing slash. The paths that come out are below them.
 */
export function invalidatedPaths(path: string, headers: HttpFields, bases: readonly string[]): readonly string[] {
  const paths = new Set([path]);
  for (const name of ['location', 'content-location']) {
    const value = fieldText(headers, name);
    if (value === undefined) continue;
    for (const base of bases) {
      const below = pathBelow(value, base, path);
      if (below !== undefined) paths.add(below);
    }
  }
  return [...paths];
}

function pathBelow(value: string, base: string, path: string): string | undefined {
  const { origin, pathname } = new URL(base);
  const url = URL.parse(value, base + path);
  if (url === null || url.origin !== origin) return undefined;
  const prefix = pathname.replace(/\/+$/, '');
  if (url.pathname !== prefix && !url.pathname.startsWith(`${prefix}/`)) return undefined;
  return url.pathname.slice(prefix.length) + url.search;
}

/**
 * The tag of all that is kept of one URI of an upstream, whatever else tells the answers apart. The same for passed-on
 * requests and for calls within operations, so that a change by either is seen by both.
 *
 * @param path Path and query below the base URL.
 */
export function uriTag(upstream: string, path: string): string {
  const url = URL.parse(path, 'http://upstream');
  const plain = url === null ? path : url.pathname + url.search;
  return `uri:${hash('sha256', `${upstream} ${plain}`, 'base64url')}`;
}
