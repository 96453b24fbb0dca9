import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionArgs, ExecutionResult, GraphQLSchema } from 'graphql';
import { createYoga, getSSEProcessor, isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { GatewayConfig } from '../config/types.ts';
import { GatewayError } from '../errors.ts';
import { mapResults } from '../lib/map-results.ts';
import type { RequestScope } from '../upstream/types.ts';
import { eventStream, graphqlJson, json, readAccepted, type Accepted } from './accepted.ts';
import { sendAnswer, type Answer } from './answer.ts';
import { formatError as formatErrorForClients, type FormatError } from './format-error.ts';
import { answerOf, formatResult, statusOfResult, type Result } from './graphql-answer.ts';
import { readGraphqlRequest, type GraphqlRequest } from './graphql-request.ts';
import { sendResponse } from './send-response.ts';

/** One HTTP request that was let in. */
export interface GraphqlHttpRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly scope: RequestScope;
  /** Aborts when the server shuts down: streams end then. */
  readonly draining: AbortSignal;
}

/** Answers requests that ask one schema. Never rejects. */
export type GraphqlHandler = (request: GraphqlHttpRequest) => Promise<void>;

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
  readonly challenges: readonly string[];
  /** What the client asks; rejects where that cannot be read. */
  readonly reading: Promise<GraphqlRequest>;
}

export interface GraphqlHandlerOptions {
  readonly schema: GraphQLSchema;
  /** Default: Yoga's own executor. */
  readonly execute?: Execute;
  /** Default: every request is parsed and validated. */
  readonly runPrepared?: RunPrepared;
  /** Default: Yoga's own executor. */
  readonly subscribe?: Subscribe;
  readonly config: Pick<GatewayConfig['graphql'], 'path' | 'maxBodyBytes'>;
  /** Default: `formatError` of this folder. */
  readonly formatError?: FormatError;
  /** Policies, in their order. */
  readonly plugins?: readonly Plugin[];
  /** Values of `www-authenticate` for an answer 401. Default: none. */
  readonly challenges?: readonly string[];
}

/**
 * GraphQL over HTTP by GET and POST, event streams for subscriptions.
 * Yoga parses, validates, runs the plugins and executes; requests are read and answers written here, because its own
 * ways cost several times as much and answer 500 with a stack.
 *
 * @see {@link https://graphql.github.io/graphql-over-http/draft/ | GraphQL over HTTP}
 */
export function createGraphqlHandler(options: GraphqlHandlerOptions): GraphqlHandler {
  const { config, formatError = formatErrorForClients, challenges = [] } = options;
  const yoga = createYoga<GraphqlContext>({
    schema: options.schema,
    graphqlEndpoint: config.path,
    plugins: [engine(options), reader(), ...(options.plugins ?? []), writer(formatError)],
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
  return async ({ req, res, scope, draining }) => {
    try {
      checkMethod(req, res);
      const accepted = readAccepted(req.headers.accept);
      const reading = readGraphqlRequest(req, config.maxBodyBytes);
      // Whoever needs the request hears of the failure; where nobody does, it must not end the process.
      reading.catch(() => {});
      const context: GraphqlContext = { req, res, scope, accepted, draining, challenges, reading };
      const known = options.runPrepared && (await resultOfKnown(context, options.runPrepared));
      if (known) return sendText(context, answerOf(known, context, formatError));
      const response = await yoga.handleNodeRequestAndResponse(req, res, context);
      for (const [name, value] of scope.responseHeaders.entries()) res.appendHeader(name, value);
      await sendResponse(req, res, response, draining);
    } catch (error) {
      sendRefusal({ req, res, scope }, refusalOf(error), formatError);
    }
  };
}

/** Answers with nothing but an error: nothing has run, and how the client takes its answer is not known. */
export function sendRefusal(
  { req, res, scope }: Pick<GraphqlContext, 'req' | 'res' | 'scope'>,
  error: unknown,
  formatError: FormatError = formatErrorForClients,
): void {
  const result = formatResult({ errors: [error] }, scope, formatError);
  sendAnswer(req, res, {
    status: statusOfResult(result, graphqlJson),
    headers: { 'content-type': `${json}; charset=utf-8` },
    text: JSON.stringify(result),
  });
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

/**
 * What is known of an operation is not found out again: one whose text has run before is neither parsed nor validated,
 * and goes past Yoga, which costs as much as the rest of a small request. `undefined` where Yoga is to answer: for an
 * operation that is new, a request that cannot be read, and a client that takes nothing but streams.
 */
async function resultOfKnown(context: GraphqlContext, runPrepared: RunPrepared): Promise<ExecutionResult | undefined> {
  if (context.accepted.single === eventStream) return undefined;
  let request: GraphqlRequest;
  try {
    request = await context.reading;
  } catch {
    return undefined;
  }
  const { query, operationName, variables = {} } = request;
  return runPrepared({ query, operationName, variables }, context);
}

function sendText({ req, res, scope }: GraphqlContext, answer: Answer): void {
  for (const [name, value] of scope.responseHeaders.entries()) res.appendHeader(name, value);
  sendAnswer(req, res, answer);
}

function reader(): Plugin<object, GraphqlContext> {
  return {
    onRequestParse({ serverContext, setRequestParser }) {
      setRequestParser(() => serverContext.reading);
    },
  };
}

const processStream = getSSEProcessor();

function writer(formatError: FormatError): Plugin<object, GraphqlContext> {
  return {
    onResultProcess(payload) {
      const { scope, accepted } = payload.serverContext;
      const { result } = payload;
      if (isAsyncIterable(result)) {
        const results = mapResults(result, (each) => formatResult(each as Result, scope, formatError));
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
      const { status, headers, text } = answerOf(result as Result, payload.serverContext, formatError);
      payload.setResultProcessor(
        (_result, { Response }) => new Response(text, { status, headers: { 'content-type': headers['content-type'] } }),
        headers['content-type'],
      );
    },
  };
}
