import { conditionsText, withCondition } from './conditions.ts';
import type { Condition } from './plan.ts';

/** Lists of conditions of which at least one must hold as a whole; empty: always. Never is null. */
export type Alternatives = readonly (readonly Condition[])[];

/** All conditions at once; null on a contradiction. */
export function all(conditions: readonly Condition[]): readonly Condition[] | null {
  return conditions.reduce<readonly Condition[] | null>((held, next) => held && withCondition(held, next), []);
}

/** Where one or the other holds. */
export function either(a: Alternatives | null, b: Alternatives | null): Alternatives | null {
  if (a === null || b === null) return a ?? b;
  if (a.length === 0 || b.length === 0) return [];
  return distinct([...a, ...b]);
}

/** Where the first holds and the second does not. */
export function exclude(a: Alternatives | null, b: Alternatives | null): Alternatives | null {
  if (a === null || b === null) return a;
  if (b.length === 0) return null;
  let left: Alternatives = a.length === 0 ? [[]] : a;
  for (const conditions of b) {
    const failing = conditions.map(({ variable, is }) => ({ variable, is: !is }));
    left = distinct(left.flatMap((held) => failing.flatMap((condition) => both(held, condition))));
  }
  if (left.length === 0) return null;
  return left.some((held) => held.length === 0) ? [] : left;
}

function both(held: readonly Condition[], condition: Condition): Alternatives {
  const together = withCondition(held, condition);
  return together ? [together] : [];
}

function distinct(lists: Alternatives): Alternatives {
  return [...new Map(lists.map((list) => [conditionsText(list), list])).values()];
}
