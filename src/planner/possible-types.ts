import { getNamedType, isAbstractType, isInterfaceType, isObjectType, type GraphQLSchema } from 'graphql';

/** Names of the object types that a value of a type may have, sorted; none for leaves. */
export function possibleTypes(schema: GraphQLSchema, name: string): readonly string[] {
  const type = schema.getType(name);
  if (isObjectType(type)) return [name];
  if (!isAbstractType(type)) return [];
  return schema
    .getPossibleTypes(type)
    .map((possible) => possible.name)
    .toSorted();
}

/** The type of a field's value without lists and non-null; undefined where the type has no such field. */
export function typeBelow(schema: GraphQLSchema, type: string, field: string): string | undefined {
  const parent = schema.getType(type);
  const definition = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[field] : undefined;
  return definition && getNamedType(definition.type).name;
}
