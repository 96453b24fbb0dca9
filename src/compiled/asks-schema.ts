import { visit, type ASTNode, type DocumentNode, type OperationDefinitionNode } from 'graphql';

/**
 * Whether an operation asks for `__schema` or `__type` anywhere, whatever its conditions say: by any alias, and through any
 * fragment.
 */
export function asksSchema({ definitions }: DocumentNode, operation: OperationDefinitionNode): boolean {
  const seen = new Set<string>();
  const asks = (node: ASTNode): boolean => {
    let found = false;
    visit(node, {
      Field: ({ name }) => {
        found ||= name.value === '__schema' || name.value === '__type';
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
