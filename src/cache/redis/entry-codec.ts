import { ownBytes } from '../memory/compress.ts';
import type { Entry } from '../types.ts';

/*
 * One value holds an entry: a mark of its own, the lengths of the head and of the body, the head as JSON, the body as it is;
 * then the versions that the entry's tags had when it was stored, which a script of Redis can put there.
 */

// A later layout has another mark, so that instances of both kinds take each other's values for unreadable.
const mark = 'W2';
const lengthDigits = 8;
const bodyLengthAt = mark.length + lengthDigits;
const headAt = bodyLengthAt + lengthDigits;
/** Between versions: none has it. */
const separator = ',';

export interface StoredEntry {
  readonly entry: Entry;
  /** Of `everything`, then of each of the entry's tags. */
  readonly versions: readonly string[];
}

interface Head {
  readonly s: Entry['status'];
  readonly h: Entry['headers'];
  /** `madeAt`, `freshUntil`, `staleUntil`, `staleIfErrorUntil`, `keptUntil`. */
  readonly t: readonly [number, number, number, number, number?];
  readonly g: Entry['tags'];
}

/** Pure. All of the value but the versions: text where the body is at hand as such, which is sent without a copy. */
export function writeEntry(entry: Entry): string | Buffer {
  const { status, headers, text, madeAt, freshUntil, staleUntil, staleIfErrorUntil, keptUntil, tags } = entry;
  const times = [madeAt, freshUntil, staleUntil, staleIfErrorUntil] as const;
  const t: Head['t'] = keptUntil === undefined ? times : [...times, keptUntil];
  const head = JSON.stringify({ s: status, h: headers, t, g: tags } satisfies Head);
  const headBytes = Buffer.byteLength(head);
  // It is ASCII alone.
  if (text !== undefined) return mark + digitsOf(headBytes) + digitsOf(text.length) + head + text;
  const { body } = entry;
  const value = Buffer.allocUnsafe(headAt + headBytes + body.byteLength);
  value.write(mark + digitsOf(headBytes) + digitsOf(body.byteLength) + head);
  value.set(body, headAt + headBytes);
  return value;
}

/** Pure. What follows in the value. */
export function writeVersions(versions: StoredEntry['versions']): string {
  return versions.join(separator);
}

/** Pure. Undefined where the value is none that `writeEntry` and `writeVersions` give. */
export function readEntry(value: Buffer): StoredEntry | undefined {
  if (value.byteLength < headAt || value.toString('latin1', 0, mark.length) !== mark) return undefined;
  const bodyAt = headAt + lengthAt(value, mark.length);
  const versionsAt = bodyAt + lengthAt(value, bodyLengthAt);
  // Also where one of them is no number.
  if (!(versionsAt <= value.byteLength)) return undefined;
  const head = readHead(value.toString('utf8', headAt, bodyAt));
  const versions = value.toString('utf8', versionsAt).split(separator);
  if (head === undefined || versions.length !== head.g.length + 1) return undefined;
  const [madeAt, freshUntil, staleUntil, staleIfErrorUntil, keptUntil] = head.t;
  const body = ownBytes(value.subarray(bodyAt, versionsAt));
  const times = { madeAt, freshUntil, staleUntil, staleIfErrorUntil, ...(keptUntil !== undefined && { keptUntil }) };
  return { entry: { status: head.s, headers: head.h, body, ...times, tags: head.g }, versions };
}

function digitsOf(length: number): string {
  return length.toString(16).padStart(lengthDigits, '0');
}

/** `NaN` where there is none. */
function lengthAt(value: Buffer, at: number): number {
  const digits = value.toString('latin1', at, at + lengthDigits);
  return /^[\da-f]+$/.test(digits) ? Number.parseInt(digits, 16) : NaN;
}

function readHead(text: string): Head | undefined {
  let head: unknown;
  try {
    head = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(head)) return undefined;
  const { s, h, t, g } = head;
  const isGood =
    Number.isInteger(s) &&
    isObject(h) &&
    Object.values(h).every((value) => typeof value === 'string' || isTexts(value)) &&
    Array.isArray(t) &&
    (t.length === 4 || t.length === 5) &&
    t.every((time) => typeof time === 'number') &&
    isTexts(g);
  return isGood ? (head as unknown as Head) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
