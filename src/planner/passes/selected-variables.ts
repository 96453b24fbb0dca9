import type { Selection } from '../plan.ts';

/** Names of the variables that selections use, in arguments and conditions. */
export function selectedVariables(selections: readonly Selection[], into = new Set<string>()): ReadonlySet<string> {
  for (const selection of selections) {
    if (selection.select === 'field') {
      for (const name of selection.variables) into.add(name);
      for (const { variable } of selection.conditions) into.add(variable);
    }
    selectedVariables(selection.selections, into);
  }
  return into;
}
