import { performance } from 'node:perf_hooks';
import { LRUCache } from 'lru-cache';
import type { PersistedConfig } from '../config/limit-types.ts';
import type { Redis } from '../redis/connect.ts';
import { sha256 } from './normal-form.ts';

/** What is asked of Redis; one server, Sentinel or a Cluster. */
export type TextStore = Pick<Redis, 'get' | 'set'>;

interface Kept {
  readonly text: string;
  /** `performance.now()` of when Redis was last given it; `-Infinity`: never. */
  writtenAt: number;
}

export interface AutomaticOptions {
  readonly config: NonNullable<PersistedConfig['automatic']>;
  /** What instances share; undefined: each keeps its own. */
  readonly redis: TextStore | undefined;
  /** Longest wait for Redis, in milliseconds. Default 10. */
  readonly giveUpMs?: number;
}

/**
 * Texts that clients registered: in memory, bounded in bytes, in front of `weft:apq:<SHA-256>` in Redis. While Redis is down
 * or slow, memory alone counts. A text is registered as it comes, before anybody has parsed it, as Apollo's servers do: one
 * that does not parse costs no more than one that does, and whoever can send the one can send the other.
 */
export class AutomaticTexts {
  readonly #kept: LRUCache<string, Kept>;
  readonly #maxAgeMs: number;
  readonly #redis: TextStore | undefined;
  readonly #giveUpMs: number;

  constructor({ config, redis, giveUpMs = 10 }: AutomaticOptions) {
    this.#kept = new LRUCache({ maxSize: config.maxBytes });
    this.#maxAgeMs = config.maxAgeMs;
    this.#redis = redis;
    this.#giveUpMs = giveUpMs;
  }

  /** The text of a hash: at once where memory has it or there is no Redis. Never throws or rejects. */
  find(hash: string): string | undefined | Promise<string | undefined> {
    const kept = this.#kept.get(hash);
    if (kept !== undefined) return kept.text;
    return this.#redis === undefined || !isHash.test(hash) ? undefined : this.#ask(this.#redis, hash);
  }

  /** @param hash The text's; whoever calls has checked it. */
  register(hash: string, text: string): void {
    const kept = this.#kept.get(hash) ?? this.#keep(hash, text);
    if (this.#redis === undefined) return;
    const now = performance.now();
    if (now - kept.writtenAt < Math.min(rewriteMs, this.#maxAgeMs / 2)) return;
    kept.writtenAt = now;
    // Nobody waits for it: another instance that misses it has it registered anew.
    this.#redis.set(keyOf(hash), text, 'PX', this.#maxAgeMs).catch(() => {
      kept.writtenAt = -Infinity;
    });
  }

  #keep(hash: string, text: string): Kept {
    const kept = { text, writtenAt: -Infinity };
    this.#kept.set(hash, kept, { size: text.length * 2 + entryBytes });
    return kept;
  }

  /** An answer that is late is kept for the next who asks. */
  #ask(redis: TextStore, hash: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#giveUpMs, undefined);
      const end = (text: string | undefined): void => {
        clearTimeout(timer);
        resolve(text);
      };
      redis.get(keyOf(hash)).then(
        (text) => {
          // Whoever can write to Redis must not choose what a client's hash means.
          if (text === null || sha256(text) !== hash) return end(undefined);
          return end((this.#kept.get(hash) ?? this.#keep(hash, text)).text);
        },
        () => end(undefined),
      );
    });
  }
}

const isHash = /^[0-9a-f]{64}$/;
const entryBytes = 200;

/** A client that sends the text each time has it written so often at most. */
const rewriteMs = 60_000;

function keyOf(hash: string): string {
  return `weft:apq:${hash}`;
}
