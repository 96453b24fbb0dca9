import type { IncomingMessage, ServerResponse } from 'node:http';

/** Whether a request has a body, by what its headers say. */
export function hasBody({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** A body that is announced as no larger is read away by Node.js, in bytes: its connection can go on. */
const maxReadAwayBytes = 64 * 1024;

/**
 * Whether so much of a request's body may still come that an answer must end the connection. A client whose token has
 * expired need not open a new one for a small request.
 */
export function isUnread(req: IncomingMessage): boolean {
  if (req.complete || !hasBody(req)) return false;
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length']) > maxReadAwayBytes;
}

/** What a client that was answered may still send before its connection is cut, in bytes. */
export const maxIgnoredBytes = 8 * 1024 * 1024;
/** And for how long, in milliseconds. */
export const maxIgnoredMs = 2000;

/**
 * Ends an answer that was given before the request was read. Closing at once would make the system reset the
 * connection, and the client could lose the answer that says why; reading on for ever would let it fill our time.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-9.6 | RFC 9112, 9.6 Tear-down}
 */
export function endAfterRequest(req: IncomingMessage, res: ServerResponse): void {
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
