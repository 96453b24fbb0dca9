import type { Condition } from '../planner/plan.ts';
import { own } from './quote.ts';

/** Coerced values of the client's variables, by name. */
export type Values = Readonly<Record<string, unknown>>;

/** Whether all conditions hold. Validation saw to it that the variables are Booleans. */
export function allHold(conditions: readonly Condition[], values: Values): boolean {
  return conditions.every(({ variable, is }) => (own(values, variable) === true) === is);
}

/** Whether one list of conditions holds as a whole; an empty list of lists always does. */
export function anyHolds(alternatives: readonly (readonly Condition[])[], values: Values): boolean {
  return alternatives.length === 0 || alternatives.some((conditions) => allHold(conditions, values));
}
