import { buildOperationNodeForField } from '@graphql-tools/utils';
import { isCompositeType, getNamedType, Kind, OperationTypeNode, type DocumentNode, type GraphQLSchema } from 'graphql';

/** A query of the first root field that gives objects, with all fields of two levels; undefined where there is none. */
export function typicalOperation(schema: GraphQLSchema): DocumentNode | undefined {
  const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
  const root = fields.find(({ type }) => isCompositeType(getNamedType(type)));
  if (!root) return undefined;
  const operation = buildOperationNodeForField({
    schema,
    kind: OperationTypeNode.QUERY,
    field: root.name,
    depthLimit: 2,
    circularReferenceDepth: 2,
  });
  return { kind: Kind.DOCUMENT, definitions: [operation] };
}
