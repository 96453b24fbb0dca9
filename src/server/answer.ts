import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { GatewayError } from '../errors.ts';

export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly text: string | Buffer;
}

/** Sends a whole answer; headers set on `res` before go along. Does nothing where the client has left. */
export function sendAnswer(req: IncomingMessage, res: ServerResponse, { status, headers, text }: Answer): void {
  if (res.headersSent || res.destroyed) return;
  const isUnread = hasBody(req) && !req.complete;
  if (isUnread) res.setHeader('connection', 'close');
  res.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) });
  if (!isUnread) res.end(text);
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

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** What an answered client may still send before its connection is cut, in bytes. */
const maxIgnoredBytes = 8 * 1024 * 1024;
/** And for how long, in milliseconds. */
const maxIgnoredMs = 2000;

/**
 * Ends an answer that was given before the request was read. Closing at once would make the system reset the
 * connection, and the client could lose the answer that says why; reading on for ever would let it fill our time.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-9.6 | RFC 9112, 9.6 Tear-down}
 */
function endAfterRequest(req: IncomingMessage, res: ServerResponse): void {
  let bytes = 0;
  const end = (): void => {
    clearTimeout(timer);
    req.off('data', count).off('end', end).off('close', end).off('error', end);
    res.end();
  };
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > maxIgnoredBytes) end();
  };
  const timer = setTimeout(end, maxIgnoredMs);
  req.on('data', count).once('end', end).once('close', end).on('error', end);
}
