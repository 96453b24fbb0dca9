import { getNamedType, isListType, isNonNullType, isObjectType, isInterfaceType, isUnionType } from 'graphql';
import type { GraphQLObjectType, GraphQLInterfaceType, GraphQLOutputType, GraphQLSchema } from 'graphql';
import type { FieldCoordinate } from './types.ts';

/** A field that costs one upstream call for every object it stands on. */
export interface PerParentCall extends FieldCoordinate {
  /** Upstream name. */
  readonly upstream: string;
  /** The call, such as `GET /users/{id}/orders`. */
  readonly call: string;
}

/**
 * Warns of N+1: each field that makes one call per parent and can stand under a list, with one way that leads there.
 * Pure.
 */
export function findNPlusOne(schema: GraphQLSchema, calls: readonly PerParentCall[]): string[] {
  const lists = listPaths(schema);
  return calls.flatMap(({ type, field, upstream, call }) => {
    const path = lists.get(type);
    if (path === undefined) return [];
    return [
      `N+1: "${type}.${field}" makes one call per ${type} (${call} of upstream "${upstream}" has no batch look-up), ` +
        `and ${path} gives a list of them`,
    ];
  });
}

interface Visit {
  readonly type: GraphQLObjectType | GraphQLInterfaceType;
  readonly path: string;
  readonly underList: boolean;
}

/** For every type that can stand under a list, the shortest way to it: `Query.users.items`. */
function listPaths(schema: GraphQLSchema): Map<string, string> {
  const found = new Map<string, string>();
  const seen = new Set<string>();
  const queue: Visit[] = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
    type ? [{ type, path: type.name, underList: false }] : [],
  );
  for (let visit = queue.shift(); visit; visit = queue.shift()) {
    const { type, path, underList } = visit;
    if (seen.has(`${type.name} ${underList}`)) continue;
    seen.add(`${type.name} ${underList}`);
    if (underList && !found.has(type.name)) found.set(type.name, path);
    for (const field of Object.values(type.getFields())) {
      const next = { path: `${path}.${field.name}`, underList: underList || hasList(field.type) };
      for (const child of objectsOf(schema, field.type)) queue.push({ type: child, ...next });
    }
  }
  return found;
}

function hasList(type: GraphQLOutputType): boolean {
  if (isNonNullType(type)) return hasList(type.ofType);
  return isListType(type);
}

function objectsOf(schema: GraphQLSchema, type: GraphQLOutputType): (GraphQLObjectType | GraphQLInterfaceType)[] {
  const named = getNamedType(type);
  if (isObjectType(named)) return [named];
  if (isInterfaceType(named)) return [named, ...schema.getPossibleTypes(named)];
  return isUnionType(named) ? [...named.getTypes()] : [];
}
