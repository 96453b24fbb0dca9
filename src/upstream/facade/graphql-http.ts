import { parse, print, type DocumentNode, type ExecutionResult } from 'graphql';
import type { UpstreamConfig } from '../../config/types.ts';
import { GatewayError, type ErrorCode } from '../../errors.ts';
import type { CallRecord } from '../../telemetry/record.ts';
import { callErrorCode, callTeller, headersOfCall, isTold, recordCalls } from '../call-records.ts';
import type { FacadeRequest, PreparedFetch, RequestHeaders, Send, UpstreamRequest } from '../types.ts';
import { shareInflight } from '../share.ts';
import { operationOf, rootKeysOf } from './graphql/documents.ts';
import { failedResult, readUpstreamErrors } from './graphql/errors.ts';
import { countRepresentations } from './graphql/representations.ts';
import { asFetchAnswer } from './prepare.ts';

/**
 * One operation to a GraphQL server by POST, and what its answer means.
 *
 * @see {@link https://graphql.github.io/graphql-over-http/draft/ | GraphQL over HTTP, draft of 2025}
 */

export interface GraphqlConnection {
  readonly config: Pick<UpstreamConfig, 'name' | 'errors' | 'shareInflight'>;
  readonly send: Send;
  readonly headers: RequestHeaders;
  /** What records say its calls are. Default `graphql`. */
  readonly kind?: CallRecord['kind'];
}

export type PostGraphql = (request: FacadeRequest) => Promise<ExecutionResult>;

/** A function that runs one operation upstream. It never rejects; an abort of the scope is an error in the result. */
export function postGraphql({ config, send, headers, kind = 'graphql' }: GraphqlConnection): PostGraphql {
  const sendTold = recordCalls(config.name)(send);
  return async ({ document, variables, scope, batch }) => {
    try {
      const { about, ...request } = graphqlRequest({ document, variables, scope }, headers(scope));
      const response = await sendTold({
        ...request,
        about: { ...about, kind },
        batch: batch ?? (isTold(scope) ? countRepresentations(document, variables) : 1),
        scope,
        signal: scope.signal,
      });
      scope.responseHeaders.collect(response.headers);
      return readGraphqlAnswer(response, { config, document });
    } catch (cause) {
      return failedResult(cause, config.name);
    }
  };
}

/**
 * Makes operations ready whose text is settled: the body's constant part is made once, the variables' JSON is put in as
 * it comes.
 */
export function prepareGraphql({ config, send, headers }: GraphqlConnection): (text: string) => PreparedFetch {
  const teller = callTeller(config.name);
  const sendQuery = config.shareInflight === false ? send : shareInflight(send);
  return (text) => {
    const document = parse(text);
    const { name, operation } = operationOf(document);
    const operationName = name?.value;
    const sendThis = operation === 'query' ? sendQuery : send;
    const about = { kind: 'graphql', template: '', operationName } as const;
    const start = `{"query":${JSON.stringify(text)}`;
    const end = operationName === undefined ? '}' : `,"operationName":${JSON.stringify(operationName)}}`;
    return async (variables, scope, batch = 1) => {
      let call: CallRecord | undefined;
      try {
        const sent = { ...headers(scope), ...mediaTypes };
        // Not by `recordCalls`: each call of a plan would wait for one promise more.
        call = teller.begin({ method: 'POST', about, batch, scope });
        const response = await sendThis({
          method: 'POST',
          path: '',
          headers: call ? headersOfCall(call, scope, sent) : sent,
          body: variables === '' ? start + end : `${start},"variables":${variables}${end}`,
          isQuery: operation === 'query',
          about,
          batch,
          scope,
          call,
          signal: scope.signal,
        });
        if (call) teller.end(call, { scope, status: response.status });
        scope.responseHeaders.collect(response.headers);
        const answer = asFetchAnswer(readGraphqlAnswer(response, { config, document }));
        const cacheControl = cacheControlOf(response.headers);
        return cacheControl === undefined ? answer : { ...answer, cacheControl };
      } catch (cause) {
        if (call?.endedAt === 0) teller.end(call, { scope, error: callErrorCode(cause) });
        return asFetchAnswer(failedResult(cause, config.name));
      }
    };
  };
}

/** An answer that sets cookies is one client's. */
function cacheControlOf(headers: Answer['headers']): string | undefined {
  if (headers['set-cookie'] !== undefined) return 'no-store';
  const value = headers['cache-control'];
  return typeof value === 'object' ? value.join(', ') : value;
}

const mediaTypes = {
  accept: 'application/graphql-response+json, application/json;q=0.9',
  'content-type': 'application/json',
};

