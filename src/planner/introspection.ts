import {
  Kind,
  print,
  visit,
  type ASTNode,
  type DefinitionNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql';

/** A query of these fields alone, with the fragments and variables they use; undefined where there are none. */
export function introspectionText(
  operation: OperationDefinitionNode,
  fields: readonly FieldNode[],
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): string | undefined {
  if (fields.length === 0) return undefined;
  const used = new Set<FragmentDefinitionNode>();
  const variables = new Set<string>();
  const collect = (node: ASTNode): void => {
    visit(node, {
      Variable: ({ name }) => void variables.add(name.value),
      FragmentSpread: ({ name }) => {
        const fragment = fragments.get(name.value);
        if (!fragment || used.has(fragment)) return;
        used.add(fragment);
        collect(fragment);
      },
    });
  };
  for (const field of fields) collect(field);
  const query: DefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    operation: operation.operation,
    variableDefinitions: (operation.variableDefinitions ?? []).filter(({ variable }) =>
      variables.has(variable.name.value),
    ),
    selectionSet: { kind: Kind.SELECTION_SET, selections: [...new Set(fields)] },
  };
  return print({ kind: Kind.DOCUMENT, definitions: [query, ...used] });
}
