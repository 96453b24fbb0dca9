import {
  defaultFieldResolver,
  GraphQLError,
  isObjectType,
  responsePathAsArray,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';

type Path = readonly (string | number)[];

/**
 * Makes every error of a stitched schema stand where it is found. Delegation hands errors on as values, with a path that
 * lacks the positions in lists; an executor believes a path that an error has. Changes the schema's resolvers in place.
 */
export function placeErrors(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) field.resolve = placing(field.resolve ?? defaultFieldResolver);
  }
  return schema;
}

function placing(resolve: GraphQLFieldResolver<unknown, unknown>): GraphQLFieldResolver<unknown, unknown> {
  return (source, args, context, info) => {
    try {
      const value = resolve(source, args, context, info);
      if (!(value instanceof Promise)) return placed(value, info);
      return value.then(
        (settled) => placed(settled, info),
        (error) => {
          throw placed(error, info);
        },
      );
    } catch (error) {
      throw placed(error, info);
    }
  };
}

function placed(value: unknown, info: GraphQLResolveInfo): unknown {
  if (value instanceof GraphQLError) return placedError(value, info, responsePathAsArray(info.path));
  if (!Array.isArray(value) || !value.some(isListOrError)) return value;
  return placedItems(value, info, responsePathAsArray(info.path));
}

function placedItems(items: readonly unknown[], info: GraphQLResolveInfo, path: Path): unknown[] {
  return items.map((item, index) => {
    if (item instanceof GraphQLError) return placedError(item, info, [...path, index]);
    return Array.isArray(item) ? placedItems(item, info, [...path, index]) : item;
  });
}

function isListOrError(value: unknown): boolean {
  return value instanceof GraphQLError || Array.isArray(value);
}

/** An error of a field further down, whose null came up to here, keeps its own place. */
function placedError(error: GraphQLError, { fieldNodes }: GraphQLResolveInfo, path: Path): GraphQLError {
  if (error.path && path.every((segment, depth) => error.path?.[depth] === segment)) return error;
  const { message, extensions, originalError = error } = error;
  return new GraphQLError(message, { nodes: fieldNodes, path, originalError, extensions });
}
