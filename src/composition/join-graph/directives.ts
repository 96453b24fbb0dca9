import { Kind, type ConstDirectiveNode, type TypeNode } from 'graphql';
import type { TypeReference } from './types.ts';

/** Arguments of one `join__` directive by name: strings, booleans, and enum values as strings. */
export type DirectiveArguments = Readonly<Record<string, string | boolean | undefined>>;

/** The arguments of every directive `name` on a node, in order. */
export function directiveArguments(
  node: { readonly directives?: readonly ConstDirectiveNode[] | undefined },
  name: string,
): readonly DirectiveArguments[] {
  return (node.directives ?? []).filter((directive) => directive.name.value === name).map(readArguments);
}

function readArguments(directive: ConstDirectiveNode): DirectiveArguments {
  const values: Record<string, string | boolean | undefined> = {};
  for (const { name, value } of directive.arguments ?? []) {
    if (value.kind === Kind.STRING || value.kind === Kind.ENUM || value.kind === Kind.BOOLEAN) {
      values[name.value] = value.value;
    } else if (value.kind !== Kind.NULL) values[name.value] = true;
  }
  return values;
}

/** A directive's text argument; undefined where it is absent. */
export function textOf(values: DirectiveArguments, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

export function typeReferenceOf(type: TypeNode): TypeReference {
  if (type.kind === Kind.NAMED_TYPE) return { name: type.name.value, text: type.name.value, lists: 0 };
  const inner = typeReferenceOf(type.type);
  if (type.kind === Kind.NON_NULL_TYPE) return { ...inner, text: `${inner.text}!` };
  return { name: inner.name, text: `[${inner.text}]`, lists: inner.lists + 1 };
}
