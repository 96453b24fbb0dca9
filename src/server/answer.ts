import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { GatewayError } from '../errors.ts';
import { recordOf } from '../telemetry/record.ts';
import { endAfterRequest, isUnread } from '../lib/unread-request.ts';

export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly text: string | Buffer;
}

/** An answer whose headers are all there. */
export interface WholeAnswer {
  readonly status: number;
  /** With `content-length`, where there is a body. */
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  /** Of a body that is text. Default `utf8`; `latin1` where it has a byte in each character. */
  readonly encoding?: 'utf8' | 'latin1';
}

/** Sends a whole answer; headers set on `res` before go along. Does nothing where the client has left. */
export function sendAnswer(req: IncomingMessage, res: ServerResponse, { status, headers, text }: Answer): void {
  const fields = { ...headers, 'content-length': Buffer.byteLength(text) };
  sendWhole(req, res, { status, headers: fields, body: text });
}

/** Sends an answer as it is; headers set on `res` before go along. Does nothing where the client has left. */
export function sendWhole(
  req: IncomingMessage,
  res: ServerResponse,
  { status, headers, body, encoding = 'utf8' }: WholeAnswer,
): void {
  if (res.headersSent || res.destroyed) return;
  const record = recordOf(res);
  if (record && body !== undefined) record.responseBytes = Number(headers['content-length'] ?? 0);
  const leavesBody = isUnread(req);
  if (leavesBody) res.setHeader('connection', 'close');
  res.writeHead(status, headers);
  if (!leavesBody || body === undefined) res.end(body, encoding);
  else {
    res.write(body, encoding);
    endAfterRequest(req, res);
  }
}

/** Sends an error of the HTTP lanes as `{ error: { code, message, requestId } }`. */
export function sendError(req: IncomingMessage, res: ServerResponse, error: GatewayError, requestId: string): void {
  const { code, publicMessage: message, status } = error;
  recordOf(res)?.addError(code, undefined);
  res.setHeader('x-request-id', requestId);
  const text = JSON.stringify({ error: { code, message, requestId } });
  sendAnswer(req, res, { status, headers: { 'content-type': 'application/json; charset=utf-8' }, text });
}
