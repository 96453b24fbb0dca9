import type { ExecutionResult, GraphQLFormattedError } from 'graphql';
import { GatewayError } from '../errors.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestScope } from '../upstream/types.ts';
import { eventStream, graphqlJson, json, type Accepted } from './accepted.ts';
import { statusOfFormatted, type ErrorScope, type FormatError } from './format-error.ts';

/** A result that may know its own text. */
export interface Result extends Pick<ExecutionResult, 'data' | 'extensions'> {
  readonly errors?: readonly unknown[];
  readonly stringify?: (result: FormattedResult) => string;
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

// A request that is well-formed but whose document or variables do not fit is answered 200 as application/json:
// clients of that type take any other status for a failure of the transport (GraphQL over HTTP, 6.4.1).
const wellFormed = new Set<unknown>(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT']);

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
}

export interface TextAnswer {
  readonly status: number;
  readonly headers: { readonly 'content-type': string };
  readonly text: string;
}

/** The answer to a request for one result. Sets on `res` what goes with it: `allow`, `vary`. */
export function answerOf(
  result: Result,
  { req, res, scope, accepted, challenges }: Asked,
  formatError: FormatError,
): TextAnswer {
  const formatted = formatResult(result, scope, formatError);
  const mediaType = accepted.single === eventStream ? graphqlJson : accepted.single;
  // What went wrong may be well again in a moment: no cache may keep the answer, whatever its upstreams allow.
  if (formatted.errors?.length) scope.responseHeaders.collect({ 'cache-control': 'no-store' });
  const status = statusOfResult(formatted, mediaType);
  // RFC 9110, 15.5.6: an answer 405 must say what is allowed. What may not come by GET may by POST.
  if (status === 405) res.setHeader('allow', 'POST');
  // RFC 9110, 15.5.2: an answer 401 must say how to be known.
  if (status === 401 && challenges.length > 0) res.setHeader('www-authenticate', [...challenges]);
  if (req.method === 'GET') res.appendHeader('vary', 'accept');
  const text = printResult(formatted, result.stringify);
  return { status, headers: { 'content-type': `${mediaType}; charset=utf-8` }, text };
}
