import type { CacheStore, Entry, Found } from '../../src/cache/types.ts';

export interface MapCacheStore extends CacheStore {
  /** What is kept, by key. */
  readonly entries: ReadonlyMap<string, Entry>;
}

/**
 * A store in memory alone, without bound, whose time is told: for what is kept and when, not for how.
 *
 * @param isRemote Whether it answers by promises, as one does that has to ask elsewhere. Default false.
 */
export function createMapCacheStore(now: () => number, isRemote = false): MapCacheStore {
  const entries = new Map<string, Entry>();
  const invalidated = new Map<string, number>();
  let stamps = 0;
  const drop = (matches: (entry: Entry) => boolean): void => {
    for (const [key, entry] of entries) if (matches(entry)) entries.delete(key);
  };
  const find = (key: string): Found | undefined => {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    const { freshUntil, staleUntil, staleIfErrorUntil, keptUntil = 0 } = entry;
    const until = Math.max(freshUntil, staleUntil, staleIfErrorUntil, keptUntil);
    return now() < until ? { entry, in: isRemote ? 'redis' : 'memory' } : undefined;
  };
  const stamp = (): number => (stamps += 1);
  const set: CacheStore['set'] = (key, entry, since) => {
    if (entry.tags.every((tag) => (invalidated.get(tag) ?? -1) < since)) entries.set(key, entry);
  };
  return {
    entries,
    own: { get: find, set, stamp },
    get: (key) => (isRemote ? Promise.resolve(find(key)) : find(key)),
    stamp,
    set,
    written: () => undefined,
    delete: (key) => void entries.delete(key),
    encoded: (_key, entry) => entry.body,
    invalidate: async (tags) => {
      stamps += 1;
      for (const tag of tags) invalidated.set(tag, stamps);
      drop((entry) => entry.tags.some((tag) => tags.includes(tag)));
    },
    clear: async () => entries.clear(),
    counts: () => ({ hits: 0, misses: 0, entries: entries.size, bytes: 0, failures: 0 }),
    close: async () => {},
  };
}
