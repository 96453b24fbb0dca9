import {
  Kind,
  parse,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  type ObjectTypeDefinitionNode,
  type SelectionSetNode,
  type TypeDefinitionNode,
  type TypeExtensionNode,
  type TypeNode,
} from 'graphql';
import type { Place } from './types.ts';

const definitionKinds: Readonly<Record<TypeExtensionNode['kind'], TypeDefinitionNode['kind']>> = {
  [Kind.SCALAR_TYPE_EXTENSION]: Kind.SCALAR_TYPE_DEFINITION,
  [Kind.OBJECT_TYPE_EXTENSION]: Kind.OBJECT_TYPE_DEFINITION,
  [Kind.INTERFACE_TYPE_EXTENSION]: Kind.INTERFACE_TYPE_DEFINITION,
  [Kind.UNION_TYPE_EXTENSION]: Kind.UNION_TYPE_DEFINITION,
  [Kind.ENUM_TYPE_EXTENSION]: Kind.ENUM_TYPE_DEFINITION,
  [Kind.INPUT_OBJECT_TYPE_EXTENSION]: Kind.INPUT_OBJECT_TYPE_DEFINITION,
};

const typeKinds = new Set<string>([...Object.keys(definitionKinds), ...Object.values(definitionKinds)]);

function isType(node: DefinitionNode): node is TypeDefinitionNode | TypeExtensionNode {
  return typeKinds.has(node.kind);
}

function joined<T>(first: readonly T[] | undefined, second: readonly T[] | undefined): readonly T[] {
  return [...(first ?? []), ...(second ?? [])];
}

function folded(type: TypeDefinitionNode, more: TypeDefinitionNode | TypeExtensionNode): TypeDefinitionNode {
  const result: Record<string, unknown> = { ...type };
  for (const list of ['directives', 'fields', 'interfaces', 'types', 'values'] as const) {
    if (list in more)
      result[list] = joined(result[list] as unknown[] | undefined, Reflect.get(more, list) as unknown[]);
  }
  result['description'] ??= 'description' in more ? more.description : undefined;
  return result as unknown as TypeDefinitionNode;
}

/** The types of a document by name, extensions folded into one definition each, in order of first appearance. */
export function mergedTypes(sdl: DocumentNode): Map<string, TypeDefinitionNode> {
  const types = new Map<string, TypeDefinitionNode>();
  for (const node of sdl.definitions) {
    if (!isType(node)) continue;
    const known = types.get(node.name.value);
    const kind = definitionKinds[node.kind as TypeExtensionNode['kind']] ?? node.kind;
    types.set(node.name.value, known ? folded(known, node) : ({ ...node, kind } as TypeDefinitionNode));
  }
  return types;
}

/** All definitions of a document that are no types: schema, directives. */
export function otherDefinitions(sdl: DocumentNode): DefinitionNode[] {
  return sdl.definitions.filter((node) => !isType(node));
}

/** The fields of an object, interface or input type; none for other kinds. */
export function fieldsOf(
  type: TypeDefinitionNode | undefined,
): readonly (FieldDefinitionNode | InputValueDefinitionNode)[] {
  return type && 'fields' in type ? (type.fields ?? []) : [];
}

/** The fields of an object or interface type. */
export function outputFieldsOf(type: TypeDefinitionNode | undefined): readonly FieldDefinitionNode[] {
  const isOutput = type?.kind === Kind.OBJECT_TYPE_DEFINITION || type?.kind === Kind.INTERFACE_TYPE_DEFINITION;
  return isOutput ? (type.fields ?? []) : [];
}

export function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}

export function isListType(type: TypeNode): boolean {
  return type.kind === Kind.LIST_TYPE || (type.kind === Kind.NON_NULL_TYPE && isListType(type.type));
}

export function directivesOf(
  node: { readonly directives?: readonly ConstDirectiveNode[] | undefined } | undefined,
  name: string,
): readonly ConstDirectiveNode[] {
  return (node?.directives ?? []).filter(
    (directive) => directive.name.value === name || directive.name.value === `federation__${name}`,
  );
}

/** A string or boolean argument of a directive. */
export function argumentOf(directive: ConstDirectiveNode, name: string): string | boolean | undefined {
  const value = directive.arguments?.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING || value?.kind === Kind.BOOLEAN ? value.value : undefined;
}

/** The selection that a field set such as `"id organization { id }"` stands for. */
export function readFieldSet(fieldSet: string): SelectionSetNode {
  const [operation] = parse(`{${fieldSet}}`, { noLocation: true }).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError(`"${fieldSet}" must be a field set`);
  return operation.selectionSet;
}

/** The names of a field set's outermost fields. */
export function fieldSetNames(fieldSet: string): string[] {
  return readFieldSet(fieldSet).selections.flatMap((node) => (node.kind === Kind.FIELD ? [node.name.value] : []));
}

/** The first key of a type that others may refer to it by. */
export function firstKey(type: TypeDefinitionNode | undefined): string | undefined {
  for (const key of directivesOf(type, 'key')) {
    const fields = argumentOf(key, 'fields');
    if (typeof fields === 'string') return fields;
  }
  return undefined;
}

export function isObject(type: TypeDefinitionNode | undefined): type is ObjectTypeDefinitionNode {
  return type?.kind === Kind.OBJECT_TYPE_DEFINITION;
}

/** Where a node stands in a file. */
export function placeOf(file: string, node: { readonly loc?: DocumentNode['loc'] } | undefined): Place {
  const token = node?.loc?.startToken;
  return { file, line: token?.line ?? 1, column: token?.column ?? 1 };
}
