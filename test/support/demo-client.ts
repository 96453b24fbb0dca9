import { after, before } from 'node:test';
import type { DemoServer, Start } from '../../upstreams/demo/server.ts';

/** Asking the demo upstreams themselves, with no gateway between. */

export type Json = Readonly<Record<string, unknown>>;

/** A server for the tests of one `describe`. */
export function serve(start: Start): () => DemoServer {
  let server: DemoServer | undefined;
  before(async () => {
    server = await start();
  });
  after(() => server?.close());
  return () => server as DemoServer;
}

export interface RestResult {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

export function restClient(server: () => DemoServer): (path: string, init?: RequestInit) => Promise<RestResult> {
  return async (path, init) => {
    const response = await fetch(server().url + path, init);
    return { status: response.status, headers: response.headers, body: (await response.json()) as Json };
  };
}

/** A request with a JSON body; a text is sent as it is. */
export function sends(method: string, body: unknown): RequestInit {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method, headers: { 'content-type': 'application/json' }, body: text };
}

export interface GraphqlResult {
  /** `{}` where there is none. */
  readonly data: Json;
  readonly errors: readonly { readonly message: string; readonly extensions?: Json }[] | undefined;
}

export function graphqlClient(server: () => DemoServer): (query: string, variables?: Json) => Promise<GraphqlResult> {
  return async (query, variables = {}) => {
    const response = await fetch(server().url, sends('POST', { query, variables }));
    const { data, errors } = (await response.json()) as Partial<GraphqlResult>;
    return { data: data ?? {}, errors };
  };
}

/** One property of each item of a list. */
export const keysOf = (items: unknown, key: string): unknown[] => (items as Json[]).map((item) => item[key]);
