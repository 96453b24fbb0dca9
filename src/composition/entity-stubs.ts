import {
  Kind,
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  type ObjectTypeDefinitionNode,
  type TypeDefinitionNode,
} from 'graphql';
import { argumentOf, directivesOf, fieldSetNames, firstKey, outputFieldsOf } from './definitions.ts';
import type { Contribution, Problem } from './types.ts';

/** How one source refers to an entity of another: by its key alone. */

export type Types = Map<string, TypeDefinitionNode>;

/** A contribution on its way to a source schema. */
export interface Draft {
  readonly contribution: Contribution;
  readonly types: Types;
}

export interface Sources {
  readonly drafts: readonly Draft[];
  readonly problems: Problem[];
}

export interface StubOptions {
  readonly sources: Sources;
  /** Whether the source that gets the stub can look the entity up. */
  readonly resolvable: boolean;
  readonly keyed: boolean;
}

/** A type with nothing but the first key that any source gives it. Key fields nobody describes are `ID!`. */
export function stubOf(name: string, { sources, resolvable, keyed }: StubOptions): ObjectTypeDefinitionNode {
  const owner = keyed ? ownerOf(name, sources) : undefined;
  const key = firstKey(owner) ?? 'id';
  const fields = keyed ? fieldSetNames(key).map((field) => keyField(field, owner)) : [];
  return {
    kind: Kind.OBJECT_TYPE_DEFINITION,
    name: { kind: Kind.NAME, value: name },
    directives: keyed ? [keyDirective(key, resolvable)] : [],
    fields,
  };
}

/** The type as described by the source that can look it up, or by any that gives it a key. */
export function ownerOf(name: string, { drafts }: Sources): TypeDefinitionNode | undefined {
  const keyed = drafts
    .map((draft) => draft.types.get(name))
    .filter((type) => type !== undefined && firstKey(type) !== undefined);
  return (
    keyed.find((type) => directivesOf(type, 'key').some((key) => argumentOf(key, 'resolvable') !== false)) ?? keyed[0]
  );
}

export function keyField(name: string, owner: TypeDefinitionNode | undefined): FieldDefinitionNode {
  const known = outputFieldsOf(owner).find((field) => field.name.value === name);
  return {
    kind: Kind.FIELD_DEFINITION,
    name: { kind: Kind.NAME, value: name },
    type: known?.type ?? {
      kind: Kind.NON_NULL_TYPE,
      type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'ID' } },
    },
  };
}

export function keyDirective(fields: string, resolvable: boolean): ConstDirectiveNode {
  const name = (value: string) => ({ kind: Kind.NAME, value }) as const;
  const withFields = {
    kind: Kind.ARGUMENT,
    name: name('fields'),
    value: { kind: Kind.STRING, value: fields },
  } as const;
  const unresolvable = {
    kind: Kind.ARGUMENT,
    name: name('resolvable'),
    value: { kind: Kind.BOOLEAN, value: false },
  } as const;
  return { kind: Kind.DIRECTIVE, name: name('key'), arguments: resolvable ? [withFields] : [withFields, unresolvable] };
}

export const externalDirective: ConstDirectiveNode = {
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: 'external' },
};
