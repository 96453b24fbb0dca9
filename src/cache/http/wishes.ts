import type { Entry } from '../types.ts';
import { directivesOf, millisecondsIn } from './directives.ts';
import type { HttpFields } from './messages.ts';
import { allowsMaxStale } from './stale.ts';

/** What a client wants of caches, in milliseconds; undefined where it does not say. */
export interface Wishes {
  readonly noStore: boolean;
  readonly noCache: boolean;
  readonly onlyIfCached: boolean;
  readonly maxAgeMs: number | undefined;
  /** `Infinity`: however stale. */
  readonly maxStaleMs: number | undefined;
  readonly minFreshMs: number | undefined;
}

/**
 * Undefined where a request says nothing of caches, as most do.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1 | RFC 9111, 5.2.1 Request Directives}
 */
export function readWishes(headers: HttpFields): Wishes | undefined {
  if (headers['cache-control'] === undefined) return undefined;
  const directives = directivesOf(headers);
  return {
    noStore: directives.has('no-store'),
    noCache: directives.has('no-cache'),
    onlyIfCached: directives.has('only-if-cached'),
    maxAgeMs: millisecondsIn(directives, 'max-age'),
    maxStaleMs: directives.get('max-stale') === true ? Infinity : millisecondsIn(directives, 'max-stale'),
    minFreshMs: millisecondsIn(directives, 'min-fresh'),
  };
}

/**
 * What a kept answer is good for: `fresh`: as it is; `stale`: as it is, past its time, as the client allows; `refresh`: as it
 * is, while a new one is fetched; `validate`: only once the upstream says that it still holds.
 */
export type Use = 'fresh' | 'stale' | 'refresh' | 'validate';

/**
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4 | RFC 9111, 4 Constructing Responses from Caches}
 */
export function useOf(entry: Entry, now: number, wishes: Wishes | undefined): Use {
  if (wishes !== undefined && refuses(entry, now, wishes)) return 'validate';
  if (now < entry.freshUntil) return 'fresh';
  if (now < entry.staleUntil) return 'refresh';
  const allowed = wishes?.maxStaleMs;
  return allowed !== undefined && now < entry.freshUntil + allowed && allowsMaxStale(entry.headers)
    ? 'stale'
    : 'validate';
}

function refuses(entry: Entry, now: number, { noCache, maxAgeMs, minFreshMs }: Wishes): boolean {
  if (noCache) return true;
  // By `max-age=0` browsers ask for what is new, even within the same millisecond.
  if (maxAgeMs !== undefined && (maxAgeMs === 0 || now - entry.madeAt > maxAgeMs)) return true;
  return minFreshMs !== undefined && entry.freshUntil - now < minFreshMs;
}
