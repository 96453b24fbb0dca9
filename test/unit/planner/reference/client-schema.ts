import { buildASTSchema, Kind, visit, type ASTNode, type DocumentNode, type GraphQLSchema } from 'graphql';

const internal = /^(join|link|core)__/;

/** What clients see of a supergraph: nothing of `join__` and `link__`, nothing inaccessible. */
export function clientSchema(supergraph: DocumentNode): GraphQLSchema {
  const hidden = new Set<string>();
  for (const node of supergraph.definitions)
    if ('name' in node && node.name && isHidden(node)) hidden.add(node.name.value);
  const visible = visit(supergraph, {
    enter: (node: ASTNode) => {
      if (node.kind === Kind.DIRECTIVE || node.kind === Kind.DIRECTIVE_DEFINITION) {
        return internal.test(node.name.value) || ['link', 'core', 'tag', 'inaccessible'].includes(node.name.value)
          ? null
          : undefined;
      }
      if (isHidden(node)) return null;
      if ('name' in node && node.name && internal.test(node.name.value)) return null;
      return node.kind === Kind.NAMED_TYPE && hidden.has(node.name.value) ? null : undefined;
    },
  });
  return buildASTSchema(visible, { assumeValidSDL: true });
}

function isHidden(node: ASTNode): boolean {
  if (!('directives' in node)) return false;
  return (node.directives ?? []).some((directive) => directive.name.value === 'inaccessible');
}
