import { visit, type ASTNode, type DocumentNode, type OperationDefinitionNode } from 'graphql';

const schemaFields: ReadonlySet<string> = new Set(['__schema', '__type']);

/**
 * Whether an operation asks for `__schema` or `__type` anywhere, whatever its conditions say: by any alias, and through any
 * fragment.
 */
export function asksSchema(document: DocumentNode, operation: OperationDefinitionNode): boolean {
  return asksFor(document, operation, schemaFields);
}

/** Whether an operation asks for a field of one of the names anywhere, of whatever type. */
export function asksFor(
  { definitions }: DocumentNode,
  operation: OperationDefinitionNode,
  names: ReadonlySet<string>,
): boolean {
  const seen = new Set<string>();
  const asks = (node: ASTNode): boolean => {
    let found = false;
    visit(node, {
      Field: ({ name }) => {
        found ||= names.has(name.value);
      },
      FragmentSpread: ({ name }) => {
        if (found || seen.has(name.value)) return;
        seen.add(name.value);
        found = definitions.some(
          (other) => other.kind === 'FragmentDefinition' && other.name.value === name.value && asks(other),
        );
      },
    });
    return found;
  };
  return asks(operation);
}
