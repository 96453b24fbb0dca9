import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { RouteConfig } from '../../config/types.ts';
import type { HttpFields } from '../../cache/http/messages.ts';
import type { Upstream } from '../../upstream/pool.ts';
import type { StreamResponse } from '../../upstream/stream.ts';
import type { RequestScope } from '../../upstream/types.ts';

/** What came of the cache, as `x-cache` tells it. */
export type Outcome = 'hit' | 'miss' | 'stale' | 'bypass';

/** One request of a route, let in, and the ways of answering it. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly scope: RequestScope;
  readonly route: RouteConfig;
  readonly upstream: Upstream;
  /** Path and query for the upstream, without what it must not see. */
  readonly path: string;
  /** Host and port of an absolute request target. */
  readonly authority: string | undefined;
  readonly call: (asked: AskedCall) => Promise<StreamResponse>;
  /** The fields of an answer as the client gets them: the gateway's own among them. */
  readonly fieldsOf: (answer: { readonly status: number; readonly headers: HttpFields }) => OutgoingHttpHeaders;
  /** Passes an answer on as it comes. */
  readonly pass: (response: StreamResponse, fields: OutgoingHttpHeaders) => Promise<void>;
}

export interface AskedCall {
  /** Default: the client's. */
  readonly method?: 'GET' | 'HEAD';
  /** In place of the client's own conditions; undefined: the client's stand. */
  readonly conditions: Readonly<Record<string, string>> | undefined;
  readonly signal: AbortSignal;
  /** Whether no client waits for it. Default false. */
  readonly isInBackground?: boolean;
}

/** What goes on when the client has been answered: it is none of what is told of the client's request. */
export function inBackground(exchange: Exchange): Exchange {
  return {
    ...exchange,
    scope: { ...exchange.scope, record: undefined },
    call: (asked) => exchange.call({ ...asked, isInBackground: true }),
  };
}
