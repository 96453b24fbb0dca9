import { randomFillSync } from 'node:crypto';

/** A `traceparent`, taken apart. */
export interface TraceParent {
  /** 32 lower-case hexadecimal digits, not all 0. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all 0. */
  readonly parentId: string;
  /** One byte: 1 sampled, 2 random trace id. */
  readonly flags: number;
}

const sampled = 1;
const randomTraceId = 2;

/**
 * Reads a `traceparent`; `undefined` where it is missing or not valid, so that a new trace begins.
 *
 * @see {@link https://www.w3.org/TR/2024/CRD-trace-context-2-20240328/#traceparent-header | Trace Context Level 2, 3.2}
 */
export function readTraceparent(value: string | readonly string[] | undefined): TraceParent | undefined {
  if (typeof value !== 'string') return undefined;
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(value.trim());
  if (match === null) return undefined;
  const [, version, traceId = '', parentId = '', flags = '', rest] = match;
  // Later versions may add parts; version 00 has exactly four, and ff is forbidden.
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  return { traceId, parentId, flags: Number.parseInt(flags, 16) };
}

/** The text of a `traceparent`, version 00. */
export function printTraceparent({ traceId, parentId, flags }: TraceParent): string {
  return `00-${traceId}-${parentId}-${flags.toString(16).padStart(2, '0')}`;
}

/**
 * The `traceparent` for calls made on behalf of a request: the same trace under a new parent, with the sampled and
 * random flags kept; without a valid incoming one a new trace, not sampled because nothing is recorded here.
 */
export function childTraceparent(incoming: TraceParent | undefined): string {
  const fresh = freshIds();
  return printTraceparent({
    traceId: incoming?.traceId ?? fresh.slice(0, 32),
    parentId: fresh.slice(32),
    flags: incoming === undefined ? randomTraceId : incoming.flags & (sampled | randomTraceId),
  });
}

const idBytes = 24;
const pool = Buffer.allocUnsafe(idBytes * 256);
let used = pool.length;

/** A trace id and a parent id, in hexadecimal. Random bytes are drawn many at a time, as each draw has its price. */
function freshIds(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += idBytes;
  return pool.toString('hex', used - idBytes, used);
}
