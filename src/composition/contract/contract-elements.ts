import { extractLinkImplementations } from '@theguild/federation-composition';
import {
  Kind,
  specifiedDirectives,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  type TypeDefinitionNode,
  type TypeNode,
} from 'graphql';
import { argumentOf, mergedTypes, namedType, outputFieldsOf } from '../definitions.ts';

/**
 * The parts of a supergraph that an audience may or may not see, by their coordinates: `Type`, `Type.field`,
 * `Type.field(argument:)`, `Enum.VALUE`, `Input.field`, `@directive(argument:)`. What belongs to a linked specification is no
 * part of it.
 */
export interface Elements {
  readonly types: ReadonlyMap<string, TypeElement>;
  /** Arguments of directives that clients may use. */
  readonly directiveInputs: readonly InputElement[];
  /** Names of the root types that there are. */
  readonly roots: Readonly<Record<'query' | 'mutation' | 'subscription', string>>;
}

export interface Element {
  readonly place: string;
  readonly name: string;
  readonly tags: ReadonlySet<string>;
  readonly isInaccessible: boolean;
}

export interface TypeElement extends Element {
  readonly kind: TypeDefinitionNode['kind'];
  /** Of objects and interfaces. */
  readonly fields: readonly FieldElement[];
  /** Of input types. */
  readonly inputs: readonly InputElement[];
  /** Of enums. */
  readonly values: readonly Element[];
  readonly interfaces: readonly string[];
  /** Of unions. */
  readonly members: readonly string[];
}

export interface FieldElement extends Element {
  /** Name of the type that it gives. */
  readonly type: string;
  readonly inputs: readonly InputElement[];
}

export interface InputElement extends Element {
  readonly type: TypeNode;
  readonly defaultValue: ConstValueNode | undefined;
  /** Whether it must be given. */
  readonly isRequired: boolean;
}

interface Directed {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

interface Marks {
  /** What the document calls `@tag`. */
  readonly tag: string;
  readonly inaccessible: string;
}

/** Reads the elements of a supergraph, in its order. */
export function readElements(supergraph: DocumentNode): Elements {
  const { links, resolveImportName } = extractLinkImplementations(supergraph);
  const marks = {
    tag: resolveImportName('https://specs.apollo.dev/tag', '@tag'),
    inaccessible: resolveImportName('https://specs.apollo.dev/inaccessible', '@inaccessible'),
  };
  const specifications = links.map(({ identity }) => identity.slice(identity.lastIndexOf('/') + 1));
  const prefixes = ['join', 'link', 'core', ...specifications].map((name) => `${name}__`);
  const isOwn = (name: string): boolean => !prefixes.some((prefix) => name.startsWith(prefix));
  const types = [...mergedTypes(supergraph)].filter(([name]) => isOwn(name));
  const internal = new Set([...specifications, marks.tag, marks.inaccessible, ...specifiedDirectives.map(String)]);
  const directiveInputs = supergraph.definitions.flatMap((node) =>
    node.kind === Kind.DIRECTIVE_DEFINITION && isOwn(node.name.value) && !internal.has(node.name.value)
      ? (node.arguments ?? []).map((input) => inputOf(input, `@${node.name.value}(${input.name.value}:)`, marks))
      : [],
  );
  return {
    types: new Map(types.map(([name, type]) => [name, typeOf(type, marks)])),
    directiveInputs,
    roots: rootsOf(supergraph),
  };
}

function rootsOf({ definitions }: DocumentNode): Elements['roots'] {
  const roots = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' };
  for (const node of definitions) {
    if (node.kind !== Kind.SCHEMA_DEFINITION && node.kind !== Kind.SCHEMA_EXTENSION) continue;
    for (const { operation, type } of node.operationTypes ?? []) roots[operation] = type.name.value;
  }
  return roots;
}

function typeOf(type: TypeDefinitionNode, marks: Marks): TypeElement {
  const name = type.name.value;
  const inputs = type.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION ? (type.fields ?? []) : [];
  const values = type.kind === Kind.ENUM_TYPE_DEFINITION ? (type.values ?? []) : [];
  const members = type.kind === Kind.UNION_TYPE_DEFINITION ? (type.types ?? []) : [];
  const interfaces = 'interfaces' in type ? (type.interfaces ?? []) : [];
  return {
    ...elementOf(type, { place: name, name }, marks),
    kind: type.kind,
    fields: outputFieldsOf(type).map((field) => fieldOf(field, name, marks)),
    inputs: inputs.map((input) => inputOf(input, `${name}.${input.name.value}`, marks)),
    values: values.map((node) => elementOf(node, memberAt(name, node.name.value), marks)),
    interfaces: interfaces.map((each) => each.name.value),
    members: members.map((each) => each.name.value),
  };
}

function memberAt(owner: string, name: string): Pick<Element, 'place' | 'name'> {
  return { place: `${owner}.${name}`, name };
}

function fieldOf(field: FieldDefinitionNode, owner: string, marks: Marks): FieldElement {
  const at = memberAt(owner, field.name.value);
  const inputs = (field.arguments ?? []).map((input) => inputOf(input, `${at.place}(${input.name.value}:)`, marks));
  return { ...elementOf(field, at, marks), type: namedType(field.type), inputs };
}

function inputOf(input: InputValueDefinitionNode, place: string, marks: Marks): InputElement {
  const { type, defaultValue } = input;
  const isRequired = type.kind === Kind.NON_NULL_TYPE && defaultValue === undefined;
  return { ...elementOf(input, { place, name: input.name.value }, marks), type, defaultValue, isRequired };
}

function elementOf(node: Directed, at: Pick<Element, 'place' | 'name'>, { tag, inaccessible }: Marks): Element {
  const directives = node.directives ?? [];
  const tags = directives.flatMap((directive) => {
    const name = directive.name.value === tag ? argumentOf(directive, 'name') : undefined;
    return typeof name === 'string' ? [name] : [];
  });
  return {
    ...at,
    tags: new Set(tags),
    isInaccessible: directives.some(({ name }) => name.value === inaccessible),
  };
}
