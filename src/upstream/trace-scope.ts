import { createPropagation, type Propagation, type ReadTrace } from '../lib/propagation.ts';
import type { ReadableHeaders } from '../lib/propagation-formats.ts';
import type { RequestRecord } from '../telemetry/record.ts';

/** The trace of one client request, as calls upstream carry it. Read when it is first asked for. */
export interface TraceScope {
  readonly place: ReadTrace;
  /** Headers of calls that have no span of their own: the upstream sees the request's as its parent. */
  readonly fields: Readonly<Record<string, string>>;
  /** Headers of a call with a span of its own. The same names as in `fields`. */
  readonly fieldsOf: (spanId: string) => Readonly<Record<string, string>>;
}

const onlyW3c = createPropagation();

export interface TraceScopeOptions {
  /** The client's, lower-case names. */
  readonly headers: ReadableHeaders;
  /** Default: W3C Trace Context alone, without baggage. */
  readonly propagation: Propagation | undefined;
  /** Says whether the trace is sampled, where it has a sampler; else what the caller said holds. */
  readonly record: RequestRecord | undefined;
}

/** Makes it, and tells the record its place in the trace. */
export function createTraceScope({ headers, propagation = onlyW3c, record }: TraceScopeOptions): TraceScope {
  const scope = new LazyTrace(headers, propagation, record);
  record?.standsIn(scope);
  return scope;
}

class LazyTrace implements TraceScope {
  readonly #headers: ReadableHeaders;
  readonly #propagation: Propagation;
  readonly #record: RequestRecord | undefined;
  #place: ReadTrace | undefined;
  #fields: Readonly<Record<string, string>> | undefined;

  constructor(headers: ReadableHeaders, propagation: Propagation, record: RequestRecord | undefined) {
    this.#headers = headers;
    this.#propagation = propagation;
    this.#record = record;
  }

  get place(): ReadTrace {
    return (this.#place ??= this.#propagation.read(this.#headers));
  }

  get fields(): Readonly<Record<string, string>> {
    return (this.#fields ??= this.fieldsOf(this.place.spanId));
  }

  fieldsOf(spanId: string): Readonly<Record<string, string>> {
    const { place } = this;
    const record = this.#record;
    const isSampled = record?.sampler === undefined ? place.parentSampled : record.isSampled;
    return this.#propagation.fieldsOf(place, spanId, isSampled);
  }
}
