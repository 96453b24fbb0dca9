import type { IncomingMessage, ServerResponse } from 'node:http';
import { createYoga } from 'graphql-yoga';
import type { Plugin } from 'graphql-yoga';
import type { GraphQLSchema } from 'graphql';
import { listen, RequestLog } from './server.ts';
import type { DemoServer, RecordedRequest, StartOptions } from './server.ts';

interface ServerContext {
  readonly recorded: RecordedRequest;
}

const recordParams: Plugin<object, ServerContext> = {
  onParams({ params, context }) {
    context.recorded.body = JSON.stringify(params);
  },
};

/** Serves `schema` at `/graphql`: JSON for queries and mutations, server-sent events for subscriptions. */
export function startGraphql(name: string, schema: GraphQLSchema, options: StartOptions = {}): Promise<DemoServer> {
  const log = new RequestLog();
  const yoga = createYoga<ServerContext>({
    schema,
    graphiql: false,
    landingPage: false,
    cors: false,
    logging: false,
    plugins: [recordParams],
  });
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = 'GET', url: path = '/', headers } = request;
    const recorded = { method, path, headers, body: '' };
    log.add(recorded);
    response.setHeader('x-served-by', name);
    void yoga.handle(request, response, { recorded });
  };
  return listen(listener, { ...options, log, path: '/graphql' });
}
