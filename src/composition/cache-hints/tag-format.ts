import { Kind, type FieldDefinitionNode, type SelectionSetNode, type TypeDefinitionNode } from 'graphql';
import { argumentOf, directivesOf, fieldsOf, isListType, namedType, readFieldSet } from '../definitions.ts';
import type { Types } from '../entity-stubs.ts';

/** What `@cacheTag(format:)` says: texts, and what is put in between. Empty texts are left out. */
export type TagFormat = readonly (string | TagPlaceholder)[];

/** `{$args.input.id}` or `{$key.id}`. */
export interface TagPlaceholder {
  /** An argument of the field, or a member of the entity's key. */
  readonly from: 'args' | 'key';
  /** At least one name. */
  readonly path: readonly string[];
}

const placeholder = /\{\$(args|key)((?:\.[A-Za-z_]\w*)+)\}/;

/**
 * Reads a format such as `user:{$args.id}`; undefined where it says nothing, or has braces that are no placeholder. Pure.
 *
 * @see {@link https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#cachetag | @cacheTag}
 */
export function readTagFormat(text: string): TagFormat | undefined {
  // Text, source and path of each placeholder in turn, and the text after the last one.
  const split = text.split(placeholder);
  const format: (string | TagPlaceholder)[] = [];
  for (let at = 0; at < split.length; at += 3) {
    const literal = split[at] ?? '';
    if (/[{}]/.test(literal)) return undefined;
    if (literal !== '') format.push(literal);
    const path = split[at + 2];
    if (path !== undefined)
      format.push({ from: split[at + 1] === 'key' ? 'key' : 'args', path: path.slice(1).split('.') });
  }
  return format.length > 0 ? format : undefined;
}

export function printPlaceholder({ from, path }: TagPlaceholder): string {
  return `{$${[from, ...path].join('.')}}`;
}

/** Whether a path leads through arguments and input fields to a value that is neither list nor input object. */
export function isArgumentPath(
  path: readonly string[],
  field: FieldDefinitionNode,
  types: Pick<Types, 'get'>,
): boolean {
  const [name, ...rest] = path;
  let node = field.arguments?.find((argument) => argument.name.value === name);
  for (const step of rest) {
    if (!node || isListType(node.type)) return false;
    const next = inputsOf(types.get(namedType(node.type))).find((input) => input.name.value === step);
    node = next?.kind === Kind.INPUT_VALUE_DEFINITION ? next : undefined;
  }
  return node !== undefined && !isListType(node.type) && inputsOf(types.get(namedType(node.type))).length === 0;
}

function inputsOf(type: TypeDefinitionNode | undefined) {
  return type?.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION ? fieldsOf(type) : [];
}

/** Whether a path leads to a leaf of one of the type's keys. */
export function isKeyPath(path: readonly string[], type: TypeDefinitionNode): boolean {
  return directivesOf(type, 'key').some((key) => {
    const fields = argumentOf(key, 'fields');
    return typeof fields === 'string' && leadsToLeaf(path, readFieldSet(fields));
  });
}

function leadsToLeaf([name, ...rest]: readonly string[], { selections }: SelectionSetNode): boolean {
  return selections.some(
    (node) =>
      node.kind === Kind.FIELD &&
      node.name.value === name &&
      (node.selectionSet ? leadsToLeaf(rest, node.selectionSet) : rest.length === 0),
  );
}
