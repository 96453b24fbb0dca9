import type { DocumentNode } from 'graphql';
import { mergedTypes, outputFieldsOf } from '../definitions.ts';
import { guardDirectivesOf } from './guard-directives.ts';
import { buildJoinGraph } from '../join-graph/build.ts';
import type { FieldSetField, JoinField, JoinGraph, JoinType } from '../join-graph/types.ts';
import { bothOf, requirementAt } from './requirements.ts';

/**
 * What fields and types demand of the caller, as the supergraph's `@authenticated`, `@requiresScopes` and `@policy` say.
 *
 * @see {@link https://specs.apollo.dev/authenticated/v0.1/ | authenticated}
 * @see {@link https://specs.apollo.dev/requiresScopes/v0.1/ | requiresScopes}
 * @see {@link https://specs.apollo.dev/policy/v0.1/ | policy}
 */

/** What one guarded place demands: all three parts must be met. */
export interface Requirement {
  /** The caller must be known. True in every requirement: who has scopes or policies to show is known. */
  readonly authenticated: true;
  /** One of the sets must be granted whole; empty: none is asked for. */
  readonly scopes: readonly (readonly string[])[];
  /** One of the sets must be granted whole; empty: none is asked for. */
  readonly policies: readonly (readonly string[])[];
}

/** The guards of a supergraph. Plain data over names; requirements are numbered. */
export interface Guards {
  /** Distinct; a requirement's number is its place in this list. */
  readonly requirements: readonly Requirement[];
  /**
   * By object type: the requirements that its objects have wherever they stand; who lacks one sees no object of the type.
   * Types without any are absent.
   */
  readonly types: ReadonlyMap<string, readonly number[]>;
  /**
   * By `Type.field`, for object types and interfaces: the requirements that reading the field has beyond those of the object
   * it is of. Fields without any are absent.
   */
  readonly fields: ReadonlyMap<string, readonly number[]>;
}

/**
 * The guards of a supergraph. A field's guards are those of the field itself, of the scalar, enum or interface that it
 * gives, of the same field of interfaces that its object implements, and of all that it is computed from (`@requires`):
 * who may not read A does not get B made of A. Pure.
 *
 * Composition writes on an interface what the types that implement it demand together, and refuses any other guard there.
 * Such guards say nothing of their own: they do not count, so that a type without guards stays readable beside one with
 * guards. Where an interface demands anything else, all guards of interfaces were written by somebody and count.
 *
 * @throws {GatewayError} `COMPOSITION_FAILED` where the document is no supergraph, or a directive lacks its argument.
 */
export function readGuards(supergraph: DocumentNode): Guards {
  const reader = new Reader(buildJoinGraph(supergraph), placesOf(supergraph));
  const types = new Map<string, readonly number[]>();
  const fields = new Map<string, readonly number[]>();
  for (const type of reader.graph.types.values()) {
    if (type.kind === 'object') keep(types, type.name, reader.ofType(type.name));
    for (const name of type.fields.keys()) keep(fields, `${type.name}.${name}`, reader.ofField(type, name));
  }
  return { requirements: reader.requirements, types, fields };
}

function keep(into: Map<string, readonly number[]>, key: string, numbers: ReadonlySet<number>): void {
  if (numbers.size > 0)
    into.set(
      key,
      [...numbers].toSorted((a, b) => a - b),
    );
}

/** What each place says itself, by `Type` and `Type.field`. */
type Places = ReadonlyMap<string, Requirement>;

function placesOf(supergraph: DocumentNode): Places {
  const names = guardDirectivesOf(supergraph);
  const places = new Map<string, Requirement>();
  for (const [name, node] of mergedTypes(supergraph)) {
    const fields = outputFieldsOf(node).map((field) => [`${name}.${field.name.value}`, field] as const);
    for (const [place, guarded] of [[name, node] as const, ...fields]) {
      const requirement = requirementAt(guarded, place, names);
      if (requirement) places.set(place, requirement);
    }
  }
  return places;
}

const nothing: ReadonlySet<number> = new Set();

