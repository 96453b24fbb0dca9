import { checkFields } from './declare.ts';
import { isDeclared } from './types.ts';
import type { Entity, Fields } from './types.ts';

/** What a resolvers file says of one GraphQL type. */
export interface TypeDeclaration {
  readonly entity: Entity | undefined;
  readonly fields: Fields;
}

/** The exports of a resolvers file, by name. */
export type ResolverExports = Readonly<Record<string, unknown>>;

/**
 * Reads the exports of a resolvers file: each name is a GraphQL type's. Pure.
 *
 * @throws {TypeError} naming the first export that is neither an entity nor an object of fields.
 */
export function readDeclarations(exports: ResolverExports): ReadonlyMap<string, TypeDeclaration> {
  return new Map(Object.entries(exports).map(([name, value]) => [name, readExport(name, value)]));
}

function readExport(name: string, value: unknown): TypeDeclaration {
  if (isDeclared(value, 'entity')) return { entity: value, fields: value.fields };
  checkFields(value, `export "${name}"`);
  return { entity: undefined, fields: value };
}

export interface FilledField {
  readonly type: string;
  readonly field: string;
}

/** The fields that a resolvers file fills, its entities' keys left out: those every upstream of the entity has. Pure. */
export function filledFields(exports: ResolverExports): FilledField[] {
  return [...readDeclarations(exports)].flatMap(([type, { entity, fields }]) =>
    Object.keys(fields)
      .filter((field) => !entity?.key.includes(field))
      .map((field) => ({ type, field })),
  );
}
