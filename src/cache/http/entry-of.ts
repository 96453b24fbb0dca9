import type { Entry } from '../types.ts';
import { initialAge } from './age.ts';
import { hasValidator } from './conditions.ts';
import { freshnessLifetime, type FreshnessRules } from './freshness.ts';
import type { HttpAnswer } from './messages.ts';
import { staleWindows, type StaleWindows } from './stale.ts';
import { isStorable, type StorableAsked, type StorableRules } from './storable.ts';
import { storedFields } from './stored-fields.ts';
import { surrogateTags } from './surrogate-tags.ts';

export interface EntryRules extends FreshnessRules, StorableRules, StaleWindows {}

/** An entry but for its body. */
export type EntryHead = Omit<Entry, 'body'>;

/** How long an answer is kept past all its times to be asked about, in milliseconds. */
const keptForValidationMs = 3_600_000;

/**
 * What is to be kept of an answer, before its body has come; undefined: nothing. An answer is kept where it may be and is
 * fresh, or can be asked about.
 *
 * @param tags What it is tagged with beside what it says itself.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-3 | RFC 9111, 3 Storing Responses in Caches}
 */
export function entryHeadOf(
  asked: StorableAsked,
  answer: HttpAnswer,
  { rules, tags }: { readonly rules: EntryRules; readonly tags: readonly string[] },
): EntryHead | undefined {
  const { status, headers, receivedAt } = answer;
  if (!isStorable(asked, answer, rules)) return undefined;
  const lifetime = freshnessLifetime(answer, rules);
  const own = surrogateTags(headers);
  if (lifetime === undefined || own === undefined) return undefined;
  const madeAt = receivedAt - initialAge(answer);
  const freshUntil = madeAt + lifetime;
  const windows = staleWindows(headers, rules);
  const staleUntil = freshUntil + windows.staleWhileRevalidateMs;
  const staleIfErrorUntil = freshUntil + windows.staleIfErrorMs;
  const usableUntil = Math.max(staleUntil, staleIfErrorUntil);
  const canAsk = hasValidator(headers);
  if (!canAsk && usableUntil <= receivedAt) return undefined;
  const entry = {
    status,
    headers: storedFields(headers, receivedAt),
    madeAt,
    freshUntil,
    staleUntil,
    staleIfErrorUntil,
  };
  return {
    ...entry,
    ...(canAsk && { keptUntil: Math.max(usableUntil, receivedAt) + keptForValidationMs }),
    tags: own.length === 0 ? tags : [...tags, ...own],
  };
}
