import { readCacheControl } from '../../lib/cache-control.ts';
import { fieldText, type HttpFields } from './messages.ts';

/** Directives of `cache-control` by lower-case name; `true` where one has no value. */
export type Directives = ReturnType<typeof readCacheControl>;

const none: Directives = new Map();

/** What a message's `cache-control` says. `pragma` is not looked at: RFC 9111, 5.4 has done away with it. */
export function directivesOf(headers: HttpFields): Directives {
  const text = fieldText(headers, 'cache-control');
  return text === undefined ? none : readCacheControl(text);
}

/** As long as any cache needs: RFC 9111, 1.2.2 has larger numbers read as this one. */
const maxSeconds = 2_147_483_648;

/**
 * A directive's seconds as milliseconds; undefined where it is not there. One that is no number of seconds is 0: an answer
 * whose lifetime cannot be read is stale.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.2.1 | RFC 9111, 4.2.1 Calculating Freshness Lifetime}
 */
export function millisecondsIn(directives: Directives, name: string): number | undefined {
  const value = directives.get(name);
  if (value === undefined) return undefined;
  return typeof value === 'string' && /^\d+$/.test(value) ? Math.min(Number(value), maxSeconds) * 1000 : 0;
}
