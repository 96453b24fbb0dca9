import { getNamedType, isInputObjectType, isListType, isNonNullType } from 'graphql';
import type { GraphQLField, GraphQLInputType } from 'graphql';
import { readPath } from '../../../lib/read-path.ts';
import type { TypeDeclaration } from './read-declarations.ts';
import type { Source } from './source.ts';
import { throughNull } from './write-call.ts';
import type { Values } from './write-call.ts';

export type Declarations = ReadonlyMap<string, TypeDeclaration>;

/** The dotted path, in the upstream's body, of a field that no declaration fills. */
export function propertyOf(declarations: Declarations, type: string, field: string): readonly string[] {
  const fields = declarations.get(type)?.fields ?? {};
  const property = Object.hasOwn(fields, field) ? fields[field] : undefined;
  return typeof property === 'string' ? property.split('.') : [field];
}

export interface FieldPlace {
  readonly declarations: Declarations;
  /** The type that the field stands on. */
  readonly type: string;
  readonly field: GraphQLField<unknown, unknown>;
}

/**
 * The values that a field's placeholders stand for: an argument of that name where the field has one, given or not;
 * else a field of the parent. Input objects come out with the upstream's property names.
 */
export function valuesOf(
  { declarations, type, field }: FieldPlace,
  source: Source | undefined,
  args: Readonly<Record<string, unknown>>,
): Values {
  return ([head = '', ...rest]) => {
    const argument = field.args.find(({ name }) => name === head);
    if (argument) return inputAt({ value: args[head], type: argument.type, path: rest }, declarations);
    return readPath(source?.read(head, propertyOf(declarations, type, head)), rest);
  };
}

interface Input {
  readonly value: unknown;
  readonly type: GraphQLInputType;
  readonly path: readonly string[];
}

function inputAt({ value, type, path }: Input, declarations: Declarations): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return renamed(value, type, declarations);
  if (value === null) return throughNull;
  const object = getNamedType(type);
  const field = isInputObjectType(object) ? object.getFields()[name] : undefined;
  if (!field) return readPath(value, path);
  return inputAt({ value: readPath(value, [name]), type: field.type, path: rest }, declarations);
}

/** An input value with the property names that the declarations give its type's fields. */
function renamed(value: unknown, type: GraphQLInputType, declarations: Declarations): unknown {
  if (value === null || value === undefined) return value;
  if (isNonNullType(type)) return renamed(value, type.ofType, declarations);
  if (isListType(type)) {
    return Array.isArray(value) ? value.map((item) => renamed(item, type.ofType, declarations)) : value;
  }
  if (!isInputObjectType(type)) return value;
  const entries = Object.values(type.getFields()).map((field) => [
    propertyOf(declarations, type.name, field.name).join('.'),
    renamed(readPath(value, [field.name]), field.type, declarations),
  ]);
  return Object.fromEntries(entries);
}
