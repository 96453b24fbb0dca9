import { etagOf, opaque } from './conditions.ts';
import { storedFields, type StoredFields } from './stored-fields.ts';
import type { HttpFields } from './messages.ts';

/** They tell of the body that is kept, which a 304 or an answer to HEAD does not replace. */
const ofTheBody: ReadonlySet<string> = new Set(['content-encoding', 'content-length', 'content-range', 'content-type']);

/**
 * A kept answer's fields, brought up to date by those of a 304 or of an answer to HEAD.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-3.2 | RFC 9111, 3.2 Updating Stored Header Fields}
 */
export function freshenedFields(stored: StoredFields, came: HttpFields, receivedAt: number): StoredFields {
  const fields: Record<string, string | readonly string[]> = { ...stored };
  for (const [name, value] of Object.entries(storedFields(came, receivedAt))) {
    if (!ofTheBody.has(name)) fields[name] = value;
  }
  return fields;
}

/**
 * Whether a 304 is about the kept answer that was asked about. One that names another entity tag is not; one that names
 * none is, as only one answer was asked about.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.3.4 | RFC 9111, 4.3.4 Freshening Stored Responses upon Validation}
 */
export function isAbout(stored: HttpFields, came: HttpFields): boolean {
  const tag = etagOf(came);
  if (tag === undefined) return came['etag'] === undefined;
  const own = etagOf(stored);
  if (own === undefined) return false;
  // A strong tag names one representation to the byte; a weak one is good enough for what was asked by it.
  return tag.startsWith('W/') ? opaque(tag) === opaque(own) : tag === own;
}

/**
 * Whether an answer of 200 to HEAD fits a kept answer to GET: then its fields freshen it, else it is no longer good.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.3.5 | RFC 9111, 4.3.5 Freshening Responses with HEAD}
 */
export function headFits(
  { headers, body }: { readonly headers: HttpFields; readonly body: Uint8Array },
  came: HttpFields,
): boolean {
  for (const name of ['etag', 'last-modified']) {
    if (came[name] !== undefined && came[name] !== headers[name]) return false;
  }
  return came['content-length'] === undefined || Number(came['content-length']) === body.byteLength;
}
