import { print, type OperationDefinitionNode } from 'graphql';
import { valueText } from '../composition/join-graph/value-text.ts';
import type { OperationField } from './operation.ts';
import type { VariableUse } from './plan.ts';

/** The declared variables that the fields use, in the order of declaration. */
export function usedVariables(
  node: OperationDefinitionNode,
  fields: readonly OperationField[],
): readonly VariableUse[] {
  const used = new Set<string>();
  collect(fields, used);
  return (node.variableDefinitions ?? [])
    .filter(({ variable }) => used.has(variable.name.value))
    .map(({ variable, type, defaultValue }) => ({
      name: variable.name.value,
      type: print(type),
      ...(defaultValue && { default: valueText(defaultValue) }),
    }));
}

function collect(fields: readonly OperationField[], used: Set<string>): void {
  for (const field of fields) {
    for (const name of field.variables) used.add(name);
    for (const { variable } of field.conditions) used.add(variable);
    if (field.fields) collect(field.fields, used);
  }
}
