import { hash } from 'node:crypto';

/** Where all instances tell each other of invalidations. */
export const channel = 'weft:cache:invalidated';

/*
 * Names hold hashes: keys and tags may hold what is personal, may be long, and may hold braces, which mean something to a
 * Cluster: what stands in them decides the slot. An entry and its lock are of one slot, so that one script may have both.
 */

/** Of an entry. */
export function entryKey(key: string): string {
  return `weft:cache:e:{${hash('sha256', key, 'base64url')}}`;
}

// Answers have dozens of tags, and most of them are those of other answers, too.
const namesOfAge = 4096;
let young = new Map<string, string>();
let old: ReadonlyMap<string, string> = new Map();

/** Of a tag's version. */
export function versionKey(tag: string): string {
  const known = young.get(tag);
  if (known !== undefined) return known;
  const name = old.get(tag) ?? `weft:cache:v:${hash('sha256', tag, 'base64url')}`;
  // Twice as many are remembered at most; those that nobody asked for again go.
  if (young.size >= namesOfAge) {
    old = young;
    young = new Map();
  }
  young.set(tag, name);
  return name;
}

/** Of the lock under which one instance works for a key. */
export function lockKey(key: string): string {
  return `weft:cache:l:{${hash('sha256', key, 'base64url')}}`;
}
