import { TurnoverMap } from '../lib/turnover-map.ts';
import type { Stamp } from './types.ts';

/** The tag that every entry has, though none names it. No tag of a configuration or schema can be this one. */
export const everything = '\0';

/** Entries that have one of these tags and were begun before are no good. */
export interface Invalidation {
  readonly tags: readonly string[];
  /** The version that Redis has for these tags since then; never used twice, by any instance. */
  readonly version: string;
}

interface Known {
  readonly version: string | undefined;
  /** What was begun by then must not be stored. */
  readonly at: Stamp;
  /** What was asked of Redis by then must not be believed; `at` or later. */
  readonly settledAt: Stamp;
}

/**
 * The invalidations that this instance knows of: its own and those it was told of. Bounded: of those that are forgotten,
 * it is remembered when the last was, and all that was begun before then is refused.
 *
 * Times are stamps (`performance.now()`), so that a clock that is set back changes nothing. What happened at the very same
 * moment counts as before.
 */
export class Invalidations {
  readonly #maxTags: number;
  readonly #known = new TurnoverMap<string, Known>();
  // Own invalidations that Redis may not have yet, by tag: how many.
  readonly #pending = new TurnoverMap<string, number>();
  #floor: Stamp = -Infinity;
  // Of all that are or were known.
  #latest: Stamp = -Infinity;

  /** @param maxTags How many tags are remembered one by one. Default 10,000. */
  constructor(maxTags = 10_000) {
    this.#maxTags = maxTags;
  }

  /** How many tags are remembered. */
  get size(): number {
    return this.#known.size;
  }

  /** One of this instance's own: until `settle`, nothing that Redis says of these tags is believed. */
  begin(tags: readonly string[], now: Stamp): void {
    for (const tag of tags) {
      this.#pending.set(tag, (this.#pending.get(tag) ?? 0) + 1);
      this.#remember(tag, { version: undefined, at: now, settledAt: now });
    }
  }

  /** Redis has it, under this version; undefined: what stands for it in its place is still pending. */
  settle(tags: readonly string[], version: string | undefined, now: Stamp): void {
    for (const tag of tags) {
      const left = (this.#pending.get(tag) ?? 1) - 1;
      if (left === 0) this.#pending.delete(tag);
      else this.#pending.set(tag, left);
      this.#remember(tag, { version, at: this.#known.get(tag)?.at ?? now, settledAt: now });
    }
  }

  /** Another instance's, which Redis has. */
  hear({ tags, version }: Invalidation, now: Stamp): void {
    for (const tag of tags) this.#remember(tag, { version, at: now, settledAt: now });
  }

  /** There may have been any, of which nothing was heard. */
  miss(now: Stamp): void {
    this.#floor = now;
    this.#latest = Math.max(this.#latest, now);
  }

  /** Whether nothing at all was made invalid since: then `mayStore` holds for all tags, and none has to be looked at. */
  isQuietSince(since: Stamp): boolean {
    return since > this.#latest;
  }

  /** Whether what was begun at `since` may be stored: no invalidation of its tags came since. */
  mayStore(tags: readonly string[], since: Stamp): boolean {
    if (since <= this.#floor || this.#isAfter(everything, since)) return false;
    for (const tag of tags) if (this.#isAfter(tag, since)) return false;
    return true;
  }

  /** Whether what Redis was asked for at `since` may be believed: each invalidation known here was there before. */
  mayBelieve(tags: readonly string[], since: Stamp): boolean {
    // The same, at once: none is pending, and each that is known was settled before.
    if (this.#pending.size === 0 && since > this.#latest) return true;
    if (since <= this.#floor || !this.#isSettled(everything, since)) return false;
    for (const tag of tags) if (!this.#isSettled(tag, since)) return false;
    return true;
  }

  /** Since the last invalidation of the tag that is remembered. */
  versionOf(tag: string): string | undefined {
    return this.#known.get(tag)?.version;
  }

  /** Of the tags, in their order; undefined where none of them is remembered with one. */
  versionsOf(tags: readonly string[]): readonly (string | undefined)[] | undefined {
    if (this.#known.size === 0) return undefined;
    const versions = tags.map((tag) => this.versionOf(tag) || undefined);
    return versions.some((version) => version !== undefined) ? versions : undefined;
  }

  #isAfter(tag: string, since: Stamp): boolean {
    const known = this.#known.get(tag);
    return known !== undefined && known.at >= since;
  }

  #isSettled(tag: string, since: Stamp): boolean {
    if (this.#pending.size > 0 && this.#pending.get(tag) !== undefined) return false;
    const known = this.#known.get(tag);
    return known === undefined || known.settledAt < since;
  }

  #remember(tag: string, known: Known): void {
    this.#latest = Math.max(this.#latest, known.settledAt);
    // To the end: the first is the one that is forgotten.
    this.#known.delete(tag);
    this.#known.set(tag, known);
    if (this.#known.size <= this.#maxTags) return;
    for (const oldest of this.#known.keys()) {
      this.#floor = Math.max(this.#floor, this.#known.get(oldest)?.settledAt ?? -Infinity);
      this.#known.delete(oldest);
      break;
    }
  }
}
