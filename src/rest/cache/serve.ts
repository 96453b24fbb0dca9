import type { OutgoingHttpHeaders } from 'node:http';
import { ageOf } from '../../cache/http/age.ts';
import { fieldsOfNotModified, isNotModified } from '../../cache/http/conditions.ts';
import type { HttpFields } from '../../cache/http/messages.ts';
import type { Entry } from '../../cache/types.ts';
import { GatewayError } from '../../errors.ts';
import { writeError } from '../error-response.ts';
import type { Exchange } from './exchange.ts';

/**
 * Answers with what is kept: whole, without its body to HEAD, or by 304 where the client has it.
 *
 * @param more Fields beside the answer's own.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4 | RFC 9111, 4 Constructing Responses from Caches}
 */
export function serve(exchange: Exchange, entry: Entry, { now, more }: ServeOptions): void {
  const { req, res } = exchange;
  if (hasAlready(exchange, entry)) {
    writeNotModified(exchange, entry.headers, { ...more, age: String(ageOf(entry, now)) });
    return;
  }
  const fields = exchange.fieldsOf(entry);
  fields['age'] = String(ageOf(entry, now));
  // RFC 9110, 8.6: no length on a 204.
  if (entry.status !== 204) fields['content-length'] = entry.body.byteLength;
  const { record } = exchange.scope;
  if (record && req.method !== 'HEAD') record.responseBytes = entry.body.byteLength;
  res.writeHead(entry.status, Object.assign(fields, more));
  res.end(req.method === 'HEAD' || entry.status === 204 ? undefined : entry.body);
}

export interface ServeOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly more: OutgoingHttpHeaders;
}

/** Whether the client says that it has this answer. */
export function hasAlready(
  { req }: Exchange,
  answer: { readonly status: number; readonly headers: HttpFields },
): boolean {
  const { 'if-none-match': tags, 'if-modified-since': since } = req.headers;
  if (answer.status !== 200 || (tags === undefined && since === undefined)) return false;
  return isNotModified(req.headers, answer.headers);
}

/** @param headers Of the answer that the client has. */
export function writeNotModified(exchange: Exchange, headers: HttpFields, more: OutgoingHttpHeaders): void {
  const fields = exchange.fieldsOf({ status: 304, headers: fieldsOfNotModified(headers) });
  exchange.res.writeHead(304, Object.assign(fields, more)).end();
}

/**
 * Says that nothing is kept, to a client that wants nothing else.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1.7 | RFC 9111, 5.2.1.7 only-if-cached}
 */
export function writeNotKept({ res, scope }: Exchange, more: Readonly<Record<string, string>>): void {
  const error = new GatewayError('NOT_KEPT', 'Nothing that is kept answers the request, and it asks for nothing else.');
  writeError(res, error, { requestId: scope.requestId, headers: more });
}
