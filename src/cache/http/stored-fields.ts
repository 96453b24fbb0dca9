import { hopByHopFields, nominatedFields } from '../../lib/http-fields.ts';
import type { HttpFields } from './messages.ts';

export type StoredFields = Readonly<Record<string, string | readonly string[]>>;

/** `age` is made anew for each use, the length is the kept body's, and cookies are nobody else's. */
const notKept: ReadonlySet<string> = new Set([...hopByHopFields, 'age', 'content-length', 'set-cookie']);

/**
 * The fields of an answer that are kept with it: those from end to end. One that has no `date` gets when it came.
 *
 * @param receivedAt Milliseconds since 1970.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-3.1 | RFC 9111, 3.1 Storing Header and Trailer Fields}
 */
export function storedFields(headers: HttpFields, receivedAt: number): StoredFields {
  const nominated = nominatedFields(headers['connection']);
  const fields: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !notKept.has(name) && !nominated.has(name)) fields[name] = value;
  }
  // RFC 9110, 6.6.1.
  fields['date'] ??= new Date(receivedAt).toUTCString();
  return fields;
}
