import {
  isAbstractType,
  isObjectType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';

/**
 * Coordinates (`Type.field`) of all fields that an operation may read: a field of an interface is also that of the types
 * that its objects may be of, and of their interfaces. Conditions do not count. Pure.
 *
 * @see {@link https://spec.graphql.org/September2025/#sec-Schema-Coordinates | GraphQL, 3.14 Schema Coordinates}
 */
export function coordinatesOf(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
): ReadonlySet<string> {
  const found = new Set<string>();
  const fragments = new Map(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  );
  const pending: (OperationDefinitionNode | FragmentDefinitionNode)[] = [operation];
  for (let node = pending.pop(); node; node = pending.pop()) {
    const types = new TypeInfo(schema);
    visit(
      node,
      visitWithTypeInfo(types, {
        Field({ name }) {
          const parent = types.getParentType();
          for (const type of parent ? typesWith(name.value, parent, schema) : []) found.add(`${type}.${name.value}`);
        },
        FragmentSpread({ name }) {
          const fragment = fragments.get(name.value);
          fragments.delete(name.value);
          if (fragment) pending.push(fragment);
        },
      }),
    );
  }
  return found;
}

function typesWith(field: string, parent: GraphQLCompositeType, schema: GraphQLSchema): Iterable<string> {
  const objects = isAbstractType(parent) ? schema.getPossibleTypes(parent) : [parent];
  const interfaces = objects.flatMap((type) => (isObjectType(type) ? type.getInterfaces() : []));
  const implemented = interfaces.filter((type) => type.getFields()[field] !== undefined);
  return new Set([parent, ...objects, ...implemented].map(({ name }) => name));
}
