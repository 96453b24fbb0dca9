import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { GatewayError } from '../errors.ts';
import { endAfterRequest, isUnread } from '../lib/unread-request.ts';

export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly text: string | Buffer;
}

/** Sends a whole answer; headers set on `res` before go along. Does nothing where the client has left. */
export function sendAnswer(req: IncomingMessage, res: ServerResponse, { status, headers, text }: Answer): void {
  if (res.headersSent || res.destroyed) return;
  const leavesBody = isUnread(req);
  if (leavesBody) res.setHeader('connection', 'close');
  res.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) });
  if (!leavesBody) res.end(text);
  else {
    res.write(text);
    endAfterRequest(req, res);
  }
}

/** Sends an error of the HTTP lanes as `{ error: { code, message, requestId } }`. */
export function sendError(req: IncomingMessage, res: ServerResponse, error: GatewayError, requestId: string): void {
  const { code, publicMessage: message, status } = error;
  res.setHeader('x-request-id', requestId);
  const text = JSON.stringify({ error: { code, message, requestId } });
  sendAnswer(req, res, { status, headers: { 'content-type': 'application/json; charset=utf-8' }, text });
}
