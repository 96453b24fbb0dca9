import type { GraphQLSchema } from 'graphql';
import type { GatewayConfig, ResponseHeaderRule } from '../../src/config/types.ts';
import { graphqlPolicies } from '../../src/policies/index.ts';
import { clientSignal } from '../../src/server/client-signal.ts';
import { createGraphqlLane } from '../../src/server/graphql-lane.ts';
import { createGraphqlHandler, type GraphqlHandlerOptions } from '../../src/server/graphql-server.ts';
import { startHttpServer, type HttpServer } from '../../src/server/http-server.ts';
import type { Lanes } from '../../src/server/lanes.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import type { RequestScope } from '../../src/upstream/types.ts';

export interface ServedSchema extends HttpServer {
  /** URL of the GraphQL endpoint. */
  readonly endpoint: string;
  /** The scopes of the requests so far. */
  readonly scopes: readonly RequestScope[];
  readonly lanes: Lanes;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

export interface ServeSchemaOptions {
  readonly config?: Partial<GatewayConfig['graphql']>;
  readonly handler?: Partial<GraphqlHandlerOptions>;
  /** By lower-case name. Default: `set-cookie` is appended, of `cache-control` the first counts. */
  readonly responseHeaderRules?: Readonly<Record<string, ResponseHeaderRule>>;
  readonly lanes?: Partial<Lanes>;
  readonly drainMs?: number;
}

/** The gateway's server room around a plain schema: real sockets, real policies, no upstreams. */
export async function serveSchema(schema: GraphQLSchema, options: ServeSchemaOptions = {}): Promise<ServedSchema> {
  const scopes: RequestScope[] = [];
  const defaults = {
    path: '/graphql',
    graphiql: true,
    maxBodyBytes: 4096,
    firstOperation: undefined,
    queryPlan: false,
  };
  const config = { ...defaults, ...options.config };
  const responseHeaderRules = options.responseHeaderRules ?? { 'set-cookie': 'append', 'cache-control': 'first' };
  const handler = createGraphqlHandler({ schema, config, plugins: graphqlPolicies(), ...options.handler });
  const graphql = createGraphqlLane({
    config,
    enter: (req, res) => {
      const scope = createRequestScope({ headers: req.headers, signal: clientSignal(res), responseHeaderRules });
      scopes.push(scope);
      return { is: 'admitted', scope };
    },
    handlerFor: () => handler,
  });
  const readiness = () => ({ ready: true, upstreams: {} });
  const lanes: Lanes = { graphqlPath: config.path, graphql, readiness, ...options.lanes };
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    lanes: () => lanes,
    drainMs: options.drainMs ?? 1000,
  });
  const endpoint = `${server.url}${config.path}`;
  return { ...server, endpoint, scopes, lanes, [Symbol.asyncDispose]: server.close };
}
