import { directivesOf, millisecondsIn } from './directives.ts';
import { readHttpDate } from './http-date.ts';
import type { HttpAnswer } from './messages.ts';

/** What the configuration says of lifetimes. */
export interface FreshnessRules {
  /** Longest time an answer is fresh, in milliseconds, whatever it says; undefined: as it says. */
  readonly maxAgeMs: number | undefined;
  /** Freshness of answers that say nothing of it, in milliseconds; undefined: none. */
  readonly defaultMaxAgeMs: number | undefined;
}

/**
 * For how long an answer is fresh in a shared cache, in milliseconds from when it was made: `s-maxage`, else `max-age`, else
 * `expires`, else as configured. 0: never without asking. Undefined: nobody says. Nothing is guessed of `last-modified`
 * (4.2.2): what an upstream does not say, only its operator may say for it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.2.1 | RFC 9111, 4.2.1 Calculating Freshness Lifetime}
 */
export function freshnessLifetime(answer: HttpAnswer, rules: FreshnessRules): number | undefined {
  const directives = directivesOf(answer.headers);
  // With field names, too: a cache may read it as if it had none (5.2.2.4).
  if (directives.has('no-cache')) return 0;
  const lifetime =
    millisecondsIn(directives, 's-maxage') ??
    millisecondsIn(directives, 'max-age') ??
    expiresIn(answer) ??
    rules.defaultMaxAgeMs;
  return lifetime === undefined ? undefined : Math.min(lifetime, rules.maxAgeMs ?? lifetime);
}

/** RFC 9111, 5.3: a date that cannot be read, such as `0`, is one that has passed. */
function expiresIn({ headers, receivedAt }: HttpAnswer): number | undefined {
  if (headers['expires'] === undefined) return undefined;
  const expires = readHttpDate(headers['expires']);
  return expires === undefined ? 0 : Math.max(0, expires - (readHttpDate(headers['date']) ?? receivedAt));
}
