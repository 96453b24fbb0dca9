import { randomUUID } from 'node:crypto';
import type { CacheConfig } from '../config/cache-types.ts';
import { TurnoverMap } from '../lib/turnover-map.ts';
import type { Redis } from '../redis/connect.ts';
import { everything, Invalidations } from './invalidations.ts';
import { endOfEntry, sizeOfBody } from './memory/entry-size.ts';
import { MemoryStore } from './memory/memory-store.ts';
import { defineCacheCommands } from './redis/commands.ts';
import { readMessage } from './redis/message.ts';
import { RemoteStore, type ToStore } from './redis/remote-store.ts';
import { Subscription } from './redis/subscription.ts';
import type { CacheCounts, CacheStore, Claims, Entry, Found, Stamp } from './types.ts';

/*
 * Entries come in by `set` and go out by `get`: from memory, which is bounded in bytes, or from Redis behind it, which all
 * instances share. It never knows what an entry is an answer to, and never makes a request fail or wait for long.
 */

export interface CacheStoreOptions {
  /** Undefined: memory alone. Its owner closes it, after the store. */
  readonly redis: Redis | undefined;
  readonly config: Pick<CacheConfig, 'maxBytes' | 'maxEntryBytes' | 'timeoutMs'>;
  /** Whether this instance hears of the invalidations of others. Default true. */
  readonly subscribe?: boolean;
}

/** Empty memory in front of what is in Redis already. */
export function createCacheStore(options: CacheStoreOptions): CacheStore {
  const store = new LayeredStore(options);
  const stamp = (): Stamp => performance.now();
  return {
    own: { get: (key) => store.getOwn(key), set: (key, entry, since) => store.setOwn(key, entry, since), stamp },
    get: (key, claims) => store.get(key, claims),
    stamp,
    set: (key, entry, since, claims) => store.set({ key, entry, since, claim: claims?.heldFor(key) }),
    written: (key) => store.written(key),
    delete: (key) => store.delete(key),
    encoded: (key, entry, coding) => store.memory.encoded(key, entry, coding),
    invalidate: async (tags) => store.invalidate(tags),
    clear: async () => store.invalidate([everything]),
    counts: () => store.counts(),
    close: async () => store.close(),
  };
}

class LayeredStore {
  readonly memory: MemoryStore;
  readonly #maxEntryBytes: number;
  readonly #invalidations = new Invalidations();
  readonly #remote: RemoteStore | undefined;
  readonly #subscription: Subscription | undefined;
  readonly #self = randomUUID();
  // Look-ups under way, by key. Who is not in it any more must not fill memory.
  readonly #asking = new TurnoverMap<string, Promise<Found | undefined>>();
  readonly #stopListening: () => void;
  #hits = 0;
  #misses = 0;

  constructor({ redis, config, subscribe = true }: CacheStoreOptions) {
    this.memory = new MemoryStore(config.maxBytes);
    this.#maxEntryBytes = config.maxEntryBytes;
    if (redis === undefined) {
      this.#stopListening = () => {};
      return;
    }
    const remote = new RemoteStore({
      commands: defineCacheCommands(redis),
      timeoutMs: config.timeoutMs,
      invalidations: this.#invalidations,
      self: this.#self,
      onMissed: (tag) => this.#drop(tag),
    });
    const connected = (): void => remote.connected();
    redis.on('ready', connected);
    this.#stopListening = () => void redis.off('ready', connected);
    this.#remote = remote;
    if (!subscribe) return;
    const onMessage = (text: string): void => this.#hear(text);
    this.#subscription = new Subscription({ redis, onMessage, onHearing: () => this.#forget(remote) });
  }

