import type { Entry } from '../types.ts';
import { readHttpDate } from './http-date.ts';
import { fieldText, type HttpAnswer } from './messages.ts';

/**
 * How old an answer was when it came, in milliseconds: what `age` and its own way here make, or `date` where that is more.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.2.3 | RFC 9111, 4.2.3 Calculating Age}
 */
export function initialAge({ headers, requestedAt, receivedAt }: HttpAnswer): number {
  const date = readHttpDate(headers['date']);
  // `date` has whole seconds: an answer of this very second is not taken for an older one.
  const apparent = date === undefined ? 0 : Math.max(0, Math.floor((receivedAt - date) / 1000) * 1000);
  return Math.max(apparent, ageValue(fieldText(headers, 'age')) + Math.max(0, receivedAt - requestedAt));
}

/** RFC 9111, 5.1: of several the first counts, and one that is no number is read over. */
function ageValue(text: string | undefined): number {
  const first = /^\s*(\d+)\s*(?:,|$)/.exec(text ?? '')?.[1];
  return first === undefined ? 0 : Math.min(Number(first), 2_147_483_648) * 1000;
}

/** What `age` says of a kept answer, in whole seconds. `Entry.madeAt` has the age in it that it came with. */
export function ageOf(entry: Pick<Entry, 'madeAt'>, now: number): number {
  return Math.max(0, Math.floor((now - entry.madeAt) / 1000));
}
