import { readPath } from './read-path.ts';

/** A claim by its whole name (which may hold dots), else by dotted path; undefined where there is none. */
export function readClaim(claims: Readonly<Record<string, unknown>>, path: string): unknown {
  return Object.hasOwn(claims, path) ? claims[path] : readPath(claims, path.split('.'));
}
