import type { Entry } from '../types.ts';

// Measured on Node 26 with entries of 100 B: what objects, maps and lists take beside their text.
const entryOverhead = 700;
const fieldOverhead = 80;
const tagOverhead = 400;

/** About how many bytes an entry takes in memory: body, fields, tags, its key, and what holds them. Pure. */
export function sizeOfEntry(key: string, { headers, body, tags }: Entry): number {
  let size = entryOverhead + 2 * key.length + body.byteLength;
  for (const name in headers) {
    const value = headers[name] ?? '';
    size += fieldOverhead + name.length;
    if (typeof value === 'string') size += value.length;
    else for (const line of value) size += fieldOverhead + line.length;
  }
  for (const tag of tags) size += tagOverhead + 2 * tag.length;
  return size;
}

/** When an entry is of no more use to anyone, in milliseconds since 1970. Pure. */
export function endOfEntry({ freshUntil, staleUntil, staleIfErrorUntil, keptUntil = 0 }: Entry): number {
  return Math.max(freshUntil, staleUntil, staleIfErrorUntil, keptUntil);
}
