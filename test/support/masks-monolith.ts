import {
  execute,
  getNamedType,
  isObjectType,
  Kind,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLResolveInfo,
} from 'graphql';
import type { Arguments, Thing, Universe } from './generated/universe.ts';

/** What one caller may not read, by concrete types. */
export interface Denied {
  readonly types: ReadonlySet<string>;
  /** `Type.field` of object types. */
  readonly fields: ReadonlySet<string>;
}

class DeniedError extends Error {}

/**
 * What a caller gets of one server that holds all data and refuses what is denied where it is resolved: graphql-js itself
 * puts nulls and errors in their places. It knows nothing of plans, shapes and masks.
 */
export function askGuarded(
  universe: Universe,
  denied: Denied,
  { document, variables }: { readonly document: DocumentNode; readonly variables: Arguments },
): { readonly result: ExecutionResult; readonly mutations: readonly string[] } {
  const mutations: string[] = [];
  const { schema } = universe;
  const fieldResolver = (thing: Thing, args: Arguments, _: unknown, info: GraphQLResolveInfo): unknown => {
    const { parentType, fieldName, returnType } = info;
    const where = `${parentType.name}.${fieldName}`;
    const given = getNamedType(returnType);
    if (denied.types.has(parentType.name) || denied.fields.has(where)) throw new DeniedError(where);
    if (isObjectType(given) && denied.types.has(given.name)) throw new DeniedError(where);
    if ('getTypes' in given && given.getTypes().every(({ name }) => denied.types.has(name)))
      throw new DeniedError(where);
    if ('getFields' in given && !isObjectType(given) && 'getInterfaces' in given) {
      const possible = schema.getPossibleTypes(given);
      if (possible.length > 0 && possible.every(({ name }) => denied.types.has(name))) throw new DeniedError(where);
    }
    if (parentType !== schema.getMutationType()) return universe.valueOf(thing, fieldName, args);
    const count = mutations.push(`${where}${JSON.stringify(args)}`);
    return universe.valueOf({ ...thing, seed: `root${count}` }, fieldName, args);
  };
  const typeResolver = ({ type }: Thing): string => {
    if (denied.types.has(type)) throw new DeniedError(type);
    return type;
  };
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)?.operation ?? 'query';
  const rootValue: Thing = { type: schema.getRootType(operation)?.name ?? 'Query', seed: 'root' };
  const result = execute({ schema, document, variableValues: variables, rootValue, fieldResolver, typeResolver });
  if ('then' in result) throw new TypeError('the monolith must be synchronous');
  const strange = result.errors?.find(({ originalError }) => !(originalError instanceof DeniedError));
  if (strange) throw new TypeError(`nothing goes wrong but what is denied, but got: ${strange.message}`);
  return { result, mutations };
}
