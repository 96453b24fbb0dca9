import { Kind, type ConstDirectiveNode, type DefinitionNode, type DirectiveDefinitionNode } from 'graphql';

/** The directive that keeps values out of logs, traces and metrics. */
export const sensitiveName = 'sensitive';

/** On a type it speaks of every value of that type; on a field, of its arguments too. */
export const sensitiveDefinition = `directive @sensitive
  on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM | INPUT_OBJECT`;

/** Whether a node defines a directive of this name. */
export function isSensitiveDefinition(node: DefinitionNode): node is DirectiveDefinitionNode {
  return node.kind === Kind.DIRECTIVE_DEFINITION && node.name.value === sensitiveName;
}

/**
 * Whether `@sensitive` stands on a node. An upstream's own directive of that name counts, whatever arguments it has: what
 * is called sensitive is better hidden without need than told.
 */
export function isMarked(node: { readonly directives?: readonly ConstDirectiveNode[] | undefined }): boolean {
  return (node.directives ?? []).some(({ name }) => name.value === sensitiveName);
}

export const sensitiveUse: ConstDirectiveNode = {
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: sensitiveName },
};
