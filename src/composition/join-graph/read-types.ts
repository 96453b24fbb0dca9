import { Kind, type DocumentNode, type TypeDefinitionNode } from 'graphql';
import { mergedTypes, namedType, outputFieldsOf } from '../definitions.ts';
import { readSupergraphUpstreams } from '../supergraph.ts';
import { directiveArguments, textOf } from './directives.ts';
import type { FieldSetTypes } from './field-set.ts';
import type { JoinGraph, JoinType } from './types.ts';

const kinds: Partial<Record<TypeDefinitionNode['kind'], JoinType['kind']>> = {
  [Kind.OBJECT_TYPE_DEFINITION]: 'object',
  [Kind.INTERFACE_TYPE_DEFINITION]: 'interface',
  [Kind.UNION_TYPE_DEFINITION]: 'union',
  [Kind.SCALAR_TYPE_DEFINITION]: 'scalar',
  [Kind.ENUM_TYPE_DEFINITION]: 'enum',
  [Kind.INPUT_OBJECT_TYPE_DEFINITION]: 'input',
};

/** What all steps of building share: the definitions and who is who. */
export interface Reading extends FieldSetTypes {
  readonly nodes: ReadonlyMap<string, TypeDefinitionNode>;
  readonly upstreams: readonly string[];
  /** Index of an upstream by its `join__Graph` value. */
  readonly indexOf: ReadonlyMap<string, number>;
  readonly roots: JoinGraph['roots'];
}

/** First reading of the document: names, roots and possible types. */
export function readDefinitions(supergraph: DocumentNode): Reading {
  const listed = readSupergraphUpstreams(supergraph);
  const nodes = new Map([...mergedTypes(supergraph)].filter(([name]) => !/^(join|link|core)__/.test(name)));
  return {
    nodes,
    upstreams: listed.map(({ name }) => name),
    indexOf: new Map(listed.map(({ graph }, index) => [graph, index])),
    roots: rootsOf(supergraph, nodes),
    possible: possibleTypes(nodes),
    fieldType: fieldTypes(nodes),
  };
}

function fieldTypes(nodes: Reading['nodes']): Reading['fieldType'] {
  const known = new Map<string, ReadonlyMap<string, string>>();
  return (type, field) => {
    let fields = known.get(type);
    if (!fields) {
      fields = new Map(outputFieldsOf(nodes.get(type)).map((node) => [node.name.value, namedType(node.type)]));
      known.set(type, fields);
    }
    return fields.get(field);
  };
}

export function kindOf(node: TypeDefinitionNode): JoinType['kind'] {
  const kind = kinds[node.kind];
  if (kind === undefined) throw new TypeError(`expected a type definition, but got: ${node.kind}`);
  return kind;
}

function rootsOf(supergraph: DocumentNode, nodes: Reading['nodes']): JoinGraph['roots'] {
  const named = new Map<string, string>();
  for (const node of supergraph.definitions) {
    if (node.kind !== Kind.SCHEMA_DEFINITION && node.kind !== Kind.SCHEMA_EXTENSION) continue;
    for (const { operation, type } of node.operationTypes ?? []) named.set(operation, type.name.value);
  }
  const mutation = named.get('mutation') ?? (nodes.has('Mutation') ? 'Mutation' : undefined);
  const subscription = named.get('subscription') ?? (nodes.has('Subscription') ? 'Subscription' : undefined);
  return { query: named.get('query') ?? 'Query', ...(mutation && { mutation }), ...(subscription && { subscription }) };
}

function possibleTypes(nodes: Reading['nodes']): Reading['possible'] {
  const possible = new Map<string, string[]>();
  const add = (type: string, member: string) => {
    const members = possible.get(type);
    if (!members) possible.set(type, [member]);
    else if (!members.includes(member)) members.push(member);
  };
  for (const [name, node] of nodes) {
    if (node.kind === Kind.UNION_TYPE_DEFINITION) for (const member of node.types ?? []) add(name, member.name.value);
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    add(name, name);
    for (const { name: implemented } of node.interfaces ?? []) add(implemented.value, name);
  }
  return new Map([...possible].map(([name, members]) => [name, { possible: members.toSorted() }]));
}

/** Indexes of the upstreams that define a type; all where the supergraph (join v0.1 value types) does not say. */
export function upstreamsOf(node: TypeDefinitionNode, reading: Reading): readonly number[] {
  const listed = directiveArguments(node, 'join__type').map((values) => textOf(values, 'graph'));
  if (listed.length === 0) return reading.upstreams.map((_, index) => index);
  return [...new Set(listed)].flatMap((graph) => reading.indexOf.get(graph ?? '') ?? []);
}
