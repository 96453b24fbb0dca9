import type { ErrorCode } from '../errors.ts';

/**
 * What happened to one request, as it is told when it ends: stages write what they find out, listeners under `telemetry/`
 * make a log line, metrics and spans of it. There is a record only where somebody listens or the caller asked for it, so
 * stages write by `record?.`. It holds names, numbers and times; no variables, bodies or header values.
 */

/** What answered a request. `page`: GraphiQL. `probe`: health. `none`: nothing is served there. */
export type Served = 'graphql' | 'rest' | 'page' | 'probe' | 'metrics' | 'none';

/** What came of a cache; `revalidated`: the upstream said that what was kept is still good. */
export type CacheOutcome = 'hit' | 'miss' | 'stale' | 'revalidated' | 'bypass';

/** An operation as all its requests know it; made once for each. */
export interface OperationIdentity {
  /** Empty for an operation without a name. */
  readonly name: string;
  readonly type: 'query' | 'mutation' | 'subscription';
  /** SHA-256 of the document's text, in hexadecimal. */
  readonly hash: () => string;
  /** The plan as text, with no value of the client in it; undefined where it runs stitched. */
  readonly plan: (() => string) | undefined;
  /** Names of variables that reach what is `@sensitive`. */
  readonly sensitiveVariables: ReadonlySet<string>;
}

/** One operation of a request: what ran it, and what it came to. */
export interface OperationRun {
  readonly operation: OperationIdentity;
  /** Undefined as long as it has not run: it was refused, or answered from the cache. */
  engine: 'compiled' | 'stitched' | undefined;
  cache: CacheOutcome | undefined;
  /** CPU and wait for planning and compiling, in milliseconds; 0 where the plan was at hand. */
  planMs: number;
  /** Points: the estimate before the run, and what it came to. Undefined where no cost is reckoned. */
  estimatedCost: number | undefined;
  actualCost: number | undefined;
  /** The variables as the client sent them; for a listener whose configuration wants them, and for nobody else. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** How an upstream call was answered. */
export type CallSource =
  /** The upstream was called for this request. */
  | 'upstream'
  /** The call of another request, or of another part of this one, was waited for. */
  | 'shared'
  /** From the cache; nothing was sent. */
  | 'cache'
  /** From the cache, after the upstream said that it is still good. */
  | 'revalidated';

/** One call to an upstream: a fetch of a plan, a REST call of a field, a passthrough. Times by `performance.now()`. */
export interface CallRecord {
  readonly upstream: string;
  readonly kind: 'graphql' | 'rest' | 'passthrough' | 'schema';
  readonly method: string;
  /** Path without values of clients: `/users/{id}`; the route's path for a passthrough; '' for a GraphQL endpoint. */
  readonly template: string;
  /** Name of the operation that is sent; undefined for REST. */
  readonly operationName: string | undefined;
  /** 16 hexadecimal digits: the span that the upstream sees as its parent; '' where no traces are made. */
  readonly spanId: string;
  readonly startedAt: number;
  /** Base URL of the target; undefined where nothing was sent. */
  target: string | undefined;
  /** When the request went out on a socket; 0 where it never did. */
  sentAt: number;
  /** When the answer's headers came; 0 where none came. */
  headersAt: number;
  /** 0 as long as it runs. */
  endedAt: number;
  source: CallSource;
  /** What came of the cache of its upstream; undefined where that was not asked. */
  cache: CacheOutcome | undefined;
  /** HTTP status; 0 where no answer came. */
  status: number;
  /** Why it failed; undefined where an answer came whole, whatever its status. */
  error: ErrorCode | undefined;
  /** 1, and one more for each time that it was sent again. */
  attempts: number;
  /** Entities or keys that it asks for at once; 1 for a call that is no batch. */
  batch: number;
  /** Bytes of the body that went out, and that came in as sent; 0 where not known. */
  requestBytes: number;
  responseBytes: number;
  /** Whether it is told by itself when it ends, as no request tells how it ended (`weft:upstream.detached`). */
  isDetached: boolean;
}

/** Where a request stands in a trace. Ids in lower-case hexadecimal. */
export interface TracePlace {
  readonly traceId: string;
  /** The gateway's own span of this request. */
  readonly spanId: string;
  /** The caller's span; undefined where the trace begins here. */
  readonly parentId: string | undefined;
  /** Whether the caller said that the trace is sampled; undefined where the trace begins here. */
  readonly parentSampled: boolean | undefined;
  /** `tracestate` of the caller (W3C Trace Context, 3.3); '' for none. */
  readonly state: string;
}

/** An error that a client read, or that ended the request. */
export interface ErrorRecord {
  readonly code: string;
  /** Undefined where no upstream is to blame. */
  readonly upstream: string | undefined;
}

/** Errors of one request that are told apart; a broken list of a thousand entries is one thing that went wrong. */
const maxErrors = 16;

/** Calls that one request tells of. */
const maxCalls = 1000;
/** The same for a subscription, of which there are many at once. */
const maxLastingCalls = 20;

/** What a client says of its own program. */
export interface ClientWords {
  readonly name: string | undefined;
  readonly version: string | undefined;
}

type ReadClient = (headers: RequestRecord['headers']) => ClientWords;

const unknownClient: ReadClient = () => ({ name: undefined, version: undefined });

export class RequestRecord {
  readonly method: string;
  /** By `performance.now()`. */
  readonly startedAt: number;
  /** 0 as long as it runs. */
  endedAt = 0;
  served: Served = 'none';
  requestId = '';
  /** The path of the REST route, or of the GraphQL endpoint, as configured. Undefined where none took the request. */
  route: string | undefined = undefined;
  /** The path of a REST request, without its query; for a listener whose configuration wants it, and for nobody else. */
  path: string | undefined = undefined;
  /** Name of the route's upstream; undefined for GraphQL. */
  upstream: string | undefined = undefined;
  #trace: { readonly place: TracePlace } | undefined = undefined;
  /** Decides by what is known so far whether the trace is sampled. Set by whoever listens when the record begins. */
  sampler: ((record: RequestRecord) => boolean) | undefined = undefined;
  #isSampled: boolean | undefined = undefined;
  /** `Caller.id`, and of the same caller: */
  callerId: string | undefined = undefined;
  consumer: string | undefined = undefined;
  tier: string | undefined = undefined;
  #client: ClientWords | undefined = undefined;
  /** The client's address as trusted proxies have it; for a listener whose configuration wants it, and for nobody else. */
  address: string | undefined = undefined;
  /** Time until the request was let in or refused, and of it for credentials, in milliseconds. */
  entranceMs = 0;
  authenticationMs = 0;
  /** Time for parsing and validating, in milliseconds; 0 where the operation was known. */
  parseMs = 0;
  validateMs = 0;
  /** HTTP status that the client got; 0 where it left before. */
  status = 0;
  /** Whether the client left, or the connection broke, before the answer was whole. */
  isAborted = false;
  requestBytes = 0;
  responseBytes = 0;
  /** What came of the cache of a REST route. */
  cache: CacheOutcome | undefined = undefined;
  /** Entities that were looked for in the cache: found there, and not. */
  keptEntities = 0;
  missedEntities = 0;
  /** How many operations an HTTP batch has; 0 for a request that is no batch. */
  batchSize = 0;
  /** Whether it may last for days: a subscription. */
  isLasting = false;
  /** Calls that are not among `calls`, as there were too many. */
  untoldCalls = 0;
  #runs: OperationRun[] | undefined = undefined;
  #calls: CallRecord[] | undefined = undefined;
  #errors: ErrorRecord[] | undefined = undefined;
  /** The request's headers, for a listener whose configuration names some. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;

  readonly #readClient: ReadClient;

  /** @param readClient Asked once, where somebody wants to know what program asks. Default: nobody knows. */
  constructor(method: string, headers: RequestRecord['headers'], readClient: ReadClient = unknownClient) {
    this.method = method;
    this.headers = headers;
    this.#readClient = readClient;
    this.startedAt = performance.now();
  }

