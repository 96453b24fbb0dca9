import type { RawVariables } from './raw-variables.ts';

/** More points than anything may cost: sums and products end here, and stay exact integers. */
export const maxPoints = Number.MAX_SAFE_INTEGER;

/** A number that is known when an operation is compiled (`fixed`), or for each request anew (in a slot). */
export type Term =
  | { readonly fixed: number; readonly slot?: never }
  | { readonly slot: number; readonly fixed?: never };

/** The numbers of one request, by slot. */
export type Values = Float64Array;

type Step = (values: Values, variables: RawVariables) => number;

export const zero: Term = { fixed: 0 };
export const one: Term = { fixed: 1 };

export function fixed(number: number): Term {
  return { fixed: Math.min(number, maxPoints) };
}

/** The number of a term; `values` of `Terms.evaluate`. */
export function numberOf(term: Term, values: Values): number {
  return term.slot === undefined ? term.fixed : (values[term.slot] ?? 0);
}

/**
 * Arithmetic that is done at once where it can be, and written down for each request where variables decide. A term that
 * many use is computed once. All numbers are 0 or more; nothing exceeds `maxPoints`.
 */
export class Terms {
  readonly #steps: Step[] = [];
  #values: Values = new Float64Array(0);

  /** Whether nothing depends on variables. */
  get isFixed(): boolean {
    return this.#steps.length === 0;
  }

  /** The numbers for these variables, good until the next call: one array serves all requests, as nothing waits here. */
  evaluate(variables: RawVariables): Values {
    const steps = this.#steps;
    if (this.#values.length !== steps.length) this.#values = new Float64Array(steps.length);
    const values = this.#values;
    // A step reads only slots before its own.
    for (let slot = 0; slot < steps.length; slot++) values[slot] = (steps[slot] as Step)(values, variables);
    return values;
  }

  /** A number that each request has its own of: 0 or more. */
  read(step: (variables: RawVariables) => number): Term {
    return this.#slot((_, variables) => Math.min(step(variables), maxPoints));
  }

  sum(terms: readonly Term[]): Term {
    const { base, slots, only } = split(terms);
    const start = base.reduce((total, number) => Math.min(total + number, maxPoints), 0);
    if (slots.length === 0) return { fixed: start };
    if (start === 0 && only) return only;
    return this.#slot((values) => {
      let total = start;
      for (const slot of slots) total += values[slot] ?? 0;
      return Math.min(total, maxPoints);
    });
  }

  max(terms: readonly Term[]): Term {
    const { base, slots, only } = split(terms);
    const start = base.reduce((most, number) => Math.max(most, number), 0);
    if (slots.length === 0) return { fixed: start };
    if (start === 0 && only) return only;
    return this.#slot((values) => {
      let most = start;
      for (const slot of slots) most = Math.max(most, values[slot] ?? 0);
      return most;
    });
  }

  product(a: Term, b: Term): Term {
    if (a.slot === undefined && b.slot === undefined) return fixed(a.fixed * b.fixed);
    if (a.fixed === 0 || b.fixed === 0) return zero;
    if (a.fixed === 1) return b;
    if (b.fixed === 1) return a;
    return this.#slot((values) => Math.min(numberOf(a, values) * numberOf(b, values), maxPoints));
  }

  /** `term` where the condition holds, else 0. Undefined: it always holds. */
  when(holds: ((variables: RawVariables) => boolean) | undefined, term: Term): Term {
    if (!holds || term.fixed === 0) return term;
    return this.#slot((values, variables) => (holds(variables) ? numberOf(term, values) : 0));
  }

  #slot(step: Step): Term {
    this.#steps.push(step);
    return { slot: this.#steps.length - 1 };
  }
}

function split(terms: readonly Term[]): {
  readonly base: readonly number[];
  readonly slots: readonly number[];
  /** The term in a slot, where there is just one. */
  readonly only: Term | undefined;
} {
  const inSlots = terms.filter(({ slot }) => slot !== undefined);
  const slots = inSlots.flatMap(({ slot }) => slot ?? []);
  return {
    base: terms.flatMap((term) => term.fixed ?? []),
    slots,
    only: inSlots.length === 1 ? inSlots[0] : undefined,
  };
}
