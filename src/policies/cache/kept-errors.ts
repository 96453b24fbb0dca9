import { GraphQLError, type ExecutionResult } from 'graphql';
import { GatewayError, type ErrorCode } from '../../errors.ts';

type Errors = NonNullable<ExecutionResult['errors']>;

/** An upstream that cannot answer now (RFC 5861, 4: what would be 500, 502, 503 or 504). */
const outages: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UPSTREAM_FAILED',
  'UPSTREAM_UNREACHABLE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_BAD_RESPONSE',
  'UPSTREAM_RESPONSE_TOO_LARGE',
]);

/** What an upstream says of the operation itself: whoever asks the same hears the same. */
const verdicts: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UPSTREAM_ERROR',
  'UPSTREAM_REJECTED',
  'CONFLICT',
  'UNPROCESSABLE',
]);

/** What one client or its limits have to do with; another may fare better. */
const clientsOwn: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CLIENT_CLOSED_REQUEST',
  'LIMIT_UNAVAILABLE',
  'RATE_LIMITED',
  'SHUTTING_DOWN',
]);

/** Whether some error tells that an upstream could not answer. */
export function tellsOutage(errors: Errors): boolean {
  return errors.some((error) => isOneOf(outages, error));
}

/**
 * Whether errors beside data may be kept with it, where partial answers are: those of upstreams. Not those of what the
 * caller may read or has used up, and not the gateway's own.
 */
export function mayBeKept(errors: Errors): boolean {
  return errors.every((error) => isOneOf(outages, error) || isOneOf(verdicts, error));
}

/** Whether others who wait for the same run hear these errors too. */
export function mayBeShared(errors: Errors): boolean {
  return errors.every((error) => {
    const code = gatewayErrorOf(error)?.code;
    return code !== undefined && !clientsOwn.has(code);
  });
}

function isOneOf(codes: ReadonlySet<ErrorCode>, error: GraphQLError): boolean {
  const code = gatewayErrorOf(error)?.code;
  return code !== undefined && codes.has(code);
}

/** Libraries wrap errors in errors; this many are looked at, so that no chain is followed for ever. */
const maxCauses = 100;

function gatewayErrorOf(error: GraphQLError): GatewayError | undefined {
  const seen = new Set<unknown>([error]);
  for (const each of seen) {
    if (each instanceof GatewayError) return each;
    if (typeof each !== 'object' || each === null || seen.size >= maxCauses) continue;
    const { originalError, cause, errors } = each as Readonly<Record<string, unknown>>;
    for (const inner of [originalError, cause, ...(Array.isArray(errors) ? (errors as unknown[]) : [])])
      seen.add(inner);
  }
  return undefined;
}

/** An error as it is kept: only what any client may read. */
interface KeptError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly upstream?: string;
  readonly upstreamStatus?: number;
  readonly exposed?: Readonly<Record<string, unknown>>;
}

/** Errors that `mayBeKept`, as plain data. */
export function writeErrors(errors: Errors): readonly KeptError[] {
  return errors.map((error): KeptError => {
    const found = gatewayErrorOf(error) ?? new GatewayError('INTERNAL_ERROR', error.message);
    const { code, publicMessage, upstream, upstreamStatus, exposed } = found;
    return {
      ...{ code, message: publicMessage },
      ...(error.path && { path: error.path }),
      ...(upstream !== undefined && { upstream }),
      ...(upstreamStatus !== undefined && { upstreamStatus }),
      ...(exposed && { exposed }),
    };
  });
}

/** The errors of `writeErrors` again, as an execution gives them. */
export function readErrors(kept: readonly KeptError[]): readonly GraphQLError[] {
  return kept.map(({ code, message, path, ...options }) => {
    // The message may be an upstream's own, which is for the client and not for the log.
    const originalError = new GatewayError(code, `${code}, kept with the answer`, {
      ...options,
      exposedMessage: message,
    });
    return new GraphQLError(message, { path, originalError });
  });
}
