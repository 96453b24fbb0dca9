import { getNamedType, isEnumType, isInputObjectType, isListType, isNonNullType, isObjectType, Kind } from 'graphql';
import type { DocumentNode, GraphQLField, GraphQLObjectType, GraphQLSchema } from 'graphql';
import { closest } from '../../../lib/closest.ts';
import { buildSourceSchema } from '../executable.ts';
import { tryDeclarations } from './read-declarations.ts';
import type { ResolverExports, TypeDeclaration } from './read-declarations.ts';
import { declared } from './types.ts';
import type { Entity, Filler, Lookup, Reference, RestCall } from './types.ts';

export interface DeclarationCheck {
  /** The source schema that the resolvers fill, links and stubs included. */
  readonly sdl: DocumentNode;
  readonly declarations: ResolverExports;
  /** The resolvers file, for messages. */
  readonly file: string;
  /** Upstream name, or `gateway`. */
  readonly upstream: string;
}

/**
 * Holds a resolvers file against the schema that it fills. Gives every problem found, each as one line with file, type
 * and field; none when all is well. Pure.
 */
export function checkDeclarations({ sdl, declarations: exports, file, upstream }: DeclarationCheck): string[] {
  const { declarations, problems } = tryDeclarations(exports);
  const schema = readSchema(sdl);
  if (typeof schema === 'string') return [`${file}: ${schema}`];
  const found = [
    ...problems,
    ...[...declarations].flatMap(([name, declaration]) => checkType({ schema, upstream, name, declaration })),
    ...unfilledRoots(schema, declarations),
  ];
  return found.map((problem) => `${file}: ${problem}`);
}

function readSchema(sdl: DocumentNode): GraphQLSchema | string {
  try {
    return buildSourceSchema(sdl);
  } catch (error) {
    return `the schema cannot be read: ${(error as Error).message}`;
  }
}

const rootTypes = new Set(['Query', 'Mutation']);

function unfilledRoots(schema: GraphQLSchema, declarations: ReadonlyMap<string, TypeDeclaration>): string[] {
  return [...rootTypes].flatMap((name) => {
    const type = schema.getType(name);
    const fields = declarations.get(name)?.fields ?? {};
    if (!isObjectType(type)) return [];
    return Object.keys(type.getFields())
      .filter((field) => !Object.hasOwn(fields, field))
      .map((field) => `${name}.${field}: nothing fills it`);
  });
}

interface TypePlace {
  readonly schema: GraphQLSchema;
  readonly upstream: string;
  readonly name: string;
  readonly declaration: TypeDeclaration;
}

function checkType(place: TypePlace): string[] {
  const { schema, name, declaration } = place;
  const type = schema.getType(name);
  if (!type)
    return [`export "${name}": the schema has no type of this name${hint(name, Object.keys(schema.getTypeMap()))}`];
  if (isObjectType(type)) return [...checkEntity(type, declaration, place.upstream), ...checkFieldsOf(type, place)];
  if (declaration.entity) return [`export "${name}": an entity must be an object type`];
  if (isEnumType(type)) {
    return checkNames({ name, fields: declaration.fields, known: type.getValues().map((value) => value.name) });
  }
  if (isInputObjectType(type)) {
    const dotted = Object.entries(declaration.fields).filter(
      ([, path]) => typeof path === 'string' && path.includes('.'),
    );
    return [
      ...checkNames({ name, fields: declaration.fields, known: Object.keys(type.getFields()) }),
      ...dotted.map(([field]) => `${name}.${field}: the property of an input field must have no dots`),
    ];
  }
  return [`export "${name}": must be an object, input or enum type`];
}

interface Names {
  readonly name: string;
  readonly fields: TypeDeclaration['fields'];
  readonly known: readonly string[];
}

/** Enums and inputs: names and texts only. */
function checkNames({ name, fields, known }: Names): string[] {
  return Object.entries(fields).flatMap(([field, filler]) => {
    if (!known.includes(field)) return [`${name}.${field}: the schema has no such name${hint(field, known)}`];
    return typeof filler === 'string' ? [] : [`${name}.${field}: must be what the upstream calls it, as a text`];
  });
}

function checkEntity(type: GraphQLObjectType, { entity }: TypeDeclaration, upstream: string): string[] {
  if (!entity) return [];
  const problems: string[] = [];
  if (entity.upstream !== upstream) {
    problems.push(`export "${type.name}": must be an entity of "${upstream}", but is one of "${entity.upstream}"`);
  }
  if (!keysOf(type).some((key) => sameNames(key, entity.key))) {
    problems.push(`export "${type.name}": its key is "${entity.key.join(' ')}", but the schema has ${keyTexts(type)}`);
  }
  return problems;
}

