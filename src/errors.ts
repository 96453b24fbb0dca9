/**
 * Every error that Weft answers, logs or ends with: its code, its HTTP status and who may read its message.
 * README's table lists the same codes; a test keeps the two equal.
 */

interface ErrorKind {
  /** HTTP status where the error decides the whole answer; in a GraphQL answer with data it stays 200. */
  readonly status: number;
  /** `client`: the message is made only from what the client sent. `internal`: the message stays in the log. */
  readonly audience: 'client' | 'internal';
  /** What a client reads in place of an internal message. */
  readonly publicMessage: string;
}

const errors = {
  BAD_REQUEST: { status: 400, audience: 'client', publicMessage: 'The request is malformed.' },
  GRAPHQL_PARSE_FAILED: { status: 400, audience: 'client', publicMessage: 'The document is not GraphQL.' },
  GRAPHQL_VALIDATION_FAILED: {
    status: 400,
    audience: 'client',
    publicMessage: 'The operation does not fit the schema.',
  },
  BAD_USER_INPUT: { status: 400, audience: 'client', publicMessage: 'A value does not fit what is expected.' },
  CREDENTIALS_MISSING: { status: 401, audience: 'client', publicMessage: 'Credentials are needed.' },
  CREDENTIALS_MALFORMED: { status: 401, audience: 'client', publicMessage: 'The credentials cannot be read.' },
  CREDENTIALS_INVALID: { status: 401, audience: 'client', publicMessage: 'The credentials are not valid.' },
  CREDENTIALS_UNKNOWN: { status: 401, audience: 'client', publicMessage: 'The credentials are not known.' },
  CREDENTIALS_EXPIRED: { status: 401, audience: 'client', publicMessage: 'The credentials have expired.' },
  CREDENTIALS_NOT_YET_VALID: { status: 401, audience: 'client', publicMessage: 'The credentials are not valid yet.' },
  CREDENTIALS_WRONG_ISSUER: { status: 401, audience: 'client', publicMessage: 'The token is of another issuer.' },
  CREDENTIALS_WRONG_AUDIENCE: { status: 401, audience: 'client', publicMessage: 'The token is for another audience.' },
  CREDENTIALS_REVOKED: { status: 401, audience: 'client', publicMessage: 'The credentials were revoked.' },
  CREDENTIALS_CONFLICT: {
    status: 400,
    audience: 'client',
    publicMessage: 'The request has several credentials that do not agree.',
  },
  IDENTITY_UNAVAILABLE: {
    status: 503,
    audience: 'internal',
    publicMessage: 'Credentials cannot be verified at the moment.',
  },
  ACCESS_DENIED: { status: 403, audience: 'client', publicMessage: 'The caller may not do this.' },
  ADDRESS_DENIED: { status: 403, audience: 'client', publicMessage: 'Requests from this address are not served.' },
  CROSS_SITE_REQUEST: { status: 403, audience: 'client', publicMessage: 'Requests from other sites are not served.' },
  INTROSPECTION_DENIED: { status: 403, audience: 'client', publicMessage: 'The schema is not shown.' },
  UNAUTHORIZED_FIELD_OR_TYPE: { status: 403, audience: 'client', publicMessage: 'The caller may not read this.' },
  NOT_FOUND: { status: 404, audience: 'client', publicMessage: 'Nothing is served here.' },
  METHOD_NOT_ALLOWED: { status: 405, audience: 'client', publicMessage: 'The method is not allowed here.' },
  NOT_ACCEPTABLE: { status: 406, audience: 'client', publicMessage: 'No acceptable media type can be answered.' },
  PAYLOAD_TOO_LARGE: { status: 413, audience: 'client', publicMessage: 'The request body is too large.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, audience: 'client', publicMessage: 'The media type is not supported.' },
  RATE_LIMITED: { status: 429, audience: 'client', publicMessage: 'Too many requests.' },
  LIMIT_UNAVAILABLE: {
    status: 503,
    audience: 'internal',
    publicMessage: 'It cannot be said at the moment whether a limit is reached.',
  },
  DOCUMENT_LIMIT_EXCEEDED: { status: 400, audience: 'client', publicMessage: 'The document is beyond a limit.' },
  OPERATION_TOO_COSTLY: { status: 400, audience: 'client', publicMessage: 'The operation costs too much.' },
  OPERATION_DISABLED: { status: 503, audience: 'client', publicMessage: 'This is not served for the time being.' },
  BATCH_TOO_LARGE: { status: 400, audience: 'client', publicMessage: 'The batch has too many operations.' },
  PERSISTED_QUERY_NOT_FOUND: { status: 404, audience: 'client', publicMessage: 'PersistedQueryNotFound' },
  PERSISTED_QUERY_NOT_SUPPORTED: { status: 400, audience: 'client', publicMessage: 'PersistedQueryNotSupported' },
  PERSISTED_QUERY_MISMATCH: {
    status: 400,
    audience: 'client',
    publicMessage: 'The document is not the one that its hash is of.',
  },
  OPERATION_NOT_TRUSTED: { status: 403, audience: 'client', publicMessage: 'Only known documents are served.' },
  CLIENT_CLOSED_REQUEST: { status: 499, audience: 'client', publicMessage: 'The client closed the request.' },
  UNAUTHENTICATED: { status: 401, audience: 'internal', publicMessage: 'A service asks for valid credentials.' },
  FORBIDDEN: { status: 403, audience: 'internal', publicMessage: 'A service does not allow this.' },
  CONFLICT: {
    status: 409,
    audience: 'internal',
    publicMessage: 'A service reports a conflict with its present state.',
  },
  UNPROCESSABLE: { status: 422, audience: 'internal', publicMessage: 'A service does not accept a value.' },
  UPSTREAM_RATE_LIMITED: { status: 429, audience: 'internal', publicMessage: 'A service has had too many requests.' },
  UPSTREAM_REJECTED: { status: 502, audience: 'internal', publicMessage: 'A service refused the request.' },
  UPSTREAM_FAILED: { status: 502, audience: 'internal', publicMessage: 'A service failed.' },
  UPSTREAM_UNREACHABLE: { status: 502, audience: 'internal', publicMessage: 'A service cannot be reached.' },
  UPSTREAM_TIMEOUT: { status: 504, audience: 'internal', publicMessage: 'A service did not answer in time.' },
  UPSTREAM_BAD_RESPONSE: { status: 502, audience: 'internal', publicMessage: 'A service gave an unusable answer.' },
  UPSTREAM_RESPONSE_TOO_LARGE: {
    status: 502,
    audience: 'internal',
    publicMessage: 'A service gave too large an answer.',
  },
  UPSTREAM_ERROR: { status: 502, audience: 'internal', publicMessage: 'A service answered with an error.' },
  UPSTREAM_SCHEMA_UNAVAILABLE: {
    status: 503,
    audience: 'client',
    publicMessage: 'The schema of a service is not available.',
  },
  LOOP_DETECTED: {
    status: 508,
    audience: 'client',
    publicMessage: 'The request came back to the gateway that forwarded it.',
  },
  NOT_KEPT: { status: 504, audience: 'client', publicMessage: 'Nothing that is kept answers the request.' },
  SHUTTING_DOWN: { status: 503, audience: 'client', publicMessage: 'The gateway is shutting down.' },
  INTERNAL_ERROR: { status: 500, audience: 'internal', publicMessage: 'The gateway failed.' },
  CONFIGURATION_INVALID: { status: 500, audience: 'internal', publicMessage: 'The configuration is not valid.' },
  COMPOSITION_FAILED: { status: 500, audience: 'internal', publicMessage: 'The schemas do not compose.' },
  START_FAILED: { status: 500, audience: 'internal', publicMessage: 'The gateway cannot start.' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errors;

/** Every code, in the order of the table. */
export const errorCodes = Object.keys(errors) as readonly ErrorCode[];

/** The HTTP status that belongs to a code. */
export function statusOf(code: ErrorCode): number {
  return errors[code].status;
}

export interface GatewayErrorOptions extends ErrorOptions {
  /** The upstream that the error came from; clients see it in `extensions.upstream`. */
  readonly upstream?: string;
  /** The HTTP status that the upstream gave; clients see it in `extensions.upstreamStatus`. */
  readonly upstreamStatus?: number;
  /** Further `extensions` that the configuration lets clients see (`errors.expose` of an upstream). */
  readonly exposed?: Readonly<Record<string, unknown>>;
  /** The upstream's own message, where the configuration lets clients see it. */
  readonly exposedMessage?: string;
}

/** An error with a code of the table. `message` is for the log; `publicMessage` is for the caller. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly upstream: string | undefined;
  readonly upstreamStatus: number | undefined;
  readonly exposed: Readonly<Record<string, unknown>> | undefined;
  readonly #exposedMessage: string | undefined;

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.upstream = options.upstream;
    this.upstreamStatus = options.upstreamStatus;
    this.exposed = options.exposed;
    this.#exposedMessage = options.exposedMessage;
  }

  /** The HTTP status where this error is the whole answer. */
  get status(): number {
    return statusOf(this.code);
  }

  /** Whether `message` must stay in the log. */
  get isInternal(): boolean {
    return errors[this.code].audience === 'internal';
  }

  /** What the caller may read: an internal error's own message stays in the log. */
  get publicMessage(): string {
    if (this.#exposedMessage !== undefined) return this.#exposedMessage;
    const kind = errors[this.code];
    return kind.audience === 'client' ? this.message : kind.publicMessage;
  }
}
