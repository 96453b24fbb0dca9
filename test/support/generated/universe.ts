import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isInterfaceType,
  isObjectType,
  Kind,
  type GraphQLInputType,
  type GraphQLSchema,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql';
import type { Subgraph, SubgraphField } from './subgraph.ts';

/** One object that all subgraphs and the monolith agree on: its values follow from what it is. */
export interface Thing {
  readonly type: string;
  /** An entity has one of a few seeds, so that the same entity is met along different ways. */
  readonly seed: string;
}

export type Value = null | string | number | boolean | Thing | readonly Value[];

export type Arguments = Readonly<Record<string, unknown>>;

/** A field as one subgraph declares it, under the type or an interface of the type. */
export interface Declaration {
  readonly subgraph: Subgraph;
  readonly field: SubgraphField;
}

const entitySeeds = ['x', 'y', 'z'];

/**
 * Data for a supergraph. Nothing is stored: a value follows from type, seed, field and arguments. It fits what every
 * subgraph says of the field: null only where all allow it, of types and enum values that all know.
 */
export class Universe {
  readonly subgraphs: readonly Subgraph[];
  /** What clients see. */
  readonly schema: GraphQLSchema;
  readonly #declarations = new Map<string, readonly Declaration[]>();
  readonly #interfaces = new Map<string, ReadonlySet<string>>();
  readonly #keyFields = new Set<string>();
  readonly #entities = new Set<string>();

  constructor(subgraphs: readonly Subgraph[], schema: GraphQLSchema) {
    this.subgraphs = subgraphs;
    this.schema = schema;
    for (const { types } of subgraphs) {
      for (const type of types.values()) {
        if (type.kind === 'object' && !type.isInterfaceObject) {
          this.#interfaces.set(type.name, new Set([...(this.#interfaces.get(type.name) ?? []), ...type.interfaces]));
        }
        if (type.keys.length > 0) this.#entities.add(type.name);
        for (const { fields } of type.keys) for (const name of fieldNames(fields)) this.#keyFields.add(name);
      }
    }
  }

  interfacesOf(type: string): readonly string[] {
    return [...(this.#interfaces.get(type) ?? [])];
  }

  /** Every declaration of a field of an object type, those of interface objects included. */
  declarationsOf(type: string, field: string): readonly Declaration[] {
    const at = `${type}.${field}`;
    const known = this.#declarations.get(at);
    if (known) return known;
    const found = this.subgraphs.flatMap((subgraph) =>
      [type, ...this.interfacesOf(type)].flatMap((name) => {
        const there = subgraph.types.get(name);
        const declared = there && (name === type || there.isInterfaceObject) ? there.fields.get(field) : undefined;
        return declared ? [{ subgraph, field: declared }] : [];
      }),
    );
    this.#declarations.set(at, found);
    return found;
  }

  isEntity(type: string): boolean {
    return this.#entities.has(type) || this.interfacesOf(type).some((name) => this.#entities.has(name));
  }

  isKeyField(field: string): boolean {
    return this.#keyFields.has(field);
  }

  /** Every object of an entity type or interface that there is. */
  thingsOf(type: string): readonly Thing[] {
    const types = [...this.#interfaces].flatMap(([name, interfaces]) =>
      name === type || interfaces.has(type) ? [name] : [],
    );
    return types.flatMap((name) => entitySeeds.map((seed) => ({ type: name, seed })));
  }

  /** The value of a field where nothing goes wrong. */
  valueOf(thing: Thing, field: string, given: Arguments): Value {
    const declarations = this.declarationsOf(thing.type, field);
    const at = `${thing.type}|${thing.seed}|${field}|${this.#argumentsText(thing.type, field, given)}`;
    const types = declarations.map((declaration) => declaration.field.type);
    return this.#value(at, { types, declarations, isKey: this.#keyFields.has(field) });
  }

  #value(at: string, of: Wanted): Value {
    const isNonNull = of.types.some(({ kind }) => kind === Kind.NON_NULL_TYPE);
    if (!isNonNull && !of.isKey && hash(`${at}|null`) % 8 === 0) return null;
    const types = of.types.map((type) => (type.kind === Kind.NON_NULL_TYPE ? type.type : type));
    if (types[0]?.kind === Kind.LIST_TYPE) {
      const items = types.flatMap((type) => (type.kind === Kind.LIST_TYPE ? [type.type] : []));
      const length = of.isKey ? 1 : hash(`${at}|length`) % 4;
      return Array.from({ length }, (_, index) => this.#value(`${at}|${index}`, { ...of, types: items }));
    }
    return this.#named(
      at,
      types.flatMap((type) => (type.kind === Kind.NAMED_TYPE ? [type.name.value] : [])),
      of,
    );
  }

  #named(at: string, names: readonly string[], { declarations, isKey }: Wanted): Value {
    const declared = names.map((name, index) => declarations[index]?.subgraph.types.get(name));
    const kind = declared[0]?.kind;
    if (kind === 'enum') {
      const values = declared
        .map((type) => type?.values ?? [])
        .reduce((all, some) => all.filter((v) => some.includes(v)));
      return values[hash(at) % Math.max(1, values.length)] ?? null;
    }
    if (kind === 'object' || kind === 'interface' || kind === 'union') {
      return this.#thing(at, this.#possible(declarations, names));
    }
    const number = hash(at) % 100_000;
    if (names[0] === 'Int') return number;
    if (names[0] === 'Float') return number / 4;
    if (names[0] === 'Boolean') return number % 2 === 0;
    return isKey ? at.replaceAll('|', '-') : at;
  }

