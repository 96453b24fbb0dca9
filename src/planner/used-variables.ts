import { print, type OperationDefinitionNode } from 'graphql';
import { valueText } from '../composition/join-graph/value-text.ts';
import type { OperationField } from './operation.ts';
import type { VariableUse } from './plan.ts';

/** The declared variables that the fields use, in the order of declaration. */
export function usedVariables(
  node: OperationDefinitionNode,
  fields: readonly OperationField[],
): readonly VariableUse[] {
  const used = variableNames(fields);
  return (node.variableDefinitions ?? [])
    .filter(({ variable }) => used.has(variable.name.value))
    .map(({ variable, type, defaultValue }) => ({
      name: variable.name.value,
      type: print(type),
      ...(defaultValue && { default: valueText(defaultValue) }),
    }));
}

/** Names of the variables that the fields use, in arguments and conditions. */
export function variableNames(fields: readonly OperationField[], into = new Set<string>()): ReadonlySet<string> {
  for (const field of fields) {
    for (const name of field.variables) into.add(name);
    for (const { variable } of field.conditions) into.add(variable);
    if (field.fields) variableNames(field.fields, into);
  }
  return into;
}
