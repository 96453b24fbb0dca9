import { LRUCache } from 'lru-cache';
import type { Charge, Limit, Now, Outcome } from '../types.ts';

interface KnownRefusal {
  /** The very limit: one that was configured anew may have room. */
  readonly limit: Limit;
  readonly amount: number;
  readonly remaining: number;
  /** Times in milliseconds since 1970. */
  readonly retryAt: number;
  readonly resetAt: number;
  readonly forgetAt: number;
}

const maxRefusals = 10_000;
// Redis is asked again after so long, as an operator may have given more, or Redis may have lost what it counted.
const longestMs = 60_000;

/**
 * What Redis refused a moment ago, so that whoever goes on asking costs nobody a call. How much is used only grows until
 * the time that Redis gave, so that the refusal is certain until then.
 */
export class KnownRefusals {
  readonly #refusals: LRUCache<string, KnownRefusal>;
  readonly #now: Now;

  constructor(now: Now, maxKeys: number) {
    this.#now = now;
    this.#refusals = new LRUCache({ max: Math.min(maxKeys, maxRefusals) });
  }

  get isEmpty(): boolean {
    return this.#refusals.size === 0;
  }

  /** An outcome of Redis, without room. That of `concurrency` says nothing of the next moment. */
  keep(key: string, { charge: { limit, amount }, remaining, resetMs, retryAfterMs }: Outcome): void {
    if (limit.algorithm.kind === 'concurrency' || limit.mode === 'measure') return;
    const now = this.#now();
    this.#refusals.set(key, {
      limit,
      amount,
      remaining,
      retryAt: now + retryAfterMs,
      resetAt: now + resetMs,
      forgetAt: now + Math.min(retryAfterMs, longestMs),
    });
  }

  /** The outcome of a charge that is certain to be refused. */
  find(key: string, charge: Charge): Outcome | undefined {
    const known = this.#refusals.get(key);
    if (known === undefined) return undefined;
    const now = this.#now();
    if (now >= known.forgetAt || known.limit !== charge.limit) {
      this.#refusals.delete(key);
      return undefined;
    }
    if (charge.amount < known.amount) return undefined;
    return {
      charge,
      hasRoom: false,
      remaining: known.remaining,
      resetMs: Math.max(0, known.resetAt - now),
      retryAfterMs: Math.max(1, known.retryAt - now),
      by: 'store',
    };
  }
}