/** The request without its signal. `headers` name what goes along beside the media types. */
export function graphqlRequest(
  { document, variables }: FacadeRequest,
  headers: ReturnType<RequestHeaders>,
): Omit<UpstreamRequest, 'signal'> & Required<Pick<UpstreamRequest, 'about'>> {
  const { name, operation } = operationOf(document);
  const operationName = name?.value;
  return {
    method: 'POST',
    path: '',
    headers: { ...headers, ...mediaTypes },
    body: JSON.stringify({ query: textOf(document), variables, ...(operationName !== undefined && { operationName }) }),
    isQuery: operation === 'query',
    about: { kind: 'graphql', template: '', operationName },
  };
}

const texts = new WeakMap<DocumentNode, string>();

function textOf(document: DocumentNode): string {
  const known = texts.get(document);
  if (known !== undefined) return known;
  const text = print(document);
  texts.set(document, text);
  return text;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
}

export interface AnswerReading {
  readonly config: Pick<UpstreamConfig, 'name' | 'errors'>;
  /** The document that was sent: error paths are held against its root fields. */
  readonly document: DocumentNode;
}

/**
 * What an HTTP answer says. `application/graphql-response+json` counts whatever its status; JSON under another media
 * type counts with 2xx, and with 4xx and 5xx where it is a GraphQL answer with errors. All else is a failed upstream.
 *
 * @throws {GatewayError} `UNAUTHENTICATED`, `FORBIDDEN`, `UPSTREAM_RATE_LIMITED`, `UPSTREAM_FAILED` by status;
 *   `UPSTREAM_BAD_RESPONSE` where the answer is no GraphQL answer.
 */
export function readGraphqlAnswer(answer: Answer, { config, document }: AnswerReading): ExecutionResult {
  const { status } = answer;
  const mediaType = mediaTypeOf(answer.headers);
  const isSuccess = status >= 200 && status < 300;
  const body = isJson(mediaType) ? readBody(answer.body) : undefined;
  const counts = isSuccess || mediaType === 'application/graphql-response+json' || (status >= 400 && hasErrors(body));
  if (!counts) throw statusError(config.name, status);
  const fault = faultOf(body, mediaType);
  if (body === undefined || fault !== undefined) throw badResponse(config.name, status, fault ?? 'no JSON');
  const data = isObject(body['data']) ? body['data'] : null;
  if (body['errors'] === undefined || body['errors'] === null) return { data };
  const errors = readUpstreamErrors(body['errors'], { config, rootKeys: rootKeysOf(document) });
  return errors.length > 0 ? { data, errors } : { data };
}

/** The media type of an answer in lower case, without parameters; `''` where none is given. */
export function mediaTypeOf(headers: Answer['headers']): string {
  const value = headers['content-type'];
  const first = Array.isArray(value) ? value[0] : value;
  return (first ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

// Without a media type the body decides (RFC 9110, 8.3).
function isJson(mediaType: string): boolean {
  return mediaType === '' || mediaType === 'application/json' || mediaType.endsWith('+json');
}

type Body = Readonly<Record<string, unknown>>;

function readBody(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasErrors(body: Body | undefined): boolean {
  return Array.isArray(body?.['errors']) && body['errors'].length > 0;
}

/** What keeps a body from being a GraphQL answer. */
function faultOf(body: Body | undefined, mediaType: string): string | undefined {
  if (body === undefined) return isJson(mediaType) ? 'a body that is no JSON object' : `the media type ${mediaType}`;
  const { data, errors } = body;
  const isWithoutErrors = errors === undefined || errors === null || (Array.isArray(errors) && errors.length === 0);
  if (isWithoutErrors && (data === undefined || data === null)) return 'neither data nor errors';
  if (data !== undefined && data !== null && !isObject(data)) return 'data that is no object';
  return undefined;
}

function badResponse(upstream: string, status: number, came: string): GatewayError {
  return new GatewayError(
    'UPSTREAM_BAD_RESPONSE',
    `upstream "${upstream}" answered with status ${status} and ${came}: expected a GraphQL answer`,
    { upstream, upstreamStatus: status },
  );
}

const statusCodes: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  429: 'UPSTREAM_RATE_LIMITED',
};

function statusError(upstream: string, status: number): GatewayError {
  const code = statusCodes[status] ?? (status >= 500 ? 'UPSTREAM_FAILED' : 'UPSTREAM_BAD_RESPONSE');
  return new GatewayError(code, `upstream "${upstream}" answered with status ${status}`, {
    upstream,
    upstreamStatus: status,
  });
}
