import { graphql, parse, type GraphQLError, type GraphQLSchema } from 'graphql';
import type { UpstreamConfig } from '../../src/config/types.ts';
import { openStreamOver } from '../../src/upstream/open-stream.ts';
import { createUpstream } from '../../src/upstream/pool.ts';
import { upstreamHeaders } from '../../src/upstream/request-headers.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import type { Facade, OpenStream, RequestHeaders, RequestScope, Send } from '../../src/upstream/types.ts';
import { startFakeUpstream, type FakeAnswer, type FakeCall } from './fake-upstream.ts';

/** The configuration of an upstream with nothing set but its name. */
export function upstreamConfig(given: Partial<UpstreamConfig> = {}): UpstreamConfig {
  return {
    name: 'products',
    kind: 'graphql',
    file: 'upstreams/products.yaml',
    targets: [],
    openapi: undefined,
    schema: undefined,
    headers: {},
    timeouts: { connectMs: 1000, headersMs: 5000, bodyMs: 5000, totalMs: 5000 },
    connections: 8,
    maxResponseBytes: 1_000_000,
    concurrency: 10,
    errors: {},
    pollMs: 0,
    ...given,
  };
}

export function testScope(signal: AbortSignal = new AbortController().signal): RequestScope {
  return createRequestScope({ headers: {}, signal, responseHeaderRules: { 'x-from': 'append' } });
}

/** What a facade needs to call a server at `url`. */
export interface Connection {
  readonly config: UpstreamConfig;
  readonly send: Send;
  readonly headers: RequestHeaders;
  readonly openStream: OpenStream;
  readonly close: () => Promise<void>;
}

export function connect(url: string, given: Partial<UpstreamConfig> = {}): Connection {
  const config = upstreamConfig(given);
  const upstream = createUpstream(config, [url]);
  return {
    config,
    send: upstream.send,
    headers: (scope) => upstreamHeaders(upstream.headerRules, scope),
    openStream: openStreamOver(upstream.stream),
    close: upstream.destroy,
  };
}

export interface AskedOperation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
}

export interface GraphqlServer {
  readonly url: string;
  readonly asked: readonly AskedOperation[];
  readonly calls: readonly FakeCall[];
  readonly close: () => Promise<void>;
}

/** A GraphQL server that validates like any other; `rootValue` holds its resolvers. */
export async function startGraphqlServer(schema: GraphQLSchema, rootValue: unknown): Promise<GraphqlServer> {
  const asked: AskedOperation[] = [];
  const server = await startFakeUpstream(async (call): Promise<FakeAnswer> => {
    const operation = JSON.parse(call.body) as AskedOperation;
    asked.push(operation);
    const { query, variables, operationName } = operation;
    const json = await graphql({
      schema,
      source: query,
      rootValue,
      variableValues: variables,
      ...(operationName !== undefined && { operationName }),
    });
    return { json, headers: { 'content-type': 'application/graphql-response+json', 'x-from': 'products' } };
  });
  return { url: server.url, asked, calls: server.requests, close: server.close };
}

export interface Asking {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly scope?: RequestScope;
}

/** The result as JSON knows it, with what of the errors a client may see. */
export async function ask(facade: Facade, { query, variables = {}, scope = testScope() }: Asking) {
  const result = await facade.execute({ document: parse(query), variables, scope });
  return { result, data: result.data, errors: (result.errors ?? []).map(shown) };
}

function shown({ message, path, extensions }: GraphQLError) {
  return { message, ...(path && { path }), ...extensions };
}
