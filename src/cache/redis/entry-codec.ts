import { ownBytes } from '../memory/compress.ts';
import type { Entry } from '../types.ts';

/*
 * One value holds an entry: two bytes of its own, the length of the head, the head as JSON, the body as it is. The head has
 * the versions that the entry's tags had when it was stored.
 */

// A later layout has another second byte, so that instances of both kinds take each other's values for unreadable.
const mark = 0x57_01;
const lengthAt = 2;
const headAt = 6;

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
  readonly v: StoredEntry['versions'];
}

/** Pure. */
export function writeEntry({ entry, versions }: StoredEntry): Buffer {
  const { status, headers, body, madeAt, freshUntil, staleUntil, staleIfErrorUntil, keptUntil, tags } = entry;
  const times = [madeAt, freshUntil, staleUntil, staleIfErrorUntil] as const;
  const t: Head['t'] = keptUntil === undefined ? times : [...times, keptUntil];
  const head: Head = { s: status, h: headers, t, g: tags, v: versions };
  const text = JSON.stringify(head);
  const headBytes = Buffer.byteLength(text);
  const value = Buffer.allocUnsafe(headAt + headBytes + body.byteLength);
  value.writeUInt16BE(mark);
  value.writeUInt32BE(headBytes, lengthAt);
  value.write(text, headAt);
  value.set(body, headAt + headBytes);
  return value;
}

/** Pure. Undefined where the value is none that `writeEntry` gives. */
export function readEntry(value: Buffer): StoredEntry | undefined {
  if (value.byteLength < headAt || value.readUInt16BE() !== mark) return undefined;
  const bodyAt = headAt + value.readUInt32BE(lengthAt);
  if (bodyAt > value.byteLength) return undefined;
  const head = readHead(value.toString('utf8', headAt, bodyAt));
  if (head === undefined) return undefined;
  const [madeAt, freshUntil, staleUntil, staleIfErrorUntil, keptUntil] = head.t;
  const body = ownBytes(value.subarray(bodyAt));
  const times = { madeAt, freshUntil, staleUntil, staleIfErrorUntil, ...(keptUntil !== undefined && { keptUntil }) };
  return { entry: { status: head.s, headers: head.h, body, ...times, tags: head.g }, versions: head.v };
}

function readHead(text: string): Head | undefined {
  let head: unknown;
  try {
    head = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(head)) return undefined;
  const { s, h, t, g, v } = head;
  const isGood =
    Number.isInteger(s) &&
    isObject(h) &&
    Object.values(h).every((value) => typeof value === 'string' || isTexts(value)) &&
    Array.isArray(t) &&
    (t.length === 4 || t.length === 5) &&
    t.every((time) => typeof time === 'number') &&
    isTexts(g) &&
    isTexts(v) &&
    v.length === g.length + 1;
  return isGood ? (head as unknown as Head) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
