import { checkFields } from './declare.ts';
import { declared, isDeclared } from './types.ts';
import type { Entity, Fields, RestCall } from './types.ts';

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

/** As `readDeclarations`, with what cannot be read as messages beside the rest. Pure. */
export function tryDeclarations(exports: ResolverExports): {
  readonly declarations: ReadonlyMap<string, TypeDeclaration>;
  readonly problems: readonly string[];
} {
  const declarations = new Map<string, TypeDeclaration>();
  const problems: string[] = [];
  for (const [name, value] of Object.entries(exports)) {
    try {
      declarations.set(name, readExport(name, value));
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  return { declarations, problems };
}

export interface FilledField {
  readonly type: string;
  readonly field: string;
}

/**
 * The fields that a resolvers file fills, the keys of its entities left out: every upstream of an entity has those.
 * Exports that are no declarations count for nothing. Pure.
 */
export function filledFields(exports: ResolverExports): FilledField[] {
  return [...tryDeclarations(exports).declarations].flatMap(([type, { entity, fields }]) =>
    Object.keys(fields)
      .filter((field) => !entity?.key.includes(field))
      .map((field) => ({ type, field })),
  );
}

/** Something that is called once for each object. */
export interface SingleCall {
  readonly type: string;
  /** Upstream name. */
  readonly upstream: string;
  /** Such as `GET /users/{id}`. */
  readonly call: string;
}

export interface Batchability {
  /** Entities that are looked up many at a time. */
  readonly batched: readonly string[];
  /** Entities that are looked up one by one. */
  readonly single: readonly SingleCall[];
  /** Fields that cost one call for every object that they stand on. */
  readonly perParent: readonly (SingleCall & FilledField)[];
  /** References that do not say to which entity: that is the field's type, and it decides. */
  readonly links: readonly FilledField[];
}

const rootTypes = new Set(['Query', 'Mutation', 'Subscription']);

/** What of a resolvers file is batched, and what makes one call after another. Pure. */
export function batchability(exports: ResolverExports): Batchability {
  const batched: string[] = [];
  const single: SingleCall[] = [];
  const perParent: (SingleCall & FilledField)[] = [];
  const links: FilledField[] = [];
  for (const [type, { entity, fields }] of tryDeclarations(exports).declarations) {
    if (entity?.calls.many) batched.push(type);
    const alone = singleCall(entity);
    if (alone) single.push({ type, ...alone });
    if (rootTypes.has(type)) continue;
    for (const [field, filler] of Object.entries(fields)) {
      if (typeof filler === 'string' || typeof filler === 'function') continue;
      if (filler[declared] === 'reference' && !filler.entity) links.push({ type, field });
      const cost = filler[declared] === 'call' ? callText(filler) : singleCall(filler.entity);
      if (cost) perParent.push({ type, field, ...cost });
    }
  }
  return { batched, single, perParent, links };
}

function singleCall(entity: Entity | undefined): Omit<SingleCall, 'type'> | undefined {
  return entity?.calls.one && !entity.calls.many ? callText(entity.calls.one) : undefined;
}

function callText({ upstream, method, path }: RestCall): Omit<SingleCall, 'type'> {
  return { upstream, call: `${method} ${path}` };
}
