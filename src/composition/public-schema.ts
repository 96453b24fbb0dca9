import { transformSupergraphToPublicSchema } from '@theguild/federation-composition';
import { buildASTSchema, Kind, type DefinitionNode, type DocumentNode, type GraphQLSchema } from 'graphql';

/** The schema that clients of a supergraph see: no `join__` types, nothing `@inaccessible`. It cannot run anything. */
export function publicSchema(supergraph: DocumentNode): GraphQLSchema {
  const { definitions, ...rest } = transformSupergraphToPublicSchema(supergraph);
  const names = new Set(definitions.flatMap((node) => ('name' in node && node.name ? [node.name.value] : [])));
  const document = { ...rest, definitions: definitions.map((node) => withKnownMembers(node, names)) };
  return buildASTSchema(document, { assumeValid: true, assumeValidSDL: true });
}

/** The library takes inaccessible types out, and leaves them in the unions that they are members of. */
function withKnownMembers(node: DefinitionNode, names: ReadonlySet<string>): DefinitionNode {
  if (node.kind !== Kind.UNION_TYPE_DEFINITION) return node;
  return { ...node, types: (node.types ?? []).filter(({ name }) => names.has(name.value)) };
}
