import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { createYoga, getSSEProcessor, isAsyncIterable, type GraphQLParams, type Plugin } from 'graphql-yoga';
import { GatewayError } from '../errors.ts';
import { mapResults } from '../lib/map-results.ts';
import { onceByKey } from '../lib/once-by-key.ts';
import { eventStream, json } from './accepted.ts';
import type { FormatError } from './format-error.ts';
import { answerOf, formatResult, type Result } from './graphql-answer.ts';
import type { RunnableRequest } from './graphql-request.ts';
import type { GraphqlContext, GraphqlHandlerOptions } from './graphql-server.ts';

/**
 * Yoga as Weft uses it: it parses, validates, runs the plugins and executes. Requests come to it read, and results leave it
 * written, because its own ways cost several times as much and answer 500 with a stack.
 */

export interface YogaContext extends GraphqlContext {
  /** What the client asks: one operation, or those of a batch. */
  readonly asked: GraphQLParams | GraphQLParams[];
  /** Takes the results of a batch as they are, to be written with others; undefined where the request is none. */
  readonly batch: { result?: unknown } | undefined;
  /** Takes a result that is kept as text, to be sent as it is; undefined for a batch, which is one text. */
  readonly kept: { result?: Result } | undefined;
}

export interface OurYoga {
  readonly handleNodeRequestAndResponse: (
    req: IncomingMessage,
    res: ServerResponse,
    context: YogaContext,
  ) => Response | Promise<Response>;
}

export function createOurYoga(options: GraphqlHandlerOptions, formatError: FormatError): OurYoga {
  const { schema, config, resolveDocument, plugins = [] } = options;
  const { path, maxBatch = 0 } = config;
  return createYoga<YogaContext>({
    schema,
    // Which paths are GraphQL's is decided by the lanes; Yoga knows no path with the id of a document.
    graphqlEndpoint: resolveDocument ? '*' : path,
    plugins: [engine(options), reader(), ...plugins, writer(formatError)],
    maxRequestBodySize: false,
    maskedErrors: false,
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: maxBatch > 0 && { limit: maxBatch },
    logging: false,
    // Yoga answers every URL that ends so; no URL ends in a space.
    healthCheckEndpoint: ' ',
  });
}

/** A request as Yoga takes it: it refuses names that it does not know. */
export function paramsOf({ query, variables, operationName, extensions }: RunnableRequest): GraphQLParams {
  return {
    query,
    variables,
    ...(operationName !== undefined && { operationName }),
    ...(extensions && { extensions }),
  };
}

function engine({ execute, subscribe }: GraphqlHandlerOptions): Plugin<YogaContext> {
  return {
    onExecute({ setExecuteFn }) {
      if (execute) setExecuteFn(execute);
    },
    onSubscribe({ args, setSubscribeFn }) {
      const { accepted, draining, batch } = args.contextValue;
      if (batch)
        throw new GatewayError('BAD_REQUEST', 'Expected queries and mutations in a batch, but got: subscription');
      if (!accepted.stream) {
        throw new GatewayError(
          'NOT_ACCEPTABLE',
          `A subscription is answered as a stream: expected "accept" to name ${eventStream}.`,
        );
      }
      if (draining.aborted) throw new GatewayError('SHUTTING_DOWN', 'The gateway is shutting down.');
      if (subscribe) setSubscribeFn(subscribe);
    },
  };
}

function reader(): Plugin<object, YogaContext> {
  return {
    onRequestParse({ serverContext, setRequestParser }) {
      setRequestParser(() => serverContext.asked);
    },
  };
}

const processStream = getSSEProcessor();

function writer(formatError: FormatError): Plugin<object, YogaContext> {
  return {
    onResultProcess(payload) {
      const { scope, accepted, batch, kept } = payload.serverContext;
      const { result } = payload;
      if (batch) {
        batch.result = result;
        payload.setResultProcessor((_result, { Response }) => new Response(null), json);
        return;
      }
      if (isAsyncIterable(result)) {
        const results = mapResults(result, (each) =>
          // An event's errors are forgotten with it.
          formatResult(each as Result, { ...scope, once: onceByKey() }, formatError),
        );
        payload.setResult(results as AsyncIterable<ExecutionResult>);
        payload.setResultProcessor(processStream, eventStream);
        return;
      }
      // A stream that cannot begin is refused by its status: clients of streams try again after a 200 that ends.
      if (accepted.single === eventStream && result && 'data' in result && result.data !== undefined) {
        payload.setResult(formatResult(result as Result, scope, formatError) as ExecutionResult);
        payload.setResultProcessor(processStream, eventStream);
        return;
      }
      if (kept && result && 'kept' in result && result.kept !== undefined) {
        kept.result = result as Result;
        payload.setResultProcessor((_result, { Response }) => new Response(null), json);
        return;
      }
      const { status, headers, text } = answerOf(result as Result, payload.serverContext, formatError);
      payload.setResultProcessor(
        (_result, { Response }) => new Response(text, { status, headers: { 'content-type': headers['content-type'] } }),
        headers['content-type'],
      );
    },
  };
}
