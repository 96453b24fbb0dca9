import { directivesOf, millisecondsIn } from './directives.ts';
import type { HttpFields } from './messages.ts';

/** For how long past its time an answer may be served, in milliseconds. */
export interface StaleWindows {
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
}

const forbidding = ['no-cache', 'must-revalidate', 'proxy-revalidate'];
const noWindows: StaleWindows = { staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };

/**
 * What an answer says of its use past its time, else what is configured. `must-revalidate`, `proxy-revalidate` and `no-cache`
 * forbid all such use. `s-maxage` has what `proxy-revalidate` says in it, so nothing configured stands beside it; but an
 * upstream that writes `stale-*` beside its own `s-maxage` means it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.2.4 | RFC 9111, 4.2.4 Serving Stale Responses}
 * @see {@link https://www.rfc-editor.org/rfc/rfc5861 | RFC 5861, HTTP Cache-Control Extensions for Stale Content}
 */
export function staleWindows(headers: HttpFields, configured: StaleWindows): StaleWindows {
  const directives = directivesOf(headers);
  if (forbidding.some((name) => directives.has(name))) return noWindows;
  const otherwise = directives.has('s-maxage') ? noWindows : configured;
  return {
    staleWhileRevalidateMs: millisecondsIn(directives, 'stale-while-revalidate') ?? otherwise.staleWhileRevalidateMs,
    staleIfErrorMs: millisecondsIn(directives, 'stale-if-error') ?? otherwise.staleIfErrorMs,
  };
}

/** Whether a client may take a kept answer past its time by `max-stale`. */
export function allowsMaxStale(headers: HttpFields): boolean {
  const directives = directivesOf(headers);
  return !directives.has('s-maxage') && !forbidding.some((name) => directives.has(name));
}

/** Statuses for which an answer past its time may stand in (RFC 5861, 4). */
export const errorStatuses: ReadonlySet<number> = new Set([500, 502, 503, 504]);
