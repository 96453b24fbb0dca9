import {
  isTypeDefinitionNode,
  Kind,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  type ObjectTypeDefinitionNode,
  type TypeDefinitionNode,
} from 'graphql';
import {
  addDemand,
  demandOf,
  guardNames,
  guardsOfSupergraph,
  isSameDemand,
  withDemand,
  type Demand,
  type Demands,
} from './demands.ts';
import { mergedTypes, outputFieldsOf } from '../definitions.ts';
import type { GuardDirectives } from './guard-directives.ts';
import { withFeature } from '../link-feature.ts';
import { readSourceGuards } from './lower-guards.ts';
import type { SourceSchema } from '../types.ts';

/**
 * Holds a composed supergraph against the guards of its sources: what any source demands at a place must be demanded
 * there, whatever the others say of it. What composition has left out is put back.
 */

/** The supergraph in which every guard of every source holds; the same document where all do already. Pure. */
export function holdGuards(supergraph: DocumentNode, sources: readonly SourceSchema[]): DocumentNode {
  const demanded = demandsOf(sources);
  if (demanded.size === 0) return supergraph;
  const names = guardsOfSupergraph(supergraph);
  const holder = { names, wanted: wantedOf(mergedTypes(supergraph), demanded, names) };
  const definitions = supergraph.definitions.map((node) => held(node, holder));
  if (definitions.every((node, index) => node === supergraph.definitions[index])) return supergraph;
  const needed = { authenticated: false, requiresScopes: false, policy: false };
  for (const { authenticated, scopes, policies } of holder.wanted.values()) {
    needed.authenticated ||= authenticated;
    needed.requiresScopes ||= scopes.length > 0;
    needed.policy ||= policies.length > 0;
  }
  return guardNames.filter((guard) => needed[guard]).reduce<DocumentNode>(withFeature, { ...supergraph, definitions });
}

/** All that sources demand, by the names of the supergraph. */
function demandsOf(sources: readonly SourceSchema[]): ReadonlyMap<string, Demand> {
  const all: Demands = new Map();
  for (const { sdl } of sources) {
    const roots = rootNames(sdl);
    for (const [place, demand] of readSourceGuards(sdl).demands) {
      const [type = '', ...field] = place.split('.');
      addDemand(all, [roots.get(type) ?? type, ...field].join('.'), demand);
    }
  }
  return all;
}

const rootTypes = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

/** A source may call its root types as it likes; in the supergraph they have their usual names. */
export function rootNames(sdl: DocumentNode): ReadonlyMap<string, string> {
  return new Map(
    sdl.definitions.flatMap((node) =>
      node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION
        ? (node.operationTypes ?? []).map(({ operation, type }) => [type.name.value, rootTypes[operation]] as const)
        : [],
    ),
  );
}

type Types = ReadonlyMap<string, TypeDefinitionNode>;

/**
 * What is to stand in the supergraph. What an interface demands in any source is demanded of all types that implement it:
 * who reads one of them through the interface must not go past the guard. An interface itself demands what all of these
 * do together, as Federation 2.12 has it.
 */
function wantedOf(types: Types, demanded: ReadonlyMap<string, Demand>, names: GuardDirectives): Demands {
  const wanted: Demands = new Map();
  const places = [...types].flatMap(([name, type]) => placesOf(name, type));
  const below = (name: string, type: TypeDefinitionNode): readonly string[] => [name, ...interfacesOf(type)];
  for (const { place, node, type, name, field } of places) {
    if (type.kind === Kind.INTERFACE_TYPE_DEFINITION) continue;
    addDemand(wanted, place, demandOf(node, place, names));
    for (const each of below(name, type)) addDemand(wanted, place, demanded.get(each + field));
  }
  for (const { place, type, field } of places) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    for (const each of interfacesOf(type)) addDemand(wanted, each + field, wanted.get(place));
  }
  return wanted;
}

function interfacesOf(type: TypeDefinitionNode): readonly string[] {
  return type.kind === Kind.OBJECT_TYPE_DEFINITION ? (type.interfaces ?? []).map(({ name }) => name.value) : [];
}

interface GuardedPlace {
  /** `Type` or `Type.field`. */
  readonly place: string;
  readonly name: string;
  /** `.field`, or empty. */
  readonly field: string;
  readonly type: TypeDefinitionNode;
  readonly node: TypeDefinitionNode | FieldDefinitionNode;
}

function placesOf(name: string, type: TypeDefinitionNode): readonly GuardedPlace[] {
  const fields = outputFieldsOf(type).map((node) => ({ field: `.${node.name.value}`, node }));
  return [{ field: '', node: type }, ...fields].map((each) => ({ ...each, place: name + each.field, name, type }));
}

interface Holder {
  readonly wanted: ReadonlyMap<string, Demand>;
  readonly names: GuardDirectives;
}

function held(node: DefinitionNode, holder: Holder): DefinitionNode {
  if (!isTypeDefinitionNode(node)) return node;
  const type = heldAt(node, node.name.value, holder);
  const hasFields = type.kind === Kind.OBJECT_TYPE_DEFINITION || type.kind === Kind.INTERFACE_TYPE_DEFINITION;
  return hasFields ? withHeldFields(type, holder) : type;
}

function withHeldFields(
  node: ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode,
  holder: Holder,
): ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode {
  const fields = node.fields?.map((field) => heldAt(field, `${node.name.value}.${field.name.value}`, holder));
  return fields?.some((field, index) => field !== node.fields?.[index]) ? { ...node, fields } : node;
}

function heldAt<N extends FieldDefinitionNode | TypeDefinitionNode>(
  node: N,
  place: string,
  { wanted, names }: Holder,
): N {
  const demand = wanted.get(place);
  return isSameDemand(demand, demandOf(node, place, names))
    ? node
    : { ...node, directives: withDemand(node, demand, names) };
}
