import { Kind, parseValue, print, visit, type ASTNode } from 'graphql';
import type { Plan, Selection } from './plan.ts';
import { printPlan } from './print-plan.ts';

/**
 * What clients ask, as text for operators: literals of their documents may hold what is personal. Texts are empty, numbers
 * 0, and variables have no defaults; names stay, be it of fields, aliases, arguments, variables or enum values.
 */

/** A plan as `printPlan` has it, with no literal of the client's document in it. Pure. */
export function printPlanWithoutValues(plan: Plan): string {
  const fetches = plan.fetches.map((fetch) =>
    fetch.target === 'root'
      ? { ...fetch, selections: emptied(fetch.selections) }
      : {
          ...fetch,
          targets: fetch.targets.map((target) => ({ ...target, selections: emptied(target.selections) })),
        },
  );
  return printPlan({ ...plan, fetches });
}

/** A document, or a part of it, as text with no literal in it. Pure. */
export function printWithoutValues(node: ASTNode): string {
  return print(
    visit(node, {
      VariableDefinition: (definition) => ({ ...definition, defaultValue: undefined }),
      IntValue: () => ({ kind: Kind.INT, value: '0' }),
      FloatValue: () => ({ kind: Kind.FLOAT, value: '0' }),
      StringValue: () => ({ kind: Kind.STRING, value: '' }),
    }),
  );
}

function emptied(selections: readonly Selection[]): readonly Selection[] {
  return selections.map((selection) => {
    const inner = emptied(selection.selections);
    if (selection.select === 'fragment') return { ...selection, selections: inner };
    const args = selection.arguments.map(({ name, value }) => ({
      name,
      value: printWithoutValues(parseValue(value, { noLocation: true })),
    }));
    return { ...selection, arguments: args, selections: inner };
  });
}
