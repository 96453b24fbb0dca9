/** The two sets of upstreams: the shop of `shop/`, and the demo gateway's own. */
export type SetName = 'shop' | 'demo';

export interface GraphqlRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** A named input: one or more requests, sent in turn, over one set of upstreams. */
export interface Scenario {
  readonly name: string;
  readonly set: SetName;
  readonly requests: readonly GraphqlRequest[];
}

/** A request as it travels, with the answer that is right. */
export interface Exchange {
  /** JSON of the request. */
  readonly body: string;
  /** `{ data }`, by the monolith. */
  readonly expected: unknown;
}

/** One upstream call, as it came. */
export interface UpstreamCall {
  /** Of the upstream: scheme, host and port. */
  readonly origin: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** `''` where there was none. */
  readonly body: string;
}

/** What a floor does for one request body: the calls, one list a wave, then the answer. */
export interface FloorTask {
  readonly body: string;
  readonly waves: readonly (readonly UpstreamCall[])[];
  readonly answer: unknown;
}

/** What one entrant did in one round. */
export interface Sample {
  readonly cpuMsPerRequest: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly peakMemoryMiB: number;
  readonly upstreamCallsPerRequest: number;
}
