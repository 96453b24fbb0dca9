import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionArgs, ExecutionResult, GraphQLSchema } from 'graphql';
import { createYoga, getSSEProcessor, isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { GatewayConfig } from '../config/types.ts';
import { GatewayError } from '../errors.ts';
import { mapResults } from '../lib/map-results.ts';
import type { RequestScope } from '../upstream/types.ts';
import { eventStream, graphqlJson, json, prefersPage, readAccepted, type Accepted } from './accepted.ts';
import { sendAnswer } from './answer.ts';
import { clientSignal } from './client-signal.ts';
import { formatError as formatErrorForClients, type FormatError } from './format-error.ts';
import { createGraphiqlPage } from './graphiql.ts';
import { formatResult, printResult, statusOfResult, type Result } from './graphql-answer.ts';
import { readGraphqlRequest } from './graphql-request.ts';
import { sendResponse } from './send-response.ts';

/** Answers one HTTP request. `draining` aborts when the server shuts down: streams end then. */
export type Lane = (req: IncomingMessage, res: ServerResponse, draining: AbortSignal) => Promise<void>;

/** Runs one operation; `contextValue` is a `GraphqlContext`. */
export type Execute = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;
export type Subscribe = (
  args: ExecutionArgs,
) => Promise<AsyncIterable<ExecutionResult> | ExecutionResult> | AsyncIterable<ExecutionResult> | ExecutionResult;

/** What one request asks of an operation that ran before. */
export interface PreparedRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Runs an operation that was parsed, validated and run before, by its text; `undefined` where there is none. A mutation
 * is never run so for a GET.
 */
export type RunPrepared = (request: PreparedRequest, context: GraphqlContext) => Promise<ExecutionResult> | undefined;

/** What executors and policies find as context, among what Yoga adds (`request`, `params`). */
export interface GraphqlContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly scope: RequestScope;
  readonly accepted: Accepted;
  readonly draining: AbortSignal;
}

export interface GraphqlHandlerOptions {
  readonly schema: GraphQLSchema;
  /** Default: Yoga's own executor. */
  readonly execute?: Execute;
  /** Default: every request is parsed and validated. */
  readonly runPrepared?: RunPrepared;
  /** Default: Yoga's own executor. */
  readonly subscribe?: Subscribe;
  readonly config: GatewayConfig['graphql'];
  /** `signal` aborts when the client leaves. Its `requestId` is answered as `x-request-id`. */
  readonly createScope: (req: IncomingMessage, signal: AbortSignal) => RequestScope;
  /** Default: `formatError` of this folder. */
  readonly formatError?: FormatError;
  /** Policies, in their order. */
  readonly plugins?: readonly Plugin[];
}

/**
 * The GraphQL endpoint: GraphQL over HTTP by GET and POST, event streams for subscriptions, GraphiQL for browsers.
 * Yoga parses, validates, runs the plugins and executes; requests are read and answers written here, because its own
 * ways cost several times as much and answer 500 with a stack.
 *
 * @see {@link https://graphql.github.io/graphql-over-http/draft/ | GraphQL over HTTP}
 */
export function createGraphqlHandler(options: GraphqlHandlerOptions): Lane {
  const { config, createScope, formatError = formatErrorForClients } = options;
  const page = config.graphiql ? createGraphiqlPage(config) : undefined;
  const yoga = createYoga<GraphqlContext>({
    schema: options.schema,
    graphqlEndpoint: config.path,
    plugins: [
      engine(options),
      reader(config.maxBodyBytes),
      ...(options.plugins ?? []),
      prepared(options),
      writer(formatError),
    ],
    maxRequestBodySize: false,
    maskedErrors: false,
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    logging: false,
    // Yoga answers every URL that ends so; no URL ends in a space.
    healthCheckEndpoint: ' ',
  });
  return async (req, res, draining) => {
    const scope = createScope(req, clientSignal(res));
    res.setHeader('x-request-id', scope.requestId);
    try {
      checkMethod(req, res);
      if (page && req.method === 'GET' && prefersPage(req.headers.accept)) return await page(req, res);
      const accepted = readAccepted(req.headers.accept);
      const context: GraphqlContext = { req, res, scope, accepted, draining };
      const response = await yoga.handleNodeRequestAndResponse(req, res, context);
      for (const [name, value] of scope.responseHeaders.entries()) res.appendHeader(name, value);
      await sendResponse(req, res, response, draining);
    } catch (error) {
      const result = formatResult({ errors: [refusalOf(error)] }, scope, formatError);
      const status = statusOfResult(result, graphqlJson);
      sendAnswer(req, res, {
        status,
        headers: { 'content-type': `${json}; charset=utf-8` },
        text: JSON.stringify(result),
      });
    }
  };
}

