import { conditionsText } from '../conditions.ts';
import type { Condition, Selection } from '../plan.ts';

/** Conditions that all selections share are taken from them, so that a call nobody needs is not made. */
export function liftConditions(selections: readonly Selection[]): {
  readonly conditions: readonly Condition[];
  readonly selections: readonly Selection[];
} {
  const conditions = commonConditions(selections.map(conditionsAbove));
  return {
    conditions,
    selections: conditions.length === 0 ? selections : selections.map((one) => without(one, conditions)),
  };
}

/** Conditions that are in every list. */
export function commonConditions(lists: readonly (readonly Condition[])[]): readonly Condition[] {
  const [first, ...others] = lists;
  return (first ?? []).filter((condition) => others.every((list) => has(list, condition)));
}

/** The list without those conditions. */
export function withoutConditions(list: readonly Condition[], removed: readonly Condition[]): readonly Condition[] {
  return list.filter((condition) => !has(removed, condition));
}

function has(list: readonly Condition[], condition: Condition): boolean {
  return list.some((other) => conditionsText([other]) === conditionsText([condition]));
}

/** Conditions that hold for a selection as a whole. */
function conditionsAbove(selection: Selection): readonly Condition[] {
  if (selection.select === 'field') return selection.conditions;
  return commonConditions(selection.selections.map(conditionsAbove));
}

function without(selection: Selection, removed: readonly Condition[]): Selection {
  if (selection.select === 'field')
    return { ...selection, conditions: withoutConditions(selection.conditions, removed) };
  return { ...selection, selections: selection.selections.map((inner) => without(inner, removed)) };
}
