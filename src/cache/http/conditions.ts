import { readHttpDate } from './http-date.ts';
import { fieldText, type HttpFields } from './messages.ts';

/** Request fields that make a request conditional, or ask for a part. */
export const conditionFields: ReadonlySet<string> = new Set([
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
]);

/**
 * The request fields that ask an upstream whether a kept answer still holds; undefined where it has no validator, so that
 * only a new answer will do.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.3.1 | RFC 9111, 4.3.1 Sending a Validation Request}
 */
export function validationFields(stored: HttpFields): Readonly<Record<string, string>> | undefined {
  const etag = etagOf(stored);
  const modified = fieldText(stored, 'last-modified');
  const hasDate = modified !== undefined && readHttpDate(modified) !== undefined;
  if (etag === undefined && !hasDate) return undefined;
  return { ...(etag !== undefined && { 'if-none-match': etag }), ...(hasDate && { 'if-modified-since': modified }) };
}

/** Whether a kept answer can be asked about at all. */
export function hasValidator(stored: HttpFields): boolean {
  return etagOf(stored) !== undefined || readHttpDate(stored['last-modified']) !== undefined;
}

/**
 * Whether a client's conditions say that it has the very answer already, so that 304 will do.
 *
 * @param asked Fields of a GET or HEAD.
 * @param stored Fields of an answer of status 200.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.3.2 | RFC 9111, 4.3.2 Handling a Received Validation Request}
 */
export function isNotModified(asked: HttpFields, stored: HttpFields): boolean {
  const tags = fieldText(asked, 'if-none-match');
  if (tags !== undefined) return namesTag(tags, etagOf(stored));
  const since = asked['if-modified-since'] === undefined ? undefined : readHttpDate(asked['if-modified-since']);
  if (since === undefined) return false;
  const modified = readHttpDate(stored['last-modified']) ?? readHttpDate(stored['date']);
  return modified !== undefined && modified <= since;
}

function namesTag(tags: string, etag: string | undefined): boolean {
  if (tags.trim() === '*') return true;
  if (etag === undefined) return false;
  const own = opaque(etag);
  // RFC 9110, 13.1.2: tags are compared weakly; the quotes around them keep one from standing within another.
  for (const [, tag] of tags.matchAll(/(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g)) if (tag === own) return true;
  return false;
}

/** The entity tag; undefined where there is none, or what stands there is none. */
export function etagOf(headers: HttpFields): string | undefined {
  const etag = headers['etag'];
  return typeof etag === 'string' && /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag) ? etag : undefined;
}

/** A tag without its mark of weakness. */
export function opaque(etag: string): string {
  return etag.startsWith('W/') ? etag.slice(2) : etag;
}

const notModifiedFields = [
  'cache-control',
  'content-location',
  'date',
  'etag',
  'expires',
  'last-modified',
  'vary',
] as const;

/**
 * What of a kept answer's fields goes into a 304.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5 | RFC 9110, 15.4.5 304 Not Modified}
 */
export function fieldsOfNotModified<T extends HttpFields>(headers: T): Partial<T> {
  const fields: Record<string, unknown> = {};
  for (const name of notModifiedFields) if (headers[name] !== undefined) fields[name] = headers[name];
  return fields as Partial<T>;
}