/** The keys of a type as lists of field names; nested keys keep their braces. */
function keysOf(type: GraphQLObjectType): string[][] {
  return (type.astNode?.directives ?? []).flatMap(({ name, arguments: args }) => {
    const fields = args?.find((argument) => argument.name.value === 'fields')?.value;
    const isKey = name.value === 'key' || name.value === 'federation__key';
    return isKey && fields?.kind === Kind.STRING ? [fields.value.split(/[\s,]+/).filter((field) => field !== '')] : [];
  });
}

function sameNames(names: readonly string[], expected: readonly string[]): boolean {
  return names.length === expected.length && expected.every((name) => names.includes(name));
}

function checkFieldsOf(type: GraphQLObjectType, { declaration, upstream }: TypePlace): string[] {
  const known = type.getFields();
  return Object.entries(declaration.fields).flatMap(([name, filler]) => {
    const field = known[name];
    if (!field) return [`${type.name}.${name}: the schema has no such field${hint(name, Object.keys(known))}`];
    const problems = checkFiller(filler, { type, field, upstream });
    return problems.map((problem) => `${type.name}.${name}: ${problem}`);
  });
}

interface FieldPlace {
  readonly type: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
  readonly upstream: string;
}

function checkFiller(filler: string | Filler, place: FieldPlace): string[] {
  const isRoot = rootTypes.has(place.type.name);
  if (typeof filler === 'string') return isRoot ? ['a root field must be filled by a call, look-up or function'] : [];
  if (typeof filler === 'function') return [];
  if (filler[declared] === 'reference') {
    return isRoot ? ['a root field has no parent that a reference could read'] : checkReference(filler, place);
  }
  return filler[declared] === 'call' ? checkCall(filler, place) : checkLookup(filler, place);
}

function checkCall(call: RestCall, place: FieldPlace): string[] {
  const problems = checkOwner(call, place);
  for (const name of call.placeholders) problems.push(...checkName(name, `placeholder {${name}}`, place));
  if (call.items !== undefined && !isList(place.field))
    problems.push(`"items" needs a list, but the field is ${String(place.field.type)}`);
  return problems;
}

function checkLookup({ entity, keys, at }: Lookup, place: FieldPlace): string[] {
  const problems = checkOwner(entity, place);
  for (const [key, name] of Object.entries(keys))
    problems.push(...checkName(name, `key "${key}" from "${name}"`, place));
  if (at === undefined && isList(place.field)) problems.push('a look-up gives one entity, but the field is a list');
  return problems;
}

function checkOwner(owned: RestCall | Entity, { upstream }: FieldPlace): string[] {
  if (owned.upstream === upstream) return [];
  const what = owned[declared] === 'call' ? 'call' : 'entity';
  return [`a ${what} of "${owned.upstream}" must stand in resolvers/${owned.upstream}, but is used for "${upstream}"`];
}

/** A name must be an argument, or a field that the parent has without being asked for it by name. */
function checkName(name: string, what: string, { type, field }: FieldPlace): string[] {
  const [head = '', ...rest] = name.split('.');
  const argument = field.args.find((candidate) => candidate.name === head);
  if (argument) {
    let input = getNamedType(argument.type);
    for (const part of rest) {
      const next = isInputObjectType(input) ? input.getFields()[part] : undefined;
      if (!next) return [`${what}: ${input.name} has no field "${part}"`];
      input = getNamedType(next.type);
    }
    return [];
  }
  if (!rootTypes.has(type.name) && type.getFields()[head]) return [];
  const known = [
    ...field.args.map((candidate) => candidate.name),
    ...(rootTypes.has(type.name) ? [] : Object.keys(type.getFields())),
  ];
  const places = rootTypes.has(type.name) ? 'an argument' : `an argument or a field of ${type.name}`;
  return [`${what} is not ${places}${hint(head, known)}`];
}

function checkReference({ keys }: Reference, { field }: FieldPlace): string[] {
  const type = getNamedType(field.type);
  if (!isObjectType(type)) return [`a reference must lead to an object type, but the field is ${String(field.type)}`];
  const names = Object.keys(keys);
  if (keysOf(type).some((key) => sameNames(key, names))) return [];
  return [`the reference gives the key "${names.join(' ')}", but ${type.name} has ${keyTexts(type)}`];
}

function keyTexts(type: GraphQLObjectType): string {
  const keys = keysOf(type).map((key) => `"${key.join(' ')}"`);
  return keys.length > 0 ? keys.join(' or ') : 'no @key';
}

function isList(field: GraphQLField<unknown, unknown>): boolean {
  return isListType(isNonNullType(field.type) ? field.type.ofType : field.type);
}

function hint(name: string, known: readonly string[]): string {
  const near = closest(name, known);
  return near === undefined ? '' : `; did you mean "${near}"?`;
}
