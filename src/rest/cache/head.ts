import { headFits } from '../../cache/http/freshen.ts';
import { errorStatuses } from '../../cache/http/stale.ts';
import type { HttpFields } from '../../cache/http/messages.ts';
import type { Entry } from '../../cache/types.ts';
import type { StreamResponse } from '../../upstream/stream.ts';
import { standIn, updateEntry, type Renewing, type RenewTools } from './renew.ts';
import { hasAlready } from './serve.ts';

export type AskedHead =
  | { readonly is: 'passing'; readonly response: StreamResponse }
  | { readonly is: 'not-modified'; readonly headers: HttpFields }
  | { readonly is: 'stood-in'; readonly entry: Entry };

/**
 * Asks the upstream by HEAD, for a client that did so. The answer is not kept, as it has no body; what is kept of GET is
 * brought up to date by it, or is no longer good.
 *
 * @throws {GatewayError} As `Stream`, where no kept answer may stand in.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.3.5 | RFC 9111, 4.3.5 Freshening Responses with HEAD}
 */
export async function askHead(tools: RenewTools, renewing: Renewing): Promise<AskedHead> {
  const { exchange, looked, signal } = renewing;
  const { entry, key } = looked;
  const since = tools.store.stamp();
  const requestedAt = tools.now();
  let response: StreamResponse;
  try {
    // By a 304 to the client's own conditions nothing could be told of what is kept here.
    response = await exchange.call({ method: 'HEAD', conditions: entry && {}, signal });
  } catch (error) {
    return standIn(tools, entry, error);
  }
  if (entry === undefined) return { is: 'passing', response };
  const receivedAt = tools.now();
  if (errorStatuses.has(response.status) && receivedAt < entry.staleIfErrorUntil) {
    response.body.destroy();
    return { is: 'stood-in', entry };
  }
  if (response.status === 200 && entry.status === 200) {
    if (!headFits(entry, response.headers)) tools.store.delete(key);
    else updateEntry(tools, renewing, { entry, response, requestedAt, receivedAt, since });
  }
  if (!hasAlready(exchange, response)) return { is: 'passing', response };
  response.body.destroy();
  return { is: 'not-modified', headers: response.headers };
}
