import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionArgs, ExecutionResult, GraphQLSchema } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { GatewayConfig } from '../config/types.ts';
import { GatewayError } from '../errors.ts';
import { addDefaultFields } from '../lib/default-fields.ts';
import type { Caller } from '../identity/caller.ts';
import type { AskedDocument } from '../persisted/types.ts';
import { timelineOf } from '../telemetry/timeline.ts';
import type { RequestScope } from '../upstream/types.ts';
import { eventStream, graphqlJson, json, readAccepted, type Accepted } from './accepted.ts';
import { sendAnswer, type Answer } from './answer.ts';
import { formatError as formatErrorForClients, type FormatError } from './format-error.ts';
import { answerOf, answerOfBatch, type Result } from './graphql-answer.ts';
import { runBatch } from './graphql-batch.ts';
import {
  readGraphqlRequest,
  type GraphqlBatch,
  type GraphqlRequest,
  type RequestLimits,
  type RunnableRequest,
} from './graphql-request.ts';
import { refusalOf, sendRefusal } from './refusal.ts';
import { createOurYoga, paramsOf, type OurYoga } from './graphql-yoga.ts';
import { isWhole, keptFields, sendKept } from './send-kept.ts';
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

/**
 * The text of the document that a request means. At once (no promise) where it is at hand.
 *
 * @throws {GatewayError} Where there is none to run; thrown or rejected.
 */
export type ResolveDocument = (asked: AskedDocument, scope: RequestScope) => string | Promise<string>;

/** What executors and policies find as context, among what Yoga adds (`request`, `params`). */
export interface GraphqlContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly scope: RequestScope;
  readonly accepted: Accepted;
  readonly draining: AbortSignal;
  readonly challenges: readonly string[];
  /** Adds what this very request asks to be told beside its answer; undefined where it asks for nothing. */
  readonly extend: ((result: Result) => Result) | undefined;
}

export interface GraphqlHandlerOptions {
  readonly schema: GraphQLSchema;
  /** Default: Yoga's own executor. */
  readonly execute?: Execute;
  /** Default: every request is parsed and validated. */
  readonly runPrepared?: RunPrepared;
  /** Default: Yoga's own executor. */
  readonly subscribe?: Subscribe;
  readonly config: Pick<GatewayConfig['graphql'], 'path' | 'maxBodyBytes'> & {
    /** Most operations of one HTTP request. Default 0: a request has one, and a batch is refused. */
    readonly maxBatch?: number;
    /** Whether a request with `weft-cache: true` hears by `x-cache` what came of the cache. Default false. */
    readonly showsCache?: boolean;
  };
  /**
   * Finds the documents of all requests, also of those that bring their text. Default: the text is run that came, and a
   * request without one is refused.
   */
  readonly resolveDocument?: ResolveDocument;
  /** Default: `formatError` of this folder. */
  readonly formatError?: FormatError;
  /** Whether, or for which callers, a request with `weft-timeline: true` gets `extensions.timeline`. Default false. */
  readonly showsTimeline?: boolean | ((caller: Caller) => boolean);
  /** Policies, in their order. */
  readonly plugins?: readonly Plugin[];
  /** Values of `www-authenticate` for an answer 401. Default: none. */
  readonly challenges?: readonly string[];
}

/**
 * GraphQL over HTTP by GET and POST, batches by POST, event streams for subscriptions.
 *
 * @see {@link https://graphql.github.io/graphql-over-http/draft/ | GraphQL over HTTP}
 */
export function createGraphqlHandler(options: GraphqlHandlerOptions): GraphqlHandler {
  const handler = new Handler(options);
  return (request) => handler.answer(request);
}

type ReadRequest = RunnableRequest | GraphqlBatch | undefined;

class Handler {
  readonly #yoga: OurYoga;
  readonly #limits: RequestLimits;
  readonly #formatError: FormatError;
  readonly #challenges: readonly string[];
  readonly #runPrepared: RunPrepared | undefined;
  readonly #resolve: ResolveDocument;
  readonly #showsCache: boolean;
  readonly #showsTimeline: NonNullable<GraphqlHandlerOptions['showsTimeline']>;

  constructor(options: GraphqlHandlerOptions) {
    const { config, formatError = formatErrorForClients, challenges = [], resolveDocument } = options;
    const { path, maxBodyBytes, maxBatch = 0, showsCache = false } = config;
    this.#yoga = createOurYoga(options, formatError);
    this.#limits = { maxBodyBytes, maxBatch, idsFollow: resolveDocument && path };
    this.#formatError = formatError;
    this.#challenges = challenges;
    this.#runPrepared = options.runPrepared;
    this.#showsCache = showsCache;
    this.#showsTimeline = options.showsTimeline ?? false;
    this.#resolve = resolveDocument ?? textThatCame;
  }

  async answer({ req, res, scope, draining }: GraphqlHttpRequest): Promise<void> {
    try {
      checkMethod(req, res);
      const accepted = readAccepted(req.headers.accept);
      const challenges = this.#challenges;
      const extend = this.#extender(scope);
      const context: GraphqlContext = { req, res, scope, accepted, draining, challenges, extend };
      const reading = this.#read(context);
      const asked = reading instanceof Promise ? await reading : reading;
      if (asked === undefined) return;
      if ('batch' in asked) return await this.#answerBatch(asked, context);
      if (this.#showsCache && req.headers['weft-cache'] === 'true') addDefaultFields(res, bypass);
      const known = this.#runKnown(asked, context);
      if (known) {
        const sending = this.#send(await known, context);
        if (sending) await sending;
        return;
      }
      const kept: { result?: Result } = {};
      const response = await this.#yoga.handleNodeRequestAndResponse(req, res, {
        ...context,
        asked: paramsOf(asked),
        batch: undefined,
        kept,
      });
      if (kept.result) return await this.#send(kept.result, context);
      for (const [name, value] of scope.responseHeaders.entries()) res.appendHeader(name, value);
      await sendResponse(req, res, response, draining);
    } catch (error) {
      sendRefusal({ req, res, scope }, refusalOf(error), this.#formatError);
    }
  }

