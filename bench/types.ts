/** One upstream call that the gateway made for a scenario. */
export interface RecordedCall {
  readonly url: string;
  readonly method: string;
  readonly body?: string;
}

/** A named input: one GraphQL request over the demo upstreams. */
export interface Scenario {
  readonly name: string;
  readonly query: string;
}

/** What one entrant did in one round. */
export interface Sample {
  readonly cpuMsPerRequest: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly peakMemoryMiB: number;
}
