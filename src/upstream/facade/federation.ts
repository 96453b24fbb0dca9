import type { UpstreamConfig } from '../../config/types.ts';
import type { Facade, OpenStream, RequestHeaders, Send } from '../types.ts';
import { postGraphql, prepareGraphql } from './graphql-http.ts';
import { subscribeOverSse } from './sse.ts';

export interface FederationFacadeOptions {
  readonly config: Pick<UpstreamConfig, 'name' | 'errors' | 'maxResponseBytes' | 'shareInflight'>;
  readonly send: Send;
  readonly headers: RequestHeaders;
  /** Without it the facade has no subscriptions. */
  readonly openStream?: OpenStream;
  /** Closes the sockets behind `send`. Default: nothing to close. */
  readonly close?: () => Promise<void>;
}

/** A federation subgraph as a facade: documents pass as they are, `_entities` included. */
export function createFederationFacade({ config, send, headers, openStream, close }: FederationFacadeOptions): Facade {
  return {
    name: config.name,
    kind: 'federation',
    execute: postGraphql({ config, send, headers }),
    prepare: prepareGraphql({ config, send, headers }),
    ...(openStream && { subscribe: subscribeOverSse({ config, openStream, headers }) }),
    close: close ?? (async () => {}),
  };
}
