import { directivesOf } from './directives.ts';
import { fieldText, type HttpFields } from './messages.ts';
import { varyNames } from './vary.ts';

/** What of a request decides whether its answer may be kept. */
export interface StorableAsked {
  readonly method: string;
  /**
   * Whether the upstream was sent something by which it may know a person (`authorization`, `cookie`) that is no part of the
   * key: others would get that person's answer.
   */
  readonly hasCredentials: boolean;
  /** Whether the key is one caller's own, so that `private` answers may be kept under it. */
  readonly isOfOneCaller: boolean;
}

/** What the configuration says of which answers are kept. */
export interface StorableRules {
  readonly statuses: readonly number[];
  /** Media types without parameters, lower case; empty: all. */
  readonly contentTypes: readonly string[];
}

/** Parts are not put together here, and a 304 is no answer of its own. */
const incomplete: ReadonlySet<number> = new Set([206, 304]);

/** Final statuses whose meaning for caches this one follows (RFC 9110, 15.1; 15.4.3; 15.4.8). */
const understood: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 302, 307, 308, 404, 405, 410, 414, 501]);

/**
 * Whether a shared cache may keep an answer; how long is not asked here. An answer with `set-cookie` is one client's,
 * whatever it says.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-3 | RFC 9111, 3 Storing Responses in Caches}
 */
export function isStorable(
  asked: StorableAsked,
  { status, headers }: { readonly status: number; readonly headers: HttpFields },
  rules: StorableRules,
): boolean {
  if (asked.method !== 'GET' || status < 200 || incomplete.has(status) || !rules.statuses.includes(status))
    return false;
  if (headers['set-cookie'] !== undefined || headers['content-range'] !== undefined) return false;
  if (!isOfType(headers, rules.contentTypes) || varyNames(headers) === undefined) return false;
  const directives = directivesOf(headers);
  // 5.2.2.3: beside `must-understand`, `no-store` is for those who do not understand.
  if (directives.has('must-understand')) {
    if (!understood.has(status)) return false;
  } else if (directives.has('no-store')) return false;
  if (asked.isOfOneCaller) return true;
  // With field names, too: a cache may read it as if it had none (5.2.2.7).
  if (directives.has('private')) return false;
  return !asked.hasCredentials || allowsSharing.some((name) => directives.has(name));
}

/**
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-3.5 | RFC 9111, 3.5 Storing Responses to Authenticated Requests}
 */
const allowsSharing = ['public', 's-maxage', 'must-revalidate'];

function isOfType(headers: HttpFields, types: readonly string[]): boolean {
  if (types.length === 0) return true;
  const [type = ''] = (fieldText(headers, 'content-type') ?? '').split(';', 1);
  return types.includes(type.trim().toLowerCase());
}
