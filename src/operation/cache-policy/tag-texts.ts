import {
  getNamedType,
  isInputObjectType,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
} from 'graphql';
import type { TagFormat } from '../../composition/cache-hints/tag-format.ts';
import { hasVariables, type RawVariables, type VariableReader } from '../cost/raw-variables.ts';
import { defaultOf } from '../cost/weigh-input.ts';
import { tagOf } from './entity-tags.ts';

/** A field of a root type that has tags. */
export interface TaggedField {
  readonly formats: readonly TagFormat[];
  readonly node: FieldNode;
  readonly field: GraphQLField<unknown, unknown>;
}

/** Whether its tags are other ones with other variables. */
export function hasVariableTags({ formats, node }: TaggedField): boolean {
  const read = new Set(formats.flat().flatMap((part) => (typeof part === 'string' ? [] : [part.path[0]])));
  return (node.arguments ?? []).some(({ name, value }) => read.has(name.value) && hasVariables(value));
}

/** The tags of a field by its arguments, where defaults count; what has no value is `null`. */
export function tagsOfField(
  { formats, node, field }: TaggedField,
  { reader, variables }: { readonly reader: VariableReader; readonly variables: RawVariables },
): readonly string[] {
  const valueAt = ([name, ...rest]: readonly string[]): unknown => {
    const argument = field.args.find((each) => each.name === name);
    if (!argument) return undefined;
    const given = node.arguments?.find((each) => each.name.value === name)?.value;
    return memberAt(given && reader.dataOf(given, variables), argument, rest);
  };
  return formats.map((format) =>
    tagOf(format.map((part) => (typeof part === 'string' ? part : textOf(valueAt(part.path)))).join('')),
  );
}

/** The value at a path of input fields, whose defaults count where there is none. */
function memberAt(value: unknown, input: GraphQLArgument | GraphQLInputField, path: readonly string[]): unknown {
  const known = value === undefined ? defaultOf(input) : value;
  const [name, ...rest] = path;
  if (name === undefined) return known;
  const type = getNamedType(input.type);
  const member = isInputObjectType(type) ? type.getFields()[name] : undefined;
  if (!member || typeof known !== 'object' || known === null) return undefined;
  const inner: unknown = Object.hasOwn(known, name) ? Reflect.get(known, name) : undefined;
  return memberAt(inner, member, rest);
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return value;
  // Scalars of the schema's own may be anything.
  return JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member)) ?? 'null';
}
