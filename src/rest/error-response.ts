import type { ServerResponse } from 'node:http';
import type { GatewayError } from '../errors.ts';

/**
 * Answers with an error as JSON, `{ "error": { "code", "message", "requestId" } }`, or ends the connection where an
 * answer has already begun: its reader must not take a part for the whole.
 *
 * @param headers Further response headers, such as `allow` of a 405.
 */
export function writeError(
  res: ServerResponse,
  error: GatewayError,
  { requestId, headers = {} }: { readonly requestId: string; readonly headers?: Readonly<Record<string, string>> },
): void {
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  const body = JSON.stringify({ error: { code: error.code, message: error.publicMessage, requestId } });
  res.writeHead(error.status, {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-request-id': requestId,
  });
  res.end(res.req.method === 'HEAD' ? undefined : body);
}
