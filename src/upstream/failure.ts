import { GatewayError, type ErrorCode } from '../errors.ts';

/** What an error message names; a query stays out, as it may hold personal data. */
export interface CallPlace {
  readonly upstream: string;
  readonly method: string;
  /** As it is declared or configured, without values of clients; '' for a GraphQL endpoint. */
  readonly path: string;
}

/**
 * The cause of an error where the upstream closed the connection before the first byte of an answer: a kept-alive
 * socket that it was about to close anyway, or a server that died. `cause` is the HTTP client's own error.
 */
export class ClosedWithoutAnswer extends Error {
  override readonly name = 'ClosedWithoutAnswer';
  /** Whether the socket can have served an earlier call. */
  readonly reused: boolean;

  constructor(reused: boolean, cause: Error) {
    super('the connection was closed without an answer', { cause });
    this.reused = reused;
  }
}

/** How far a call came before it failed. */
export interface Progress {
  /** A connection was there and the request went out on it. */
  readonly sent: boolean;
  /** The first byte of an answer came. */
  readonly answered: boolean;
}

/** A `GatewayError` of a call, whose message for the log names upstream, method, path and reason. */
export function callError(code: ErrorCode, place: CallPlace, reason: string, cause?: Error): GatewayError {
  const path = withoutQuery(place.path);
  const message = `${place.upstream}: ${place.method}${path === '' ? '' : ` ${path}`}: ${reason}`;
  return new GatewayError(code, message, { upstream: place.upstream, ...(cause === undefined ? {} : { cause }) });
}

/** What the HTTP client's error means: unreachable, cut off or not HTTP. Time and size are not its to judge. */
export function transportError(place: CallPlace, error: Error, progress: Progress): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = codeOf(error);
  switch (code ?? 'none') {
    case 'UND_ERR_CLOSED':
    case 'UND_ERR_DESTROYED':
      return new GatewayError('SHUTTING_DOWN', 'The gateway is shutting down.', { cause: error });
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_NOT_SUPPORTED':
      return callError('INTERNAL_ERROR', place, `the call cannot be made (${error.message})`, error);
    default:
      break;
  }
  if (!progress.sent) return callError('UPSTREAM_UNREACHABLE', place, `no connection (${reasonOf(error)})`, error);
  if (!progress.answered && isClosed(code)) {
    const cause = new ClosedWithoutAnswer(mayBeReused(error), error);
    return callError('UPSTREAM_BAD_RESPONSE', place, cause.message, cause);
  }
  const reason = isCutOff(code) ? 'the answer was cut off' : 'the answer is not sound HTTP';
  return callError('UPSTREAM_BAD_RESPONSE', place, `${reason} (${reasonOf(error)})`, error);
}

/**
 * What an aborted call ends with: the `GatewayError` that it was aborted with (a deadline), else `CLIENT_CLOSED_REQUEST`.
 */
export function abortError(signal: AbortSignal): GatewayError {
  const reason: unknown = signal.reason;
  if (reason instanceof GatewayError) return reason;
  return new GatewayError('CLIENT_CLOSED_REQUEST', 'The client closed the request.');
}

/** A path up to its query. */
export function withoutQuery(path: string): string {
  const end = path.search(/[?#]/);
  return end === -1 ? path : path.slice(0, end);
}

function isClosed(code: string | undefined): boolean {
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

function isCutOff(code: string | undefined): boolean {
  return isClosed(code) || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' || code === 'HPE_INVALID_EOF_STATE';
}

/** A reset tells nothing of the socket's past, so it may have been a used one. */
function mayBeReused(error: Error): boolean {
  const { socket } = error as Error & { readonly socket?: { readonly bytesRead?: number } };
  return socket?.bytesRead !== 0;
}

function codeOf(error: Error): string | undefined {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : undefined;
}

/** An `AggregateError` (several addresses tried) has an empty message of its own. */
function reasonOf(error: Error): string {
  return error.message === '' ? (codeOf(error) ?? error.name) : error.message;
}
