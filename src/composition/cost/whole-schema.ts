import { buildASTSchema, type DocumentNode, type GraphQLSchema } from 'graphql';

/** All that a supergraph has, inaccessible parts too: what the documents of upstream calls are written against. */
export function wholeSchema(supergraph: DocumentNode): GraphQLSchema {
  return buildASTSchema(supergraph, { assumeValid: true, assumeValidSDL: true });
}
