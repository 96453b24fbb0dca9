import { allowedBaggage } from './baggage.ts';
import { nominatedFields } from './http-fields.ts';
import { traceFormatters, type CallersTrace, type ReadableHeaders, type TraceFormat } from './propagation-formats.ts';
import { freshSpanId, freshTraceId } from './trace-context.ts';

/** Where a request stands in a trace, and what of it goes on. Ids in lower-case hexadecimal. */
export interface ReadTrace {
  readonly traceId: string;
  /** The gateway's own span of this request; new. */
  readonly spanId: string;
  /** The caller's span; undefined where the trace begins here. */
  readonly parentId: string | undefined;
  /** Whether the caller said that the trace is sampled; undefined where it did not say. */
  readonly parentSampled: boolean | undefined;
  /** `tracestate` of the caller; '' for none. */
  readonly state: string;
  /** Whether the trace id is known to be random (Trace Context Level 2, 3.2.2.3.2). */
  readonly isRandom: boolean;
  /** The entries of `baggage` that may be passed on, as one header's value; '' for none. */
  readonly baggage: string;
}

/** Reads what callers say of their trace, and writes it for upstreams. */
export interface Propagation {
  /** Without a valid header in an accepted format, a new trace begins. Never throws. */
  readonly read: (headers: ReadableHeaders) => ReadTrace;
  /**
   * The headers of a call, by lower-case name.
   *
   * @param spanId The call's own span, which the upstream sees as its parent.
   * @param isSampled Undefined: that was left open, which W3C and Jaeger can only say as `not`.
   */
  readonly fieldsOf: (
    trace: ReadTrace,
    spanId: string,
    isSampled: boolean | undefined,
  ) => Readonly<Record<string, string>>;
}

export interface PropagationOptions {
  /** The first of them that a request has valid headers of counts. Default `w3c`. */
  readonly accept?: readonly TraceFormat[];
  /** All of them are written. Default `w3c`. */
  readonly send?: readonly TraceFormat[];
  /** Names of baggage entries that are passed on. Default none. */
  readonly baggage?: readonly string[];
}

const onlyW3c: readonly TraceFormat[] = ['w3c'];

export function createPropagation({
  accept = onlyW3c,
  send = onlyW3c,
  baggage = [],
}: PropagationOptions = {}): Propagation {
  const readers = accept.map((format) => traceFormatters[format].read);
  const writers = send.map((format) => traceFormatters[format].write);
  const allowed = new Set(baggage);
  return {
    read: (headers) => {
      const found = firstOf(readers, headers);
      const isPassed = headers['connection'] === undefined ? all : passedOf(headers['connection']);
      return {
        traceId: found?.traceId ?? freshTraceId(),
        spanId: freshSpanId(),
        parentId: found?.parentId,
        parentSampled: found?.isSampled,
        state: found !== undefined && isPassed('tracestate') ? found.state : '',
        isRandom: found?.isRandom ?? true,
        baggage: allowed.size > 0 && isPassed('baggage') ? allowedBaggage(headers['baggage'], allowed) : '',
      };
    },
    fieldsOf: ({ traceId, state, isRandom, baggage: entries }, spanId, isSampled) => {
      const fields: Record<string, string> = {};
      const trace = { traceId, spanId, isSampled, isRandom, state };
      for (const write of writers) write(fields, trace);
      if (entries !== '') fields['baggage'] = entries;
      return fields;
    },
  };
}

function firstOf(
  readers: readonly ((headers: ReadableHeaders) => CallersTrace | undefined)[],
  headers: ReadableHeaders,
): CallersTrace | undefined {
  for (const read of readers) {
    const found = read(headers);
    if (found !== undefined) return found;
  }
  return undefined;
}

const all = (): boolean => true;

/** RFC 9110, 7.6.1: what `connection` nominates ends here. */
function passedOf(connection: string | readonly string[]): (name: string) => boolean {
  const nominated = nominatedFields(connection);
  return nominated.size === 0 ? all : (name) => !nominated.has(name);
}

/** Headers that carry traces, in lower case; names that begin with `uberctx-` do too. */
export const traceFieldNames: readonly string[] = [
  ...['traceparent', 'tracestate', 'baggage', 'b3', 'uber-trace-id', 'jaeger-debug-id', 'jaeger-baggage'],
  ...['x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags'],
];
const traceFields: ReadonlySet<string> = new Set(traceFieldNames);

/** How names of Jaeger's own baggage begin. */
const jaegerBaggage = 'uberctx-';

/**
 * Whether a header is of a trace, in any of the formats: such a one is the gateway's to write, never passes as it came, and
 * tells no answer from another.
 *
 * @param name In lower case.
 */
export function isTraceField(name: string): boolean {
  return traceFields.has(name) || name.startsWith(jaegerBaggage);
}
