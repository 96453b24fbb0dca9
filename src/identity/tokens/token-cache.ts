import { LRUCache } from 'lru-cache';
import type { TokenCacheConfig } from '../../config/identity-types.ts';
import { TurnoverMap } from '../../lib/turnover-map.ts';
import type { Identity } from '../types.ts';

/** What came of verifying a token. */
export interface VerifiedToken {
  readonly identity: Identity;
  /** Bytes of the claims as text. */
  readonly claimsBytes: number;
  /** From when on the token must be verified anew, in milliseconds since 1970; undefined: `maxAgeMs` alone says. */
  readonly endsAtMs: number | undefined;
}

interface KeptToken {
  readonly identity: Identity;
  readonly endsAtMs: number;
}

/**
 * Verified tokens, bounded by their bytes; each is kept `maxAgeMs` at most and never past its end. So a token whose key was
 * taken out of a JWKS is good for `maxAgeMs` at most. Failures are not kept here.
 */
export class TokenCache {
  readonly #kept: LRUCache<string, KeptToken> | undefined;
  readonly #running = new TurnoverMap<string, Promise<Identity>>();
  readonly #maxAgeMs: number;
  readonly #now: () => number;

  /** @param now Milliseconds since 1970. */
  constructor({ maxBytes, maxAgeMs }: TokenCacheConfig, now: () => number) {
    this.#kept = maxBytes > 0 ? new LRUCache({ maxSize: maxBytes }) : undefined;
    this.#maxAgeMs = maxAgeMs;
    this.#now = now;
  }

  /** The identity of a token that is kept and still good. */
  find(token: string): Identity | undefined {
    const kept = this.#kept?.get(token);
    if (kept === undefined) return undefined;
    if (this.#now() < kept.endsAtMs) return kept.identity;
    this.#kept?.delete(token);
    return undefined;
  }

  /** Verifies a token and keeps what came of it. Who asks for the same token meanwhile shares the run, and its failure. */
  verify(token: string, verify: () => Promise<VerifiedToken>): Promise<Identity> {
    const running = this.#running.get(token);
    if (running !== undefined) return running;
    const started = this.#run(token, verify);
    this.#running.set(token, started);
    return started;
  }

  /** Lets go of all tokens. */
  clear(): void {
    this.#kept?.clear();
  }

  async #run(token: string, verify: () => Promise<VerifiedToken>): Promise<Identity> {
    try {
      const { identity, claimsBytes, endsAtMs = Infinity } = await verify();
      const endsAt = Math.min(endsAtMs, this.#now() + this.#maxAgeMs);
      // A text has up to two bytes a character; claims as objects have more than their text, but no more than that twice.
      this.#kept?.set(token, { identity, endsAtMs: endsAt }, { size: 2 * token.length + 2 * claimsBytes + entryBytes });
      return identity;
    } finally {
      this.#running.delete(token);
    }
  }
}

/** What an identity of no claims takes beside its token; an estimate. */
const entryBytes = 512;
