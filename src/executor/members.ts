import type { Selection } from '../planner/plan.ts';

/** What a fetch gives to one object: each member, and the members of what lies below it. */
export interface Member {
  readonly dataKey: string;
  /** Name and arguments: members of one name that differ in it are different fields. */
  readonly field: string;
  /** Empty for leaves. */
  readonly members: readonly Member[];
}

/** The members that selections give, fragments folded in. Conditions play no part: what was not asked does not come. */
export function membersOf(selections: readonly Selection[]): readonly Member[] {
  const byKey = new Map<string, { readonly field: string; readonly below: Selection[] }>();
  const add = (selection: Selection): void => {
    if (selection.select === 'fragment') {
      for (const inner of selection.selections) add(inner);
      return;
    }
    const { dataKey, name, arguments: args, selections: below } = selection;
    const field = `${name}(${args.map((argument) => `${argument.name}:${argument.value}`).join()})`;
    const known = byKey.get(dataKey);
    if (known) known.below.push(...below);
    else byKey.set(dataKey, { field, below: [...below] });
  };
  for (const selection of selections) add(selection);
  return [...byKey].map(([dataKey, { field, below }]) => ({ dataKey, field, members: membersOf(below) }));
}
