import type { ExecutionResult, GraphQLFormattedError } from 'graphql';
import { GatewayError, type ErrorCode } from '../errors.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { addDefaultFields } from '../lib/default-fields.ts';
import type { KeptAnswer } from '../lib/kept-answer.ts';
import type { RequestScope } from '../upstream/types.ts';
import { eventStream, graphqlJson, json, type Accepted } from './accepted.ts';
import { statusOfFormatted, type ErrorScope, type FormatError } from './format-error.ts';

/** A result that may know its own text, or have been kept as text. */
export interface Result extends Pick<ExecutionResult, 'data' | 'extensions'> {
  readonly errors?: readonly unknown[];
  readonly stringify?: (result: FormattedResult) => string;
  /** Of a result without errors and extensions it is the whole answer. */
  readonly kept?: KeptAnswer;
}

/** A result as clients read it: errors first, as they are easiest to see there (GraphQL, 7 Response). */
export interface FormattedResult {
  readonly errors?: readonly GraphQLFormattedError[];
  /** Absent where nothing ran. */
  readonly data?: ExecutionResult['data'];
  readonly extensions?: ExecutionResult['extensions'];
}

/** Takes from a result all that is not for clients. A result with neither data nor errors becomes an error. */
export function formatResult(result: Result, scope: ErrorScope, formatError: FormatError): FormattedResult {
  const { data, extensions } = result;
  const errors = result.errors?.map((error) => formatError(error, scope)) ?? [];
  if (data === undefined && errors.length === 0) {
    errors.push(formatError(new GatewayError('INTERNAL_ERROR', 'execution ended with neither data nor errors'), scope));
  }
  return {
    ...(errors.length > 0 ? { errors } : {}),
    ...(data === undefined ? {} : { data }),
    ...(extensions && Object.keys(extensions).length > 0 ? { extensions } : {}),
  };
}

export function printResult(result: FormattedResult, stringify: Result['stringify']): string {
  return stringify ? stringify(result) : JSON.stringify(result);
}

/**
 * A request that is well-formed but whose document or variables do not fit is answered 200 as application/json: clients
 * of that type take any other status for a failure of the transport, and do not read what is wrong
 * (GraphQL over HTTP, 6.4.1).
 *
 * A document that is beyond a limit or costs too much is one of these: it is its author who must hear of it, and asking
 * again is of no use, which clients do where they think that the transport failed. What has to do with the moment or with
 * who asks (429, 503, 403) is no fault of the document, and keeps its status: proxies and clients wait and ask again by it.
 */
const wellFormed = new Set<unknown>([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'DOCUMENT_LIMIT_EXCEEDED',
  'OPERATION_TOO_COSTLY',
  // Clients of automatic persisted queries then send the text. That is no failure, but how a text gets here.
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
] satisfies ErrorCode[]);

/**
 * The HTTP status of an answer: 200 with data, else what its first error stands for.
 *
 * @see {@link https://graphql.github.io/graphql-over-http/draft/#sec-Status-Codes | GraphQL over HTTP, 6.4 Status Codes}
 */
export function statusOfResult({ data, errors: [first] = [] }: FormattedResult, mediaType: string): number {
  if (data !== undefined || !first) return 200;
  if (mediaType === json && wellFormed.has(first.extensions?.['code'])) return 200;
  return statusOfFormatted(first);
}

/** Where a result goes to. */
export interface Asked {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly scope: RequestScope;
  readonly accepted: Accepted;
  /** For an answer 401. */
  readonly challenges: readonly string[];
  /** Adds what this very request asks to be told beside its answer; undefined where it asks for nothing. */
  readonly extend?: ((result: Result) => Result) | undefined;
}

export interface TextAnswer {
  readonly status: number;
  readonly headers: { readonly 'content-type': string };
  readonly text: string;
}

/** The answer to a request for one result. Sets on `res` what goes with it: `allow`, `vary`. */
export function answerOf(result: Result, asked: Asked, formatError: FormatError): TextAnswer {
  const formatted = formatResult(asked.extend ? asked.extend(result) : result, asked.scope, formatError);
  const mediaType = mediaTypeOf(asked.accepted);
  const status = statusOfResult(formatted, mediaType);
  setFields(asked, status, formatted.errors !== undefined);
  return textAnswer(status, mediaType, printResult(formatted, result.stringify));
}

/** The answer to a batch: its results in their order. Sets on `res` what goes with it. */
export function answerOfBatch(results: readonly Result[], asked: Asked, formatError: FormatError): TextAnswer {
  const formatted = results.map((result) => formatResult(result, asked.scope, formatError));
  const mediaType = mediaTypeOf(asked.accepted);
  const status = statusOfBatch(formatted, mediaType);
  setFields(
    asked,
    status,
    formatted.some(({ errors }) => errors !== undefined),
  );
  const texts = formatted.map((each, index) => printResult(each, results[index]?.stringify));
  return textAnswer(status, mediaType, `[${texts.join(',')}]`);
}

/** 200, as each result says for itself how it went; but the status that all results have alone, where it is one. */
export function statusOfBatch(results: readonly FormattedResult[], mediaType: string): number {
  const [first, ...others] = new Set(results.map((result) => statusOfResult(result, mediaType)));
  return first === undefined || others.length > 0 ? 200 : first;
}

/** The media type of an answer that is one JSON text. */
export function mediaTypeOf({ single }: Accepted): typeof json | typeof graphqlJson {
  return single === eventStream ? graphqlJson : single;
}

const noStore = { 'cache-control': 'no-store' } as const;

function setFields({ req, res, scope, challenges }: Asked, status: number, hasErrors: boolean): void {
  // What went wrong may be well again in a moment: no cache may keep the answer, whatever its upstreams allow. Caches may
  // keep what says nothing about it, and that a text is not known until somebody sends it (RFC 9111, 4.2.2).
  if (hasErrors) {
    scope.responseHeaders.collect(noStore);
    if (req.method === 'GET') addDefaultFields(res, noStore);
  }
  // RFC 9110, 15.5.6: an answer 405 must say what is allowed. What may not come by GET may by POST.
  if (status === 405) res.setHeader('allow', 'POST');
  // RFC 9110, 15.5.2: an answer 401 must say how to be known.
  if (status === 401 && challenges.length > 0) res.setHeader('www-authenticate', [...challenges]);
  if (req.method === 'GET') res.appendHeader('vary', 'accept');
}

function textAnswer(status: number, mediaType: string, text: string): TextAnswer {
  return { status, headers: { 'content-type': `${mediaType}; charset=utf-8` }, text };
}
