import { Kind, type DocumentNode, type TypeDefinitionNode } from 'graphql';
import { fieldsOf, mergedTypes, namedType, outputFieldsOf } from '../definitions.ts';
import { markedPlaces } from './sensitive-places.ts';

/** What of a schema is sensitive: nothing of such values may be told in logs, traces or metrics. */
export interface Sensitive {
  /** Coordinates: `Type`, `Type.field` (of objects, interfaces and inputs), `Type.field(argument:)`, `@directive(argument:)`. */
  readonly places: ReadonlySet<string>;
  /** Names of input objects that hold anything sensitive, however deep. */
  readonly holders: ReadonlySet<string>;
}

/** A schema in which nothing is sensitive. */
export const nothingSensitive: Sensitive = { places: new Set(), holders: new Set() };

/**
 * What `@sensitive` says in a supergraph, composed or ready. On a type it holds for all that is inside; on a field, for its
 * arguments. What an interface says of its fields and arguments holds for the types that implement it, and the other way
 * round, as a value that is given to the one reaches the other. Pure.
 */
export function readSensitive(supergraph: DocumentNode): Sensitive {
  const marked = markedPlaces(supergraph, new Map());
  if (marked.size === 0) return nothingSensitive;
  const types = mergedTypes(supergraph);
  const places = new Set(marked);
  for (const [name, type] of types) if (marked.has(name)) for (const place of insideOf(name, type)) places.add(place);
  const implementing = [...types].flatMap(([name, type]) => interfacesOf(type).map((above) => [name, above] as const));
  for (const [name, above] of implementing) copyPlaces(types, { from: above, to: name, places });
  for (const [name, above] of implementing) copyPlaces(types, { from: name, to: above, places });
  for (const [name, type] of types)
    for (const field of outputFieldsOf(type)) {
      const coordinate = `${name}.${field.name.value}`;
      if (!places.has(coordinate)) continue;
      for (const argument of field.arguments ?? []) places.add(`${coordinate}(${argument.name.value}:)`);
    }
  return { places, holders: holdersOf(places, types) };
}

function insideOf(name: string, type: TypeDefinitionNode): readonly string[] {
  return fieldsOf(type).map((field) => `${name}.${field.name.value}`);
}

function interfacesOf(type: TypeDefinitionNode): readonly string[] {
  return 'interfaces' in type ? (type.interfaces ?? []).map(({ name }) => name.value) : [];
}

interface Copying {
  readonly from: string;
  readonly to: string;
  readonly places: Set<string>;
}

function copyPlaces(types: ReadonlyMap<string, TypeDefinitionNode>, { from, to, places }: Copying): void {
  for (const field of outputFieldsOf(types.get(to))) {
    const end = `.${field.name.value}`;
    const ends = [end, ...(field.arguments ?? []).map((argument) => `${end}(${argument.name.value}:)`)];
    for (const each of ends) if (places.has(from + each)) places.add(to + each);
  }
}

function holdersOf(places: ReadonlySet<string>, types: ReadonlyMap<string, TypeDefinitionNode>): ReadonlySet<string> {
  const holders = new Set<string>();
  const heldBy = new Map<string, string[]>();
  const pending = [...types.keys()].filter((name) => places.has(name));
  for (const [name, type] of types) {
    if (type.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION) continue;
    for (const field of fieldsOf(type)) {
      const inner = namedType(field.type);
      heldBy.set(inner, [...(heldBy.get(inner) ?? []), name]);
      if (places.has(`${name}.${field.name.value}`)) pending.push(name);
    }
  }
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (types.get(name)?.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) holders.add(name);
    for (const holder of heldBy.get(name) ?? []) if (!holders.has(holder)) pending.push(holder);
  }
  return holders;
}