function checkMethod({ method }: IncomingMessage, res: ServerResponse): void {
  if (method === 'GET' || method === 'POST') return;
  // RFC 9110, 15.5.6: an answer 405 must say what is allowed.
  res.setHeader('allow', 'GET, POST');
  throw new GatewayError('METHOD_NOT_ALLOWED', `Expected GET or POST, but got: ${method}`);
}

/** Yoga makes a URL of `host` and the request's target, which fails where they are none. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof TypeError) || !('code' in error) || error.code !== 'ERR_INVALID_URL') return error;
  return new GatewayError('BAD_REQUEST', 'Expected "host" and the request target to make a URL.', { cause: error });
}

function engine({ execute, subscribe }: GraphqlHandlerOptions): Plugin<GraphqlContext> {
  return {
    onExecute({ setExecuteFn }) {
      if (execute) setExecuteFn(execute);
    },
    onSubscribe({ args, setSubscribeFn }) {
      const { accepted, draining } = args.contextValue;
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

/** What is known of an operation is not found out again: neither parsed nor validated, as its text is the same. */
function prepared({ runPrepared }: GraphqlHandlerOptions): Plugin<object, GraphqlContext> {
  if (!runPrepared) return {};
  return {
    onParams({ params: { query, operationName, variables }, context, setParamsHandler }) {
      if (query === undefined) return;
      const request = { query, operationName: operationName ?? undefined, variables: variables ?? {} };
      const result = runPrepared(request, context);
      if (result) setParamsHandler(() => result);
    },
  };
}

function reader(maxBodyBytes: number): Plugin<object, GraphqlContext> {
  return {
    onRequestParse({ serverContext, setRequestParser }) {
      setRequestParser(() => readGraphqlRequest(serverContext.req, maxBodyBytes));
    },
  };
}

const processStream = getSSEProcessor();

function writer(formatError: FormatError): Plugin<object, GraphqlContext> {
  return {
    onResultProcess(payload) {
      const { req, res, scope, accepted } = payload.serverContext;
      const { result } = payload;
      if (isAsyncIterable(result)) {
        const results = mapResults(result, (each) => formatResult(each as Result, scope, formatError));
        payload.setResult(results as AsyncIterable<ExecutionResult>);
        payload.setResultProcessor(processStream, eventStream);
        return;
      }
      const formatted = formatResult(result as Result, scope, formatError);
      // A stream that cannot begin is refused by its status: clients of streams try again after a 200 that ends.
      const isRefused = accepted.single === eventStream && formatted.data === undefined;
      const mediaType = isRefused ? graphqlJson : accepted.single;
      if (mediaType === eventStream) {
        payload.setResult(formatted as ExecutionResult);
        payload.setResultProcessor(processStream, eventStream);
        return;
      }
      // What went wrong may be well again in a moment: no cache may keep the answer, whatever its upstreams allow.
      if (formatted.errors?.length) scope.responseHeaders.collect({ 'cache-control': 'no-store' });
      const status = statusOfResult(formatted, mediaType);
      // RFC 9110, 15.5.6: an answer 405 must say what is allowed. What may not come by GET may by POST.
      if (status === 405) res.setHeader('allow', 'POST');
      if (req.method === 'GET') res.setHeader('vary', 'accept');
      const text = printResult(formatted, (result as Result).stringify);
      const headers = { 'content-type': `${mediaType}; charset=utf-8` };
      payload.setResultProcessor((_result, { Response }) => new Response(text, { status, headers }), mediaType);
    },
  };
}