  #extender({ caller, clientHeaders, record }: RequestScope): GraphqlContext['extend'] {
    const shows = this.#showsTimeline;
    if (shows === false || !record || clientHeaders['weft-timeline'] !== 'true') return undefined;
    if (shows !== true && !shows(caller)) return undefined;
    return (result) => ({
      ...result,
      extensions: { ...result.extensions, timeline: timelineOf(record, performance.now()) },
    });
  }

  /** Undefined where the request cannot be read or has no document to run: that is answered here. */
  #read(context: GraphqlContext): ReadRequest | Promise<ReadRequest> {
    const refuse = (error: unknown): undefined => {
      sendText(context, answerOf({ errors: [error] }, context, this.#formatError));
    };
    const find = (asked: GraphqlRequest | GraphqlBatch): RunnableRequest | GraphqlBatch | Promise<RunnableRequest> =>
      'batch' in asked ? asked : this.#findText(asked, context.scope);
    try {
      const asked = readGraphqlRequest(context.req, this.#limits);
      const found = asked instanceof Promise ? asked.then(find) : find(asked);
      return found instanceof Promise ? found.catch(refuse) : found;
    } catch (error) {
      return refuse(error);
    }
  }

  #findText(asked: GraphqlRequest, scope: RequestScope): RunnableRequest | Promise<RunnableRequest> {
    // An empty text is a document that does not parse, whoever may send documents: it is left to the parser to say so.
    const text = asked.query === '' ? '' : this.#resolve(asked, scope);
    return typeof text === 'string' ? withText(asked, text) : text.then((found) => withText(asked, found));
  }

  /**
   * What is known of an operation is not found out again: one whose text has run before is neither parsed nor validated,
   * and goes past Yoga, which costs as much as the rest of a small request. `undefined` where Yoga is to answer: for an
   * operation that is new, and a client that takes nothing but streams.
   */
  #runKnown(asked: RunnableRequest, context: GraphqlContext): Promise<ExecutionResult> | undefined {
    if (context.accepted.single === eventStream) return undefined;
    return this.#runPrepared?.(asked, context);
  }

  /** A promise only where something has to be waited for. */
  #send(result: Result, context: GraphqlContext): Promise<void> | undefined {
    const { kept } = result;
    if (kept && !context.extend && isWhole(result)) return sendKept(kept, context, { showsCache: this.#showsCache });
    const answer = answerOf(result, context, this.#formatError);
    if (!kept) {
      sendText(context, answer);
      return undefined;
    }
    const hasErrors = result.errors !== undefined && result.errors.length > 0;
    const fields = keptFields(kept, context, { showsCache: this.#showsCache, hasErrors });
    sendAnswer(context.req, context.res, { ...answer, headers: { ...fields, ...answer.headers } });
    return undefined;
  }

  async #answerBatch(asked: GraphqlBatch, context: GraphqlContext): Promise<void> {
    if (context.accepted.single === eventStream) {
      const message = `A batch is answered as one: expected "accept" to allow ${json} or ${graphqlJson}.`;
      throw new GatewayError('NOT_ACCEPTABLE', message);
    }
    const { limits, record } = context.scope;
    limits?.expectOperations(asked.batch.length);
    if (record) record.batchSize = asked.batch.length;
    const results = await runBatch(asked, {
      findText: (request) => this.#findText(request, context.scope),
      runKnown: (request) => this.#runKnown(request, context),
      runNew: (requests) => this.#runNew(requests, context),
    });
    sendText(context, answerOfBatch(results, context, this.#formatError));
  }

  async #runNew(requests: readonly RunnableRequest[], context: GraphqlContext): Promise<readonly Result[]> {
    const batch: { result?: unknown } = {};
    try {
      const asked = requests.map(paramsOf);
      await this.#yoga.handleNodeRequestAndResponse(context.req, context.res, {
        ...context,
        asked,
        batch,
        kept: undefined,
      });
    } catch (error) {
      batch.result = { errors: [refusalOf(error)] };
    }
    const { result } = batch;
    // What fails before any operation is one result for all of them.
    return Array.isArray(result) ? (result as Result[]) : requests.map(() => (result ?? {}) as Result);
  }
}

/** Of answers that say nothing else: nothing of them is kept. */
const bypass = { 'x-cache': 'bypass' } as const;

/** Without documents that are known by id a request has to bring its text. */
function textThatCame({ query }: AskedDocument): string {
  if (query === undefined) throw new GatewayError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported');
  return query;
}

function withText(asked: GraphqlRequest, text: string): RunnableRequest {
  return asked.query === text ? (asked as RunnableRequest) : { ...asked, query: text };
}

function checkMethod({ method }: IncomingMessage, res: ServerResponse): void {
  if (method === 'GET' || method === 'POST') return;
  // RFC 9110, 15.5.6: an answer 405 must say what is allowed.
  res.setHeader('allow', 'GET, POST');
  throw new GatewayError('METHOD_NOT_ALLOWED', `Expected GET or POST, but got: ${method}`);
}

function sendText({ req, res, scope }: GraphqlContext, answer: Answer): void {
  for (const [name, value] of scope.responseHeaders.entries()) res.appendHeader(name, value);
  sendAnswer(req, res, answer);
}
