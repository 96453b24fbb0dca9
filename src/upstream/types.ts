import type { IncomingHttpHeaders } from 'node:http';
import type { DocumentNode, ExecutionResult } from 'graphql';
import type { UpstreamKind } from '../config/types.ts';
import type { GatewayError } from '../errors.ts';
import type { Caller } from '../identity/caller.ts';
import type { ClientInfo } from '../lib/forwarded.ts';
import type { RequestCharges } from '../limits/types.ts';
import type { CallRecord, RequestRecord } from '../telemetry/record.ts';
import type { CallScope } from './limit-calls.ts';
import type { KeepEntities } from './kept-entities.ts';
import type { HeaderRules } from './request-headers.ts';
import type { ResponseHeaders } from './response-headers.ts';
import type { TraceScope } from './trace-scope.ts';

/** Places in a client's request that are kept from upstreams. Header names in lower case, the others as they are. */
export interface HiddenPlaces {
  readonly headers: readonly string[];
  readonly cookies: readonly string[];
  readonly queryParameters: readonly string[];
}

/** Hears what one run of an operation is made of, so that it can be said whom its answer is for and how long it holds. */
export interface RunWatch {
  /** An upstream answered with these fields; lower-case names. */
  readonly answered: (headers: Readonly<Record<string, string | string[]>>) => void;
  /** A call goes upstream with what these rules make of the client's headers and the caller. */
  readonly called: (rules: HeaderRules) => void;
  /** A resolver function looks at the caller; gives what it is shown. */
  readonly callerRead: (caller: Caller) => Caller;
}

/** What all upstream calls of one client request share. Made once per request, never kept beyond it. */
export interface RequestScope {
  /** Echoed to the client and sent upstream as `x-request-id`. */
  readonly requestId: string;
  /** What upstream calls carry of the request's trace. */
  readonly trace: TraceScope;
  /** The client's headers, lower-case names. Read only by header rules. */
  readonly clientHeaders: IncomingHttpHeaders;
  /** Who sent the request; undefined where it did not come by a socket. */
  readonly client: ClientInfo | undefined;
  /** What no upstream may see of the client's request; undefined: everything may pass that rules let pass. */
  readonly hidden: HiddenPlaces | undefined;
  readonly caller: Caller;
  /** What the request uses of limits; undefined where none holds. */
  readonly limits: RequestCharges | undefined;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  /** Collects the response headers of upstream calls, by rule. */
  readonly responseHeaders: ResponseHeaders;
  /** What is told of the request when it ends; undefined where nobody listens. */
  readonly record?: RequestRecord | undefined;
  /** Undefined where nobody keeps the answer. */
  readonly watch?: RunWatch;
  /** One value per key for the life of the request: batching loaders by the declaration they belong to. */
  readonly once: <V>(key: object, make: () => V) => V;
}

/** What a call is, whatever the values that it is made with. */
export interface CallAbout {
  readonly kind: CallRecord['kind'];
  /** Path without values of clients: `/users/{id}`; the route's path for a passthrough; '' for a GraphQL endpoint. */
  readonly template: string;
  /** Name of the operation that is sent; undefined where it has none, and for REST. */
  readonly operationName: string | undefined;
}

/** One call to an upstream over HTTP, whose headers are final but for the span that the upstream sees as its parent. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, appended to the target's base URL; starts with `/` or is empty. */
  readonly path: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Whether the call changes nothing upstream although it is a POST: a GraphQL query. Default false. */
  readonly isQuery?: boolean;
  /** For whom it is made. Default: for the gateway itself. */
  readonly scope?: CallScope;
  /** For messages and records. Default: nothing is known but the path, which messages then name. */
  readonly about?: CallAbout;
  /** Entities or keys that it asks for at once. Default 1. */
  readonly batch?: number;
  /** What is told of it by whoever began it. Default: nobody has begun to. */
  readonly call?: CallRecord | undefined;
  readonly signal: AbortSignal;
  /** When it ends with `UPSTREAM_TIMEOUT` if it is not done, by `performance.now()`. Default: never. */
  readonly expiresAt?: number;
}

export interface UpstreamResponse {
  readonly status: number;
  /** By lower-case name; `set-cookie` and other repeated headers are lists. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
}

/**
 * Sends one call and reads the whole answer, whatever its status.
 *
 * @throws {GatewayError} `UPSTREAM_UNREACHABLE`, `UPSTREAM_TIMEOUT`, `UPSTREAM_RESPONSE_TOO_LARGE`,
 *   `UPSTREAM_BAD_RESPONSE` (cut off or not HTTP), `CLIENT_CLOSED_REQUEST` when `signal` aborts.
 */
export type Send = (request: UpstreamRequest) => Promise<UpstreamResponse>;

export interface UpstreamStream {
  readonly status: number;
  /** By lower-case name; `set-cookie` and other repeated headers are lists. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Ends or throws when the request's `signal` aborts; ending the iteration early closes the call. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Sends one call and hands over the answer's body as it comes, whatever its status. Throws as `Send` does. */
export type OpenStream = (request: UpstreamRequest) => Promise<UpstreamStream>;

/** The headers that an upstream's rules let through, with `x-request-id` and `traceparent`; lower-case names. */
export type RequestHeaders = (scope: RequestScope) => Readonly<Record<string, string>>;

/** One GraphQL operation for a facade; its root fields may include `_entities`. */
export interface FacadeRequest {
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly scope: RequestScope;
  /** Entities that it asks for at once. Default: the representations are counted where anybody wants to know. */
  readonly batch?: number;
}

/** What came of a prepared fetch. */
export interface FetchAnswer {
  /** Belongs to whoever asked, who may write on it. `null` or absent where all root fields failed. */
  readonly data: Record<string, unknown> | null | undefined;
  /** Absent where there are none. */
  readonly errors?: readonly FetchError[];
  /** What the upstream says of keeping the answer, where one call gave it and says something. */
  readonly cacheControl?: string;
}

export interface FetchError {
  /** From the root of `data`, in response keys. */
  readonly path?: readonly (string | number)[];
  readonly error: GatewayError;
}

/**
 * Sends one operation whose text is settled. Never rejects.
 *
 * @param variables JSON of an object, or `''` for none.
 * @param batch Entities that it asks for at once, for the record. Default 1.
 */
export interface PreparedFetch {
  (variables: string, scope: RequestScope, batch?: number): Promise<FetchAnswer>;
  /** Absent where no entities are kept. */
  readonly keep?: KeepEntities;
}

/** An upstream seen as a federation subgraph. */
export interface Facade {
  readonly name: string;
  readonly kind: UpstreamKind | 'local';
  /** Runs a query or mutation. Never rejects: what goes wrong is in `errors`, as `GraphQLError`s whose `originalError` is a `GatewayError`. */
  readonly execute: (request: FacadeRequest) => Promise<ExecutionResult>;
  /**
   * Makes a query or mutation ready that will be sent many times: what does not change is made once.
   *
   * @throws {GraphQLError} where `text` is not GraphQL.
   */
  readonly prepare: (text: string) => PreparedFetch;
  /** Runs a subscription; ends with the client (`scope.signal`) or the upstream. */
  readonly subscribe?: (request: FacadeRequest) => Promise<AsyncIterable<ExecutionResult> | ExecutionResult>;
  /** Closes sockets. */
  readonly close: () => Promise<void>;
}
