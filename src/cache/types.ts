import type { CodedBody } from '../lib/kept-answer.ts';

/** The words of caching: an entry is kept under a key, with tags by which it can be made invalid. */

/** A content coding whose form of a body is kept. */
export type Coding = 'identity' | 'br' | 'gzip' | 'zstd';

/** One kept answer. Never changed once it is kept, but for its compressed forms. */
export interface Entry {
  /** HTTP status. */
  readonly status: number;
  /** Fields of the answer that belong to it, lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array;
  /** The body, where it is ASCII alone and at hand as text: `body` is then made anew whenever it is asked for. */
  readonly text?: string | undefined;
  /** Milliseconds since 1970: when it was made, by this instance's clock (RFC 9111, 4.2.3: its age then counted in). */
  readonly madeAt: number;
  /** Until when it is fresh, milliseconds since 1970. */
  readonly freshUntil: number;
  /** Until when it may be served while a new one is made, and where no new one can be had; `freshUntil` or later. */
  readonly staleUntil: number;
  readonly staleIfErrorUntil: number;
  /** Until when it is kept, where that is longer than it may be served: it can be asked about (RFC 9111, 4.3). Default: the latest of the above. */
  readonly keptUntil?: number;
  /** `Type`, `Type:id`, `route:/api`, or what `@cacheTag` says; each at most 256 characters. */
  readonly tags: readonly string[];
  /** False while `tags` have still to be made, which costs as much as reading the body. Default true. */
  readonly hasTagsAtHand?: boolean;
}

/** How an entry was found. */
export interface Found {
  readonly entry: Entry;
  readonly in: 'memory' | 'redis';
}

/** When something began that may end in an entry: an invalidation of its tags since then keeps it from being stored. */
export type Stamp = number;

export interface CacheStore {
  /**
   * This instance's memory alone, for what is small and many: Redis is not asked, nor told. What is made invalid anywhere is
   * so here, too.
   */
  readonly own: OwnStore;
  /**
   * At once (no promise) where memory knows, or there is nothing else to ask. Never throws or rejects; outages are misses.
   *
   * @param claims Where Redis has nothing, the key is taken in the same step: for who would run work for this very key.
   */
  readonly get: (key: string, claims?: Claims) => Found | undefined | Promise<Found | undefined>;
  /** To be taken before the work begins whose result is stored. */
  readonly stamp: () => Stamp;
  /**
   * Stores, unless one of the entry's tags was made invalid after the stamp, here or on another instance. Never throws; memory
   * at once.
   *
   * @param claims Where work runs for this very key, it is let go of in the same step.
   */
  readonly set: (key: string, entry: Entry, since: Stamp, claims?: Claims) => void;
  /**
   * Resolves once what `set` writes under the key is in Redis, or could not be; undefined: nothing is being written.
   * Never rejects.
   */
  readonly written: (key: string) => Promise<void> | undefined;
  /** Here and in Redis; what other instances hold in memory stays: to be rid of that, `invalidate` a tag. */
  readonly delete: (key: string) => void;
  /** The entry's body in a coding: compressed once, and kept with it while there is room. */
  readonly encoded: (key: string, entry: Entry, coding: Exclude<Coding, 'identity'>) => CodedBody | Promise<CodedBody>;
  /**
   * Makes all entries with one of these tags invalid: here when it returns, on all instances soon (within 50 ms where Redis
   * is up). Resolves when Redis has it, or could not be reached. Never rejects.
   */
  readonly invalidate: (tags: readonly string[]) => Promise<void>;
  /** Everything. */
  readonly clear: () => Promise<void>;
  readonly counts: () => CacheCounts;
  readonly close: () => Promise<void>;
}

export interface OwnStore extends Pick<CacheStore, 'stamp'> {
  readonly get: (key: string) => Found | undefined;
  readonly set: (key: string, entry: Entry, since: Stamp) => void;
}

export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
  readonly bytes: number;
  /** Times that Redis failed or was too slow. */
  readonly failures: number;
}

/** Runs work for a key once, however many ask at the same time, over all instances as far as Redis can be reached. */
export interface SingleFlight {
  /** Whether it may reach other instances; else it merges what this process does alone. */
  readonly spansInstances: boolean;
  /** For a store on the same Redis, whose steps take a key and let go of it in passing; undefined: there are no others. */
  readonly claims: Claims | undefined;
  /**
   * The result of the running work for the key, or of `work` where none runs. What the others get is the very same value;
   * a failure is everyone's too. Nobody's leaving ends it. Over instances only where `shared` says how a result is found.
   */
  readonly run: <T>(key: string, work: () => Promise<T>, shared?: SharedResult<T>) => Promise<T>;
  readonly close: () => void;
}

/** How a store takes keys for a single flight, and lets go of them, by the commands that it sends anyway. */
export interface Claims {
  /** Called where Redis is asked for the key. Undefined: it is not to be taken. */
  readonly begin: (key: string) => Claim | undefined;
  /** Under which work for the key runs here; undefined: there is no such work, or it holds nothing. */
  readonly heldFor: (key: string) => Claim | undefined;
}

/** One instance's wish to hold a key, so that no other works for it. */
export interface Claim {
  /** Unlike that of any other claim. */
  readonly token: string;
  /** For how long it is held at most, in milliseconds. */
  readonly holdMs: number;
  /** What Redis said; called once. What is taken and not used by the end of this turn is let go of. */
  readonly settle: (state: ClaimState) => void;
  /** Redis has let go of it. */
  readonly released: () => void;
}

/** `taken`: it is held now. `held`: another holds it. `unknown`: Redis did not say. `unneeded`: there is an entry. */
export type ClaimState = 'taken' | 'held' | 'unknown' | 'unneeded';

/** How a result gets from one instance to the others: it is stored by the one that made it, and found by the rest. */
export interface SharedResult<T> {
  /** What another instance has stored meanwhile; undefined: nothing yet. Should never reject: where it does, `work` runs. */
  readonly lookAgain: () => T | undefined | Promise<T | undefined>;
  /** What to wait for, after `work`, before others are told to look: `store.written(key)`. */
  readonly written?: () => Promise<void> | undefined;
}
