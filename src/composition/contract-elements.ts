import { extractLinkImplementations } from '@theguild/federation-composition';
import {
  Kind,
  specifiedDirectives,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
  type InputValueDefinitionNode,
  type TypeDefinitionNode,
  type TypeNode,
} from 'graphql';
import { argumentOf, mergedTypes, namedType } from './definitions.ts';

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
  const owner = type.name.value;
  const base = {
    ...elementOf(type, { place: owner, name: owner }, marks),
    kind: type.kind,
    fields: [],
    inputs: [],
    values: [],
    interfaces: [],
    members: [],
  };
  switch (type.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION: {
      const interfaces = (type.interfaces ?? []).map(({ name }) => name.value);
      return { ...base, interfaces, fields: (type.fields ?? []).map((field) => fieldOf(field, owner, marks)) };
    }
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return {
        ...base,
        inputs: (type.fields ?? []).map((input) => inputOf(input, `${owner}.${input.name.value}`, marks)),
      };
    case Kind.ENUM_TYPE_DEFINITION: {
      const values = type.values ?? [];
      return {
        ...base,
        values: values.map((node) =>
          elementOf(node, { place: `${owner}.${node.name.value}`, name: node.name.value }, marks),
        ),
      };
    }
    case Kind.UNION_TYPE_DEFINITION:
      return { ...base, members: (type.types ?? []).map(({ name }) => name.value) };
    case Kind.SCALAR_TYPE_DEFINITION:
      return base;
  }
}

type FieldNode = Extract<TypeDefinitionNode, { kind: typeof Kind.OBJECT_TYPE_DEFINITION }>['fields'] & {};

function fieldOf(field: FieldNode[number], owner: string, marks: Marks): FieldElement {
  const name = field.name.value;
  const place = `${owner}.${name}`;
  const inputs = (field.arguments ?? []).map((input) => inputOf(input, `${place}(${input.name.value}:)`, marks));
  return { ...elementOf(field, { place, name }, marks), type: namedType(field.type), inputs };
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
