import { Kind, type SelectionSetNode } from 'graphql';
import { readFieldSet } from '../definitions.ts';
import type { FieldSet, FieldSetField } from './types.ts';
import { valueText } from './value-text.ts';

/** What parsing needs to know of the supergraph's types. */
export interface FieldSetTypes {
  /** Object types that a composite type may have. */
  readonly possible: ReadonlyMap<string, { readonly possible: readonly string[] }>;
  /** Innermost type of a field; undefined where the type has no such field. */
  readonly fieldType: (type: string, field: string) => string | undefined;
}

/** The fields of a key, `requires` or `provides` text of a type. Type conditions become lists of object types. */
export function parseFieldSet(text: string, type: string, types: FieldSetTypes): FieldSet {
  return fieldsOf(readFieldSet(text), { type, on: undefined, types });
}

interface Scope {
  readonly type: string;
  readonly on: readonly string[] | undefined;
  readonly types: FieldSetTypes;
}

function fieldsOf(selectionSet: SelectionSetNode, scope: Scope): FieldSet {
  const { type, on, types } = scope;
  return selectionSet.selections.flatMap((node): readonly FieldSetField[] => {
    if (node.kind === Kind.INLINE_FRAGMENT) {
      const condition = node.typeCondition?.name.value ?? type;
      const met = condition === type ? undefined : types.possible.get(condition)?.possible;
      return fieldsOf(node.selectionSet, { type: condition, on: both(on, met), types });
    }
    if (node.kind !== Kind.FIELD) return [];
    const name = node.name.value;
    const below = { type: types.fieldType(type, name) ?? '', on: undefined, types };
    return [
      {
        name,
        parentType: type,
        arguments: (node.arguments ?? [])
          .map((argument) => ({ name: argument.name.value, value: valueText(argument.value) }))
          .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        ...(on && { on }),
        ...(node.selectionSet && { fields: fieldsOf(node.selectionSet, below) }),
      },
    ];
  });
}

function both(first: readonly string[] | undefined, second: readonly string[] | undefined) {
  if (!first || !second) return first ?? second;
  return first.filter((type) => second.includes(type));
}
