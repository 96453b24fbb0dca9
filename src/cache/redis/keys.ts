import { hash } from 'node:crypto';

/** Where all instances tell each other of invalidations. */
export const channel = 'weft:cache:invalidated';

/*
 * Names hold hashes: keys and tags may hold what is personal, may be long, and may hold braces, which mean something to a
 * Cluster.
 */

/** Of an entry. */
export function entryKey(key: string): string {
  return `weft:cache:e:${hash('sha256', key, 'base64url')}`;
}

/** Of a tag's version. */
export function versionKey(tag: string): string {
  return `weft:cache:v:${hash('sha256', tag, 'base64url')}`;
}

/** Of the lock under which one instance works for a key. */
export function lockKey(key: string): string {
  return `weft:cache:l:${hash('sha256', key, 'base64url')}`;
}