class Reader {
  readonly graph: JoinGraph;
  readonly requirements: Requirement[] = [];
  readonly #places: Places;
  readonly #numbers = new Map<string, number>();
  readonly #interfacesCount: boolean;
  readonly #known = new Map<string, ReadonlySet<number>>();
  /** Fields that are being read: `@requires` may go round in circles. */
  readonly #reading = new Set<string>();

  constructor(graph: JoinGraph, places: Places) {
    this.graph = graph;
    this.#places = places;
    this.#interfacesCount = [...graph.types.values()].some(
      (type) => type.kind === 'interface' && !isDerived(type, graph, places),
    );
  }

  /** What every object of the type demands, wherever it stands. */
  ofType(name: string): ReadonlySet<number> {
    const type = this.graph.types.get(name);
    return new Set([name, ...(type?.interfaces ?? [])].flatMap((place) => this.#at(place)));
  }

  ofField(type: JoinType, name: string): ReadonlySet<number> {
    const key = `${type.name}.${name}`;
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#reading.has(key)) return nothing;
    const isOutermost = this.#reading.size === 0;
    this.#reading.add(key);
    const found = this.#readField(type, name);
    this.#reading.delete(key);
    // Within a circle, what is found further in lacks what is further out.
    if (isOutermost) this.#known.set(key, found);
    return found;
  }

  #readField(type: JoinType, name: string): ReadonlySet<number> {
    const found = new Set<number>();
    for (const owner of [type.name, ...type.interfaces]) {
      const field = this.graph.types.get(owner)?.fields.get(name);
      if (!field) continue;
      for (const number of this.#at(`${owner}.${name}`)) found.add(number);
      if (this.graph.types.get(field.type.name)?.kind !== 'object')
        for (const number of this.#at(field.type.name)) found.add(number);
      for (const number of this.#ofRequired(type, field)) found.add(number);
    }
    return found;
  }

  /** What the fields demand that a field is computed from, in any upstream. */
  #ofRequired(type: JoinType, { upstreams }: JoinField): ReadonlySet<number> {
    const found = new Set<number>();
    const add = (fields: readonly FieldSetField[], isBelow: boolean): void => {
      for (const { name, parentType, on, fields: below } of fields) {
        const possible = on ?? this.graph.types.get(parentType)?.possible ?? [];
        // What is required is read of the object itself, whatever else implements the type that names it.
        const isItself = !isBelow && type.kind === 'object';
        for (const each of isItself ? possible.filter((one) => one === type.name) : possible) {
          const object = this.graph.types.get(each);
          if (isBelow) for (const number of this.ofType(each)) found.add(number);
          if (object) for (const number of this.ofField(object, name)) found.add(number);
        }
        if (below) add(below, true);
      }
    };
    for (const { requires } of upstreams.values()) if (requires) add(requires.fields, false);
    return found;
  }

  /** Numbers of what a place says itself. */
  #at(place: string): readonly number[] {
    const [type = ''] = place.split('.');
    if (!this.#interfacesCount && this.graph.types.get(type)?.kind === 'interface') return [];
    const requirement = this.#places.get(place);
    return requirement ? [this.#numberOf(requirement)] : [];
  }

  #numberOf(requirement: Requirement): number {
    const key = JSON.stringify([requirement.scopes, requirement.policies]);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.requirements.push(requirement);
    this.#numbers.set(key, this.requirements.length - 1);
    return this.requirements.length - 1;
  }
}

/** Whether an interface and its fields demand just what the types that implement it demand together. */
function isDerived({ name, possible, fields }: JoinType, graph: JoinGraph, places: Places): boolean {
  const together = (suffix: string, types: readonly string[]): Requirement | undefined =>
    types.map((type) => places.get(type + suffix)).reduce(bothOf, undefined);
  const isSame = (suffix: string, types: readonly string[]): boolean =>
    JSON.stringify(places.get(name + suffix)) === JSON.stringify(together(suffix, types));
  return (
    isSame('', possible) &&
    [...fields.keys()].every((field) =>
      isSame(
        `.${field}`,
        possible.filter((type) => graph.types.get(type)?.fields.has(field)),
      ),
    )
  );
}
