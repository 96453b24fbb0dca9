import { transformSupergraphToPublicSchema } from '@theguild/federation-composition';
import { buildASTSchema, type DocumentNode, type GraphQLSchema } from 'graphql';

/** The schema that clients of a supergraph see: no `join__` types, nothing `@inaccessible`. It cannot run anything. */
export function publicSchema(supergraph: DocumentNode): GraphQLSchema {
  return buildASTSchema(transformSupergraphToPublicSchema(supergraph), { assumeValid: true, assumeValidSDL: true });
}
