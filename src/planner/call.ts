import type { Draft } from './draft.ts';

/** Drafts that travel in one upstream request. */
export interface Call {
  readonly upstream: number;
  /** In the order in which they were drafted. */
  readonly drafts: readonly Draft[];
}

/** Calls by the drafts they carry, with the calls that each needs. */
export class CallGraph {
  readonly calls: readonly Call[];
  readonly #carrying = new Map<Draft, Call>();
  readonly #before = new Map<Call, ReadonlySet<Call>>();
  readonly #levels = new Map<Call, number>();

  constructor(calls: readonly Call[]) {
    this.calls = calls;
    for (const call of calls) for (const draft of call.drafts) this.#carrying.set(draft, call);
  }

  /** Calls whose answers a call needs, without itself. */
  before(call: Call): ReadonlySet<Call> {
    const known = this.#before.get(call);
    if (known) return known;
    const before = new Set<Call>();
    for (const draft of call.drafts) {
      for (const needed of draft.after) {
        const carrier = this.#carrying.get(needed);
        if (carrier && carrier !== call) before.add(carrier);
      }
    }
    this.#before.set(call, before);
    return before;
  }

  /** The earliest wave that a call can be made in, from 0. */
  level(call: Call): number {
    const known = this.#levels.get(call);
    if (known !== undefined) return known;
    let level = 0;
    for (const needed of this.before(call)) level = Math.max(level, this.level(needed) + 1);
    this.#levels.set(call, level);
    return level;
  }

  /** Number of waves. */
  depth(): number {
    return this.calls.reduce((depth, call) => Math.max(depth, this.level(call) + 1), 0);
  }

  /** Whether `late` needs `early`, directly or not. */
  needs(late: Call, early: Call, seen = new Set<Call>()): boolean {
    for (const needed of this.before(late)) {
      if (needed === early) return true;
      if (this.level(needed) <= this.level(early) || seen.has(needed)) continue;
      seen.add(needed);
      if (this.needs(needed, early, seen)) return true;
    }
    return false;
  }
}
