/**
 * Fields that describe one connection and end at its other side. `proxy-*` hold credentials for this hop: passing them
 * on would hand them to a stranger; passing `transfer-encoding` or `te` on would let a client desync the next connection.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 | RFC 9110, 7.6.1 Connection}
 */
export const hopByHopFields: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Response fields by which a server tells browsers whose pages may read an answer. Where this gateway does that, an
 * upstream's are not passed on: two of them contradict each other, and browsers take none of them.
 *
 * @see {@link https://fetch.spec.whatwg.org/#http-responses | Fetch, 3.3.3 HTTP responses}
 */
export const corsFields: ReadonlySet<string> = new Set([
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-allow-private-network',
  'access-control-expose-headers',
  'access-control-max-age',
]);

const none: ReadonlySet<string> = new Set();

/** The lower-case field names that a `connection` field nominates as being for this connection only. */
export function nominatedFields(connection: string | readonly string[] | undefined): ReadonlySet<string> {
  if (connection === undefined) return none;
  const text = typeof connection === 'string' ? connection : connection.join(',');
  if (text === 'keep-alive' || text === 'close') return none;
  return new Set(
    text
      .toLowerCase()
      .split(',', 100)
      .map((name) => name.trim()),
  );
}

/**
 * Whether a text is a field name.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 | RFC 9110, 5.6.2 Tokens}
 */
export function isFieldName(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
}

/**
 * Whether a text can be a field's value. CR, LF or NUL in one would let its author write fields of their own.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-5.5 | RFC 9110, 5.5 Field Values}
 */
export function isFieldValue(text: string): boolean {
  return !/[^\t\x20-\x7e\x80-\xff]/.test(text);
}
