import { transformSupergraphToPublicSchema } from '@theguild/federation-composition';
import {
  buildASTSchema,
  DirectiveLocation,
  Kind,
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';

/** The schema that clients of a supergraph see: no `join__` types, nothing `@inaccessible`. It cannot run anything. */
export function publicSchema(supergraph: DocumentNode): GraphQLSchema {
  const { definitions: all, ...rest } = transformSupergraphToPublicSchema(supergraph);
  const definitions = all.filter((node) => node.kind !== Kind.DIRECTIVE_DEFINITION || isForOperations(node));
  const names = new Set(definitions.flatMap((node) => ('name' in node && node.name ? [node.name.value] : [])));
  const document = { ...rest, definitions: definitions.map((node) => withKnownMembers(node, names)) };
  return buildASTSchema(document, { assumeValid: true, assumeValidSDL: true });
}

/** Others are a composer's own, and their arguments may be of types that are taken out. */
function isForOperations({ locations }: DirectiveDefinitionNode): boolean {
  return locations.some(({ value }) => operationLocations.has(value));
}

/** Where directives stand that clients write. */
export const operationLocations: ReadonlySet<string> = new Set([
  DirectiveLocation.QUERY,
  DirectiveLocation.MUTATION,
  DirectiveLocation.SUBSCRIPTION,
  DirectiveLocation.FIELD,
  DirectiveLocation.FRAGMENT_DEFINITION,
  DirectiveLocation.FRAGMENT_SPREAD,
  DirectiveLocation.INLINE_FRAGMENT,
  DirectiveLocation.VARIABLE_DEFINITION,
]);

/** The library takes inaccessible types out, and leaves them in the unions that they are members of. */
function withKnownMembers(node: DefinitionNode, names: ReadonlySet<string>): DefinitionNode {
  if (node.kind !== Kind.UNION_TYPE_DEFINITION) return node;
  return { ...node, types: (node.types ?? []).filter(({ name }) => names.has(name.value)) };
}
