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

/** Bits of `TraceParent.flags`. */
export const sampledFlag = 1;
export const randomFlag = 2;

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
  if (isZero(traceId) || isZero(parentId)) return undefined;
  return { traceId, parentId, flags: Number.parseInt(flags, 16) };
}

/** The text of a `traceparent`, version 00. */
export function printTraceparent({ traceId, parentId, flags }: TraceParent): string {
  return `00-${traceId}-${parentId}-${flags.toString(16).padStart(2, '0')}`;
}

const maxStateMembers = 32;
const stateMember = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * A `tracestate` as it came; `''` where it is missing or not valid as a whole.
 *
 * @see {@link https://www.w3.org/TR/2024/CRD-trace-context-2-20240328/#tracestate-header | Trace Context Level 2, 3.3}
 */
export function readTracestate(value: string | readonly string[] | undefined): string {
  const text = typeof value === 'object' ? value.join(',') : value;
  if (text === undefined || text === '') return '';
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  const isValid = members.length <= maxStateMembers && members.every((member) => stateMember.test(member));
  return isValid ? members.join(',') : '';
}

/** Whether an id is none: all of its digits are 0. */
export function isZero(id: string): boolean {
  return /^0+$/.test(id);
}

/** 32 hexadecimal digits, random. */
export function freshTraceId(): string {
  return freshId(16);
}

/** 16 hexadecimal digits, random. */
export function freshSpanId(): string {
  return freshId(8);
}

const pool = Buffer.allocUnsafe(6144);
let used = pool.length;

/** Random bytes are drawn many at a time, as each draw has its price. */
function freshId(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}
