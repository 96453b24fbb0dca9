import {
  freshTraceId,
  isZero,
  printTraceparent,
  randomFlag,
  readTraceparent,
  readTracestate,
  sampledFlag,
} from './trace-context.ts';

/** How traces travel in headers: one reader and one writer for each format. */

/** Formats that carry a trace from one service to the next. */
export type TraceFormat = 'w3c' | 'b3' | 'b3-multi' | 'jaeger';

/** By lower-case name. */
export type ReadableHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What a caller says of its trace. */
export interface CallersTrace {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** The caller's span, 16 such digits; undefined where it said nothing but whether to sample. */
  readonly parentId: string | undefined;
  /** Undefined where it left that open. */
  readonly isSampled: boolean | undefined;
  /** Whether the trace id is known to be random. */
  readonly isRandom: boolean;
  /** `''` for none. */
  readonly state: string;
}

/** A span of a trace, as the next service gets it for a parent. */
export interface SentTrace {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean | undefined;
  readonly isRandom: boolean;
  readonly state: string;
}

export interface TraceFormatter {
  /** Undefined where the headers are missing or not valid. */
  readonly read: (headers: ReadableHeaders) => CallersTrace | undefined;
  /** Sets headers, by lower-case name. */
  readonly write: (headers: Record<string, string>, trace: SentTrace) => void;
}

/** @see {@link https://www.w3.org/TR/2024/CRD-trace-context-2-20240328/ | Trace Context Level 2} */
const w3c: TraceFormatter = {
  read: (headers) => {
    const parent = readTraceparent(headers['traceparent']);
    if (parent === undefined) return undefined;
    const { traceId, parentId, flags } = parent;
    return {
      traceId,
      parentId,
      isSampled: (flags & sampledFlag) !== 0,
      isRandom: (flags & randomFlag) !== 0,
      state: readTracestate(headers['tracestate']),
    };
  },
  write: (headers, { traceId, spanId, isSampled, isRandom, state }) => {
    const flags = (isSampled === true ? sampledFlag : 0) | (isRandom ? randomFlag : 0);
    headers['traceparent'] = printTraceparent({ traceId, parentId: spanId, flags });
    if (state !== '') headers['tracestate'] = state;
  },
};

const b3Single = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?$/;

/** @see {@link https://github.com/openzipkin/b3-propagation#single-header | B3 Propagation, Single Header} */
const b3: TraceFormatter = {
  read: (headers) => {
    const text = textOf(headers, 'b3');
    if (text === '0' || text === '1' || text === 'd') return decisionOnly(text !== '0');
    const [, traceId, parentId, state] = (text && b3Single.exec(text)) || [];
    return b3Trace(traceId, parentId, state === undefined ? undefined : state !== '0');
  },
  write: (headers, { traceId, spanId, isSampled }) => {
    const state = isSampled === undefined ? '' : `-${isSampled ? 1 : 0}`;
    headers['b3'] = `${traceId}-${spanId}${state}`;
  },
};

/** @see {@link https://github.com/openzipkin/b3-propagation#multiple-headers | B3 Propagation, Multiple Headers} */
const b3Multi: TraceFormatter = {
  read: (headers) => {
    const isSampled = b3Decision(headers);
    const traceId = textOf(headers, 'x-b3-traceid');
    const parentId = textOf(headers, 'x-b3-spanid');
    if (traceId === undefined && parentId === undefined) {
      return isSampled === undefined ? undefined : decisionOnly(isSampled);
    }
    if (!/^(?:[0-9a-f]{16}){1,2}$/.test(traceId ?? '') || !/^[0-9a-f]{16}$/.test(parentId ?? '')) return undefined;
    return b3Trace(traceId, parentId, isSampled);
  },
  write: (headers, { traceId, spanId, isSampled }) => {
    headers['x-b3-traceid'] = traceId;
    headers['x-b3-spanid'] = spanId;
    if (isSampled !== undefined) headers['x-b3-sampled'] = isSampled ? '1' : '0';
  },
};

function b3Decision(headers: ReadableHeaders): boolean | undefined {
  // Debug implies an accept decision, and the other header is not sent beside it.
  if (textOf(headers, 'x-b3-flags') === '1') return true;
  const text = textOf(headers, 'x-b3-sampled')?.toLowerCase();
  if (text === '1' || text === 'true' || text === 'd') return true;
  return text === '0' || text === 'false' ? false : undefined;
}

/** Ids of 64 bits are of the same trace with zeros before them. */
function b3Trace(
  traceId: string | undefined,
  parentId: string | undefined,
  isSampled: boolean | undefined,
): CallersTrace | undefined {
  if (traceId === undefined || parentId === undefined || isZero(traceId) || isZero(parentId)) return undefined;
  return { traceId: traceId.padStart(32, '0'), parentId, isSampled, isRandom: false, state: '' };
}

/** A trace begins here, and it is decided already whether it is sampled. */
function decisionOnly(isSampled: boolean): CallersTrace {
  return { traceId: freshTraceId(), parentId: undefined, isSampled, isRandom: true, state: '' };
}

const jaegerId = /^([0-9a-f]{1,32}):([0-9a-f]{1,16}):[0-9a-f]{1,16}:([0-9a-f]{1,2})$/i;
const jaegerSampled = 1;
const jaegerDebug = 2;

/** @see {@link https://www.jaegertracing.io/sdk-migration/#propagation-format | Jaeger, Propagation Format} */
const jaeger: TraceFormatter = {
  read: (headers) => {
    // Some HTTP clients encode the colons.
    const text = textOf(headers, 'uber-trace-id')?.replace(/%3a/gi, ':');
    const [, traceId, parentId, flags = ''] = (text && jaegerId.exec(text)) || [];
    if (traceId === undefined || parentId === undefined || isZero(traceId) || isZero(parentId)) return undefined;
    return {
      traceId: traceId.toLowerCase().padStart(32, '0'),
      parentId: parentId.toLowerCase().padStart(16, '0'),
      isSampled: (Number.parseInt(flags, 16) & (jaegerSampled | jaegerDebug)) !== 0,
      isRandom: false,
      state: '',
    };
  },
  write: (headers, { traceId, spanId, isSampled }) => {
    // The third part, the parent's id, is deprecated: 0 stands for it.
    headers['uber-trace-id'] = `${traceId}:${spanId}:0:${isSampled === true ? 1 : 0}`;
  },
};

/** By name. */
export const traceFormatters: Readonly<Record<TraceFormat, TraceFormatter>> = {
  w3c,
  b3,
  'b3-multi': b3Multi,
  jaeger,
};

function textOf(headers: ReadableHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : undefined;
}
