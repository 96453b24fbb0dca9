import { Kind, type DirectiveNode } from 'graphql';
import type { Condition } from '../../planner/plan.ts';

/**
 * The conditions around a selection with those of its own `@skip` and `@include`; null where they can never hold together.
 *
 * @see {@link https://spec.graphql.org/October2021/#sec--skip | GraphQL, 3.13.1 skip}
 */
export function conditionsWith(
  around: readonly Condition[],
  directives: readonly DirectiveNode[] | undefined,
): readonly Condition[] | null {
  let all: readonly Condition[] = around;
  for (const { name, arguments: args } of directives ?? []) {
    if (name.value !== 'skip' && name.value !== 'include') continue;
    const is = name.value === 'include';
    const value = args?.find((argument) => argument.name.value === 'if')?.value;
    if (value?.kind === Kind.BOOLEAN && value.value !== is) return null;
    if (value?.kind !== Kind.VARIABLE) continue;
    const variable = value.name.value;
    const known = all.find((each) => each.variable === variable);
    if (known && known.is !== is) return null;
    if (!known) all = [...all, { variable, is }].toSorted((a, b) => (a.variable < b.variable ? -1 : 1));
  }
  return all;
}

/** One text for equal conditions; empty for none. */
export function textOfConditions(conditions: readonly Condition[]): string {
  return conditions.map(({ variable, is }) => `${is ? '' : '!'}${variable}`).join('&');
}
