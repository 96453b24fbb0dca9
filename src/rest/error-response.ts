import type { ServerResponse } from 'node:http';
import type { GatewayError } from '../errors.ts';
import { recordOf } from '../telemetry/record.ts';
import { endAfterRequest, isUnread } from '../lib/unread-request.ts';

export interface ErrorOptions {
  readonly requestId: string;
  /** Further response headers, such as `allow` of a 405. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether nobody reads what is left of the request's body: the connection ends then. Default false. */
  readonly leavesBody?: boolean;
}

/**
 * Answers with an error as JSON, `{ "error": { "code", "message", "requestId" } }`, or ends the connection where an
 * answer has already begun: its reader must not take a part for the whole.
 */
export function writeError(
  res: ServerResponse,
  error: GatewayError,
  { requestId, headers = {}, leavesBody = false }: ErrorOptions,
): void {
  recordOf(res)?.addError(error.code, error.upstream);
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  const { req } = res;
  const endsConnection = leavesBody && isUnread(req);
  const body = JSON.stringify({ error: { code: error.code, message: error.publicMessage, requestId } });
  res.writeHead(error.status, {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-request-id': requestId,
    ...(endsConnection && { connection: 'close' }),
  });
  if (!endsConnection) res.end(req.method === 'HEAD' ? undefined : body);
  else {
    if (req.method === 'HEAD') res.flushHeaders();
    else res.write(body);
    endAfterRequest(req, res);
  }
}
