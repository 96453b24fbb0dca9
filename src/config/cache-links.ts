import { readByteSize } from '../lib/byte-size.ts';
import type { Checker } from './checker.ts';

// What caching says of other sections, and keys of it against each other.

/** `cache` and that of routes against the rest of `gateway.yaml`. */
export function checkCache(check: Checker): void {
  if (check.text(['cache', 'store']) === 'redis' && !check.has(['redis'])) {
    check.tell(['cache', 'store'], 'redis needs the section "redis", which is missing');
  }
  checkSizes(check);
  for (const index of check.list(['routes']).keys()) checkMethods(check, index);
}

function checkSizes(check: Checker): void {
  const entry = check.text(['cache', 'maxEntrySize']);
  const all = check.text(['cache', 'maxSize']);
  if (entry === undefined || (all === undefined && check.has(['cache', 'maxSize']))) return;
  const entryBytes = readByteSize(entry);
  const allBytes = readByteSize(all ?? '64MiB');
  if (entryBytes === undefined || allBytes === undefined || entryBytes <= allBytes) return;
  check.tell(['cache', 'maxEntrySize'], `${entry} is larger than maxSize (${all ?? '64MiB by default'})`);
}

/** What the route refuses never comes to be kept. */
function checkMethods(check: Checker, index: number): void {
  const at = ['routes', index, 'cache'];
  const served = check.texts(['routes', index, 'methods']);
  if (served.length === 0 || !check.has(at) || check.isOff(at)) return;
  const kept = check.list([...at, 'methods']);
  for (const place of kept.keys()) {
    const method = check.text([...at, 'methods', place]);
    if (method !== 'GET' && method !== 'HEAD') continue;
    if (!served.includes(method)) check.tell([...at, 'methods', place], `the route does not serve ${method}`);
  }
  if (kept.length === 0 && !served.includes('GET') && !served.includes('HEAD')) {
    check.tell(at, 'the route serves neither GET nor HEAD, so nothing is kept', 'key');
  }
}