  // Most requests are looked at by few listeners, and seldom for all that could be said: such things are made when asked for.

  get runs(): OperationRun[] {
    return (this.#runs ??= []);
  }

  get calls(): CallRecord[] {
    return (this.#calls ??= []);
  }

  get errors(): ErrorRecord[] {
    return (this.#errors ??= []);
  }

  /** Undefined where the request was answered before its place in a trace was looked for. */
  get trace(): TracePlace | undefined {
    return this.#trace?.place;
  }

  set trace(place: TracePlace | undefined) {
    this.#trace = place && { place };
  }

  /** @param trace Knows the place; not asked before somebody wants to know. */
  standsIn(trace: { readonly place: TracePlace }): void {
    this.#trace = trace;
  }

  /** What program asks, by its own word; at most 64 UTF-16 units. */
  get clientName(): string | undefined {
    return (this.#client ??= this.#readClient(this.headers)).name;
  }

  get clientVersion(): string | undefined {
    return (this.#client ??= this.#readClient(this.headers)).version;
  }

  /** Whether the trace is sampled: decided when it is first asked, which is when the first upstream call goes out. */
  get isSampled(): boolean {
    return (this.#isSampled ??= this.sampler?.(this) ?? false);
  }

  /** Takes a call that begins among its own; what it cannot tell in time, or at all, is detached. */
  addCall(call: CallRecord): void {
    const { calls, isLasting } = this;
    if (calls.length < (isLasting ? maxLastingCalls : maxCalls)) {
      calls.push(call);
      if (!isLasting) return;
    } else this.untoldCalls += 1;
    call.isDetached = true;
  }

  /** Each pair of code and upstream counts once. */
  addError(code: string, upstream: string | undefined): void {
    if (this.errors.length >= maxErrors) return;
    for (const error of this.errors) if (error.code === code && error.upstream === upstream) return;
    this.errors.push({ code, upstream });
  }
}

/** `AnswerWithDefaults` has a field for it. */
interface Carrier {
  carried?: unknown;
}

/** Has an answer carry its record, so that whoever holds the answer finds it. */
export function carryRecord(res: object, record: RequestRecord): void {
  (res as Carrier).carried = record;
}

/** The record of the request that this is the answer to; undefined where there is none. */
export function recordOf(res: object): RequestRecord | undefined {
  return (res as Carrier).carried as RequestRecord | undefined;
}
