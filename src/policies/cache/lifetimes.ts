import type { ExecutionResult } from 'graphql';
import type { Examined } from './examine.ts';
import type { Rules } from './rules.ts';

export interface LifetimeOf {
  readonly key: string;
  readonly errors: ExecutionResult['errors'];
  /** Whose answer it is; undefined where it is everyone's. */
  readonly session: string | undefined;
  /** How long it may be kept at most, in milliseconds. */
  readonly maxAgeMs: number;
}

interface Usual {
  /** In milliseconds, by whether the answer is one caller's; 0: not to be kept. */
  everyones: number | undefined;
  callers: number | undefined;
}

/**
 * How long the rules let answers be kept. Of an answer without errors they look at nothing but its operation, and at whether
 * there is a session, not which: so they are asked once for each of the two.
 */
export class Lifetimes {
  readonly #rules: Rules;
  readonly #usual = new WeakMap<Examined, Usual>();

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** In milliseconds; 0: the answer is not to be kept. */
  of(examined: Examined, asked: LifetimeOf): number {
    const { errors, maxAgeMs } = asked;
    if (errors) return this.#judge(examined, asked);
    return Math.min(this.#usualOf(examined, asked), maxAgeMs);
  }

  #usualOf(examined: Examined, asked: LifetimeOf): number {
    let usual = this.#usual.get(examined);
    if (!usual) this.#usual.set(examined, (usual = { everyones: undefined, callers: undefined }));
    const of = isSession(asked.session) ? 'callers' : 'everyones';
    return (usual[of] ??= this.#judge(examined, { ...asked, maxAgeMs: Infinity }));
  }

  #judge({ document, types }: Examined, { key, errors, session, maxAgeMs }: LifetimeOf): number {
    // Types are enough for a time; the objects are in the tags.
    return this.#rules.judgeQuery({ document, errors, key, entities: types, session, maxAgeMs })?.ttlMs ?? 0;
  }
}

/** As the rules take it: an empty one is none. */
function isSession(session: string | undefined): boolean {
  return session !== undefined && session !== '';
}
