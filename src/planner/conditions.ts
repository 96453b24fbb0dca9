import { Kind, type DirectiveNode } from 'graphql';
import type { Condition } from './plan.ts';

/**
 * What `@skip` and `@include` add to the conditions around a selection; null where the selection can never hold.
 *
 * @see {@link https://spec.graphql.org/October2021/#sec--skip | GraphQL, 3.13.1 skip}
 */
export function conditionsOf(
  directives: readonly DirectiveNode[] | undefined,
  around: readonly Condition[],
): readonly Condition[] | null {
  let conditions: readonly Condition[] | null = around;
  for (const { name, arguments: args } of directives ?? []) {
    if (name.value !== 'skip' && name.value !== 'include') continue;
    const wanted = name.value === 'include';
    const value = args?.find((argument) => argument.name.value === 'if')?.value;
    if (value?.kind === Kind.BOOLEAN && value.value !== wanted) return null;
    if (value?.kind === Kind.VARIABLE)
      conditions = withCondition(conditions, { variable: value.name.value, is: wanted });
    if (conditions === null) return null;
  }
  return conditions;
}

/** Sorted by variable, without duplicates; null on a contradiction. */
export function withCondition(conditions: readonly Condition[], added: Condition): readonly Condition[] | null {
  const same = conditions.find(({ variable }) => variable === added.variable);
  if (same) return same.is === added.is ? conditions : null;
  return [...conditions, added].toSorted((a, b) => (a.variable < b.variable ? -1 : 1));
}

export function conditionsText(conditions: readonly Condition[]): string {
  return conditions.map(({ variable, is }) => `${is ? '' : '!'}${variable}`).join('&');
}
