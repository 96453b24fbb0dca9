import type { Entry } from '../types.ts';

// Measured on Node 26 with entries of 100 B: what objects, maps and lists take beside their text.
const entryOverhead = 700;
const fieldOverhead = 80;
const tagOverhead = 400;

/** Bytes of the body, without making it. Pure. */
export function sizeOfBody(entry: Entry): number {
  return entry.text?.length ?? entry.body.byteLength;
}

/** About how many bytes an entry takes in memory: body, fields, tags, its key, and what holds them. Tags alone that there are. */
export function sizeOfEntry(key: string, entry: Entry): number {
  const { headers } = entry;
  let size = entryOverhead + 2 * key.length + sizeOfBody(entry);
  for (const name in headers) {
    const value = headers[name] ?? '';
    size += fieldOverhead + name.length;
    if (typeof value === 'string') size += value.length;
    else for (const line of value) size += fieldOverhead + line.length;
  }
  if (entry.hasTagsAtHand === false) return size;
  for (const tag of entry.tags) size += tagOverhead + 2 * tag.length;
  return size;
}

/** When an entry is of no more use to anyone, in milliseconds since 1970. Pure. */
export function endOfEntry({ freshUntil, staleUntil, staleIfErrorUntil, keptUntil = 0 }: Entry): number {
  return Math.max(freshUntil, staleUntil, staleIfErrorUntil, keptUntil);
}
