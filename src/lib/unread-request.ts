import type { IncomingMessage, ServerResponse } from 'node:http';

/** Whether a request has a body, by what its headers say. */
export function hasBody({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Whether some of a request's body has not come yet. */
export function isUnread(req: IncomingMessage): boolean {
  return hasBody(req) && !req.complete;
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