  /** Object types that a value may have in the eyes of all subgraphs, and of clients. */
  #possible(declarations: readonly Declaration[], names: readonly string[]): readonly string[] {
    let possible: readonly string[] | undefined;
    for (const [index, name] of names.entries()) {
      const type = declarations[index]?.subgraph.types.get(name);
      const here = type?.isInterfaceObject
        ? [...this.#interfaces].flatMap(([each, interfaces]) => (interfaces.has(name) ? [each] : []))
        : (type?.possible ?? []);
      possible = possible ? possible.filter((each) => here.includes(each)) : here;
    }
    return (possible ?? []).filter((name) => isObjectType(this.schema.getType(name)));
  }

  #thing(at: string, possible: readonly string[]): Value {
    const type = possible[hash(`${at}|type`) % Math.max(1, possible.length)];
    if (type === undefined) return null;
    if (type === this.schema.getQueryType()?.name) return { type, seed: 'root' };
    const seed = this.isEntity(type)
      ? (entitySeeds[hash(`${at}|seed`) % entitySeeds.length] ?? 'x')
      : hash(at).toString(36);
    return { type, seed };
  }

  /** Arguments and input fields that only some upstreams know, and clients therefore do not see, do not count. */
  #argumentsText(type: string, field: string, given: Arguments): string {
    if (Object.keys(given).length === 0) return '';
    const parent = this.schema.getType(type);
    const known = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[field] : undefined;
    const types = new Map(known?.args.map((argument) => [argument.name, argument.type]));
    const seen = Object.entries(given)
      .filter(([name, value]) => value !== undefined && (!known || types.has(name)))
      .map(([name, value]) => [name, visibleInput(value, types.get(name))] as const);
    return JSON.stringify(Object.fromEntries(seen.toSorted(([a], [b]) => (a < b ? -1 : 1))));
  }
}

/** Every field name in a field set, at any depth. */
export function fieldNames({ selections }: SelectionSetNode): readonly string[] {
  return selections.flatMap((node) => {
    if (node.kind === Kind.FRAGMENT_SPREAD) return [];
    const below = node.selectionSet ? fieldNames(node.selectionSet) : [];
    return node.kind === Kind.FIELD ? [node.name.value, ...below] : below;
  });
}

interface Wanted {
  readonly types: readonly TypeNode[];
  readonly declarations: readonly Declaration[];
  readonly isKey: boolean;
}

function visibleInput(value: unknown, type: GraphQLInputType | undefined): unknown {
  if (isNonNullType(type)) return visibleInput(value, type.ofType);
  if (isListType(type)) return Array.isArray(value) ? value.map((item) => visibleInput(item, type.ofType)) : value;
  if (isEnumType(type) || !isInputObjectType(type) || typeof value !== 'object' || value === null) return value;
  const fields = type.getFields();
  const members = Object.entries(value)
    .filter(([name]) => name in fields)
    .map(([name, inner]) => [name, visibleInput(inner, fields[name]?.type)] as const);
  return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** FNV-1a, so that data looks random and stays the same. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}