  get(key: string, claims: Claims | undefined): Found | undefined | Promise<Found | undefined> {
    const now = Date.now();
    const kept = this.memory.get(key, now);
    // Where it is not fresh any more, another instance may have a newer one.
    const isFresh = kept !== undefined && kept.entry.freshUntil > now;
    if (!isFresh && this.#remote?.isUp()) return this.#ask(key, this.#remote, claims);
    return this.#count(kept?.found);
  }

  set(given: ToStore): void {
    const { key, entry, since } = given;
    // Redis is told them: made now they are counted with the entry, and of what it was made of.
    if (this.#remote !== undefined && entry.hasTagsAtHand === false) void entry.tags;
    if (this.setOwn(key, entry, since)) this.#remote?.store(given);
  }

  getOwn(key: string): Found | undefined {
    return this.#count(this.memory.get(key, Date.now())?.found);
  }

  /** Whether it is kept. */
  setOwn(key: string, entry: Entry, since: Stamp): boolean {
    if (sizeOfBody(entry) > this.#maxEntryBytes) return false;
    if (!this.#invalidations.isQuietSince(since) && !this.#invalidations.mayStore(entry.tags, since)) return false;
    this.#asking.delete(key);
    this.memory.set(key, entry, Date.now());
    return true;
  }

  written(key: string): Promise<void> | undefined {
    return this.#remote?.written(key);
  }

  delete(key: string): void {
    this.#asking.delete(key);
    this.memory.delete(key);
    this.#remote?.remove(key);
  }

  /** What is done here is done when this returns its promise. */
  invalidate(given: readonly string[]): Promise<void> {
    const tags = [...new Set(given)];
    for (const tag of tags) this.#drop(tag);
    if (this.#remote !== undefined && tags.length > 0) return this.#remote.invalidate(tags);
    this.#invalidations.hear({ tags, version: '' }, performance.now());
    return Promise.resolve();
  }

  counts(): CacheCounts {
    const { entries, bytes } = this.memory;
    const failures = this.#remote?.failures ?? 0;
    return { hits: this.#hits, misses: this.#misses, entries, bytes, failures };
  }

  close(): void {
    this.#stopListening();
    this.#subscription?.close();
    this.#remote?.close();
  }

  #ask(key: string, remote: RemoteStore, claims: Claims | undefined): Promise<Found | undefined> {
    const running = this.#asking.get(key);
    if (running !== undefined) return running.then((found) => this.#count(found));
    const since = performance.now();
    const asking: Promise<Found | undefined> = remote.find(key, claims).then((entry) => {
      const isCurrent = this.#asking.get(key) === asking;
      if (isCurrent) this.#asking.delete(key);
      return this.#choose(key, isCurrent ? entry : undefined, since);
    });
    this.#asking.set(key, asking);
    return asking.then((found) => this.#count(found));
  }

  /** What came of a look-up in Redis, or what memory has by now: the newer one. */
  #choose(key: string, entry: Entry | undefined, since: Stamp): Found | undefined {
    const now = Date.now();
    const kept = this.memory.get(key, now);
    if (entry === undefined || endOfEntry(entry) <= now) return kept?.found;
    if (kept !== undefined && kept.entry.madeAt >= entry.madeAt) return kept.found;
    if (!this.#invalidations.mayBelieve(entry.tags, since)) return kept?.found;
    if (sizeOfBody(entry) <= this.#maxEntryBytes) this.memory.set(key, entry, now);
    return { entry, in: 'redis' };
  }

  #count(found: Found | undefined): Found | undefined {
    if (found === undefined) this.#misses += 1;
    else this.#hits += 1;
    return found;
  }

  #hear(text: string): void {
    const message = readMessage(text);
    if (message === undefined || message.by === this.#self) return;
    this.#invalidations.hear(message, performance.now());
    for (const tag of message.tags) this.#drop(tag);
  }

  /** Some invalidation may have been missed. */
  #forget(remote: RemoteStore): void {
    this.#invalidations.miss(performance.now());
    this.memory.clear();
    void remote.learn();
  }

  #drop(tag: string): void {
    if (tag === everything) this.memory.clear();
    else this.memory.deleteTag(tag);
  }
}
