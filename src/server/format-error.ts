import { GraphQLError, Kind, type GraphQLFormattedError } from 'graphql';
import { errorCodes, GatewayError, statusOf, type ErrorCode } from '../errors.ts';
import { publishInternalError } from '../telemetry/channels.ts';
import type { RequestScope } from '../upstream/types.ts';

/** What of a request an error's text depends on. */
export type ErrorScope = Pick<RequestScope, 'requestId' | 'signal' | 'once' | 'caller' | 'record'>;

/** Makes what a client reads of an error; never throws. */
export type FormatError = (error: unknown, scope: ErrorScope) => GraphQLFormattedError;

/**
 * What the client may read of an error. Only two kinds keep their message: a `GatewayError` anywhere among its causes
 * (its `publicMessage`), and what GraphQL itself says of the client's own document and variables. All else is
 * `INTERNAL_ERROR`: a message of unknown origin may hold an upstream's address or a stranger's data. What is kept from
 * the client is published with the request id, once per request and error.
 */
export const formatError: FormatError = (error, scope) => {
  const known = gatewayErrorsOf(error);
  for (const cause of known) if (cause.isInternal) publish(cause, cause, scope);
  const [first] = known;
  if (first) {
    scope.record?.addError(first.code, first.upstream);
    return formatted(error, messageFor(first), extensionsOf(first, scope));
  }
  const code = requestErrorCode(error);
  if (code && error instanceof GraphQLError) {
    scope.record?.addError(code, undefined);
    return formatted(error, error.message, { code, requestId: scope.requestId });
  }
  if (scope.signal.aborted) return formatError(new GatewayError('CLIENT_CLOSED_REQUEST', 'The client left.'), scope);
  const hidden = new GatewayError('INTERNAL_ERROR', messageOf(error), { cause: error });
  scope.record?.addError(hidden.code, undefined);
  publish(hidden, originOf(error) ?? hidden, scope);
  return formatted(error, hidden.publicMessage, extensionsOf(hidden, scope));
};

/**
 * Clients of automatic persisted queries know these errors by their text, and then send the document.
 *
 * @see {@link https://www.apollographql.com/docs/apollo-server/performance/apq | Automatic Persisted Queries}
 */
const messagesOfProtocol: Partial<Record<ErrorCode, string>> = {
  PERSISTED_QUERY_NOT_FOUND: 'PersistedQueryNotFound',
  PERSISTED_QUERY_NOT_SUPPORTED: 'PersistedQueryNotSupported',
};

function messageFor(error: GatewayError): string {
  return messagesOfProtocol[error.code] ?? error.publicMessage;
}

const knownCodes = new Set<unknown>(errorCodes);

/** The HTTP status of an answer that is nothing but this error; 500 for a code that is not in the table. */
export function statusOfFormatted({ extensions }: GraphQLFormattedError): number {
  const code = extensions?.['code'];
  return knownCodes.has(code) ? statusOf(code as ErrorCode) : 500;
}

/** Libraries wrap errors in errors; this many are looked at, so that no chain is followed for ever. */
const maxCauses = 100;

function gatewayErrorsOf(error: unknown): readonly GatewayError[] {
  if (error instanceof GraphQLError && error.originalError instanceof GatewayError) return [error.originalError];
  const seen = new Set<unknown>([error]);
  for (const each of seen) {
    if (seen.size >= maxCauses) break;
    if (typeof each !== 'object' || each === null || each instanceof GatewayError) continue;
    const { originalError, cause, errors } = each as {
      readonly originalError?: unknown;
      readonly cause?: unknown;
      readonly errors?: unknown;
    };
    for (const inner of [originalError, cause, ...(Array.isArray(errors) ? errors : [])]) seen.add(inner);
  }
  return [...seen].filter((each) => each instanceof GatewayError);
}

/**
 * The code of a request error: one that GraphQL raises before any field runs, about the client's own text. Such an
 * error has no path; an upstream's errors do, or come with a `GatewayError`.
 *
 * @see {@link https://spec.graphql.org/October2021/#sec-Errors.Request-errors | GraphQL, 7.1.2 Request errors}
 */
function requestErrorCode(error: unknown): ErrorCode | undefined {
  if (!(error instanceof GraphQLError) || error.path) return undefined;
  if (error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION) return 'BAD_USER_INPUT';
  if (error.originalError) return undefined;
  switch (error.extensions['code']) {
    case 'GRAPHQL_PARSE_FAILED':
      return 'GRAPHQL_PARSE_FAILED';
    case 'GRAPHQL_VALIDATION_FAILED':
      return 'GRAPHQL_VALIDATION_FAILED';
    case 'OPERATION_RESOLUTION_FAILURE':
      return 'BAD_USER_INPUT';
    default:
      return undefined;
  }
}

type Extensions = NonNullable<GraphQLFormattedError['extensions']>;

function extensionsOf(
  { code, upstream, upstreamStatus, exposed }: GatewayError,
  { requestId }: ErrorScope,
): Extensions {
  const exposedCode = exposed?.['code'];
  const shown = typeof exposedCode === 'string' || typeof exposedCode === 'number' ? String(exposedCode) : code;
  return {
    ...exposed,
    code: shown,
    ...(upstream === undefined ? {} : { upstream }),
    ...(upstreamStatus === undefined ? {} : { upstreamStatus }),
    requestId,
  };
}

function formatted(error: unknown, message: string, extensions: Extensions): GraphQLFormattedError {
  if (!(error instanceof GraphQLError)) return { message, extensions };
  const { locations, path } = error;
  return { message, ...(locations ? { locations } : {}), ...(path ? { path } : {}), extensions };
}

function publish(error: GatewayError, key: object, { once, requestId }: ErrorScope): void {
  once(key, () => {
    publishInternalError({ error, requestId });
    return true;
  });
}

function originOf(error: unknown): object | undefined {
  if (error instanceof GraphQLError && error.originalError) return error.originalError;
  return typeof error === 'object' && error !== null ? error : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
