import { GraphQLError, Kind, type DocumentNode, type ExecutionResult } from 'graphql';
import { GatewayError } from '../errors.ts';

/**
 * An upstream that was asked for an entity by key and has none. The stub that led there is an object already, so the
 * stitched engine would take its missing fields for a broken answer. Each gets this error in place of a value; it then
 * nulls what it must, and `forgetAbsences` takes it out of the answer where null says all there is to say.
 */
class AbsentEntity extends GatewayError {
  constructor(upstream: string) {
    super('UPSTREAM_BAD_RESPONSE', `upstream "${upstream}" has no entity of a key that another upstream gave`, {
      upstream,
    });
  }
}

/** Adds an error for each null of an upstream's `_entities` lists that no error of the upstream explains. Pure. */
export function markAbsences(upstream: string, document: DocumentNode, result: ExecutionResult): ExecutionResult {
  const absences = entityKeys(document).flatMap((key) => {
    const entities = result.data?.[key];
    if (!Array.isArray(entities)) return [];
    return entities.flatMap((entity, index) =>
      entity !== null || isExplained(result, [key, index]) ? [] : [absence(upstream, [key, index])],
    );
  });
  return absences.length > 0 ? { ...result, errors: [...(result.errors ?? []), ...absences] } : result;
}

function entityKeys(document: DocumentNode): string[] {
  return document.definitions.flatMap((definition) =>
    definition.kind !== Kind.OPERATION_DEFINITION
      ? []
      : definition.selectionSet.selections.flatMap((field) =>
          field.kind === Kind.FIELD && field.name.value === '_entities' ? [(field.alias ?? field.name).value] : [],
        ),
  );
}

function isExplained({ errors = [] }: ExecutionResult, [key, index]: readonly [string, number]): boolean {
  return errors.some(({ path: [root, place] = [] }) => {
    return root === undefined || (root === key && (place === undefined || place === index));
  });
}

function absence(upstream: string, path: readonly (string | number)[]): GraphQLError {
  const originalError = new AbsentEntity(upstream);
  return new GraphQLError(originalError.message, { path, originalError });
}

/**
 * Takes out the errors of absent entities that cost nothing but the entity itself, or fields of it: there, null is the
 * answer. One that took a list or a parent along stays. Pure.
 */
export function forgetAbsences(result: ExecutionResult): ExecutionResult {
  if (!result.errors?.some(isAbsence)) return result;
  const { errors, ...rest } = result;
  const kept = errors.filter((error) => !isAbsence(error) || !isNullableAt(rest.data, error.path ?? []));
  return kept.length > 0 ? { ...rest, errors: kept } : rest;
}

function isAbsence(error: unknown): boolean {
  if (error instanceof AbsentEntity) return true;
  return error instanceof GraphQLError && isAbsence(error.originalError);
}

/** Whether the null stands at the field itself, or at the entity that it is of. */
function isNullableAt(data: unknown, path: readonly (string | number)[]): boolean {
  let value = data;
  for (const [depth, segment] of path.entries()) {
    if (value === null || value === undefined) return depth === path.length - 1;
    value = (value as Readonly<Record<string | number, unknown>>)[segment];
  }
  return true;
}
