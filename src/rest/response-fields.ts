import type { OutgoingHttpHeaders } from 'node:http';
import { hopByHopFields, nominatedFields } from '../lib/http-fields.ts';
import type { HttpFields } from '../cache/http/messages.ts';

export interface ResponseFieldsOptions {
  readonly requestId: string;
  /** Gives a `location` that names the upstream its public form. */
  readonly publicLocation: (location: string) => string;
}

/**
 * The header fields of a passed-on response: the upstream's end-to-end fields as they are, several `set-cookie` as
 * several; those of its connection do not pass. `via` grows by one, and the request's id is the gateway's.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-7.6 | RFC 9110, 7.6 Message Forwarding}
 */
export function responseFields(
  response: { readonly status: number; readonly headers: HttpFields },
  options: ResponseFieldsOptions,
): OutgoingHttpHeaders {
  const { status, headers } = response;
  const nominated = nominatedFields(headers['connection']);
  const fields: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (hopByHopFields.has(name) || nominated.has(name)) continue;
    if (value !== undefined) fields[name] = value as string | string[];
  }
  // RFC 9110, 8.6: no length on a 204.
  if (status === 204) delete fields['content-length'];
  for (const name of ['location', 'content-location']) {
    const value = fields[name];
    if (typeof value === 'string') fields[name] = options.publicLocation(value);
  }
  const { via } = fields;
  fields['via'] = via === undefined ? '1.1 weft' : `${String(via)}, 1.1 weft`;
  fields['x-request-id'] = options.requestId;
  return fields;
}
