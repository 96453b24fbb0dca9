import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isListType,
  isNonNullType,
  type GraphQLOutputType,
} from 'graphql';
import type { FieldSet, JoinField, JoinGraph } from '../../../../src/composition/join-graph/types.ts';

/** One object of the world that all upstreams and the monolith agree on. */
export interface WorldObject {
  readonly type: string;
  /** Entities have one of a few seeds, so that the same entity is met along different ways. */
  readonly seed: string;
}

export type WorldValue = null | string | number | boolean | WorldObject | readonly WorldValue[];

const entitySeeds = ['x', 'y', 'z'];

/** Data in which every value follows from type, seed, field and arguments, so that nothing needs to be stored. */
export class World {
  readonly graph: JoinGraph;
  readonly #visible: ReadonlySet<string>;

  /** No object has a type that is not `visible`. */
  constructor(graph: JoinGraph, visible: ReadonlySet<string>) {
    this.graph = graph;
    this.#visible = visible;
  }

  /** Every object of an entity type that there is. */
  entities(type: string): readonly WorldObject[] {
    return entitySeeds.map((seed) => ({ type, seed }));
  }

  valueOf(
    object: WorldObject,
    name: string,
    { args, type }: { readonly args: object; readonly type: GraphQLOutputType },
  ): WorldValue {
    const at = `${object.type}|${object.seed}|${name}|${JSON.stringify(args)}`;
    const fields = this.#fieldsOf(object.type, name);
    const canBeNull =
      !isNonNullType(type) &&
      fields.every((field) => [...field.upstreams.values()].every((one) => !one.type.text.endsWith('!')));
    if (canBeNull && !this.#isInKey(name) && hash(`${at}|null`) % 9 === 0) return null;
    return this.#filled(at, getNullableType(type), fields);
  }

  #filled(at: string, type: GraphQLOutputType, fields: readonly JoinField[]): WorldValue {
    if (isNonNullType(type)) return this.#filled(at, type.ofType, fields);
    if (isListType(type))
      return Array.from({ length: 1 + (hash(`${at}|length`) % 3) }, (_, index) =>
        this.#filled(`${at}|${index}`, type.ofType, fields),
      );
    const named = getNamedType(type);
    if (isCompositeType(named)) return this.#object(at, named.name, fields);
    const number = hash(at);
    if (isEnumType(named)) return named.getValues()[number % named.getValues().length]?.name ?? '';
    if (named.name === 'Int' || named.name === 'Float') return number % 100_000;
    return named.name === 'Boolean' ? number % 2 === 0 : at;
  }

  #object(at: string, declared: string, fields: readonly JoinField[]): WorldObject {
    let possible = (this.graph.types.get(declared)?.possible ?? []).filter((name) => this.#visible.has(name));
    for (const field of fields) {
      for (const [index, inUpstream] of field.upstreams) {
        const there = this.graph.types.get(inUpstream.type.name)?.upstreams.get(index);
        if (there && !there.isInterfaceObject) possible = possible.filter((name) => there.possible.includes(name));
      }
    }
    const name = possible[hash(`${at}|type`) % possible.length] ?? declared;
    const seed = this.#isEntity(name)
      ? (entitySeeds[hash(`${at}|seed`) % entitySeeds.length] ?? 'x')
      : hash(at).toString(36);
    return { type: name, seed: this.#isRoot(name) ? 'root' : seed };
  }

  #isRoot(type: string): boolean {
    return Object.values(this.graph.roots).includes(type);
  }

  #isEntity(type: string): boolean {
    return [...this.#withInterfaces(type)].some((name) =>
      [...(this.graph.types.get(name)?.upstreams.values() ?? [])].some(({ keys }) => keys.length > 0),
    );
  }

  #isInKey(field: string): boolean {
    const inSet = (fields: FieldSet): boolean => fields.some((one) => one.name === field || inSet(one.fields ?? []));
    return [...this.graph.types.values()].some(({ upstreams }) =>
      [...upstreams.values()].some(({ keys }) => keys.some((key) => inSet(key.fields))),
    );
  }

  *#withInterfaces(type: string): Generator<string> {
    yield type;
    yield* this.graph.types.get(type)?.interfaces ?? [];
  }

  /** The field as its type and the type's interfaces have it. */
  #fieldsOf(type: string, name: string): readonly JoinField[] {
    return [...this.#withInterfaces(type)].flatMap((one) => this.graph.types.get(one)?.fields.get(name) ?? []);
  }
}

/** FNV-1a, so that data looks random and stays the same. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}
