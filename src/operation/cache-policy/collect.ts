import { keptTagOf, tagOf, type Entity } from './entity-tags.ts';
import type { EntityShape, Shape } from './shapes.ts';

/** The entities of an answer, each once, and what `@cacheTag` of their types says of them. */
export interface Collected {
  readonly entities: readonly Entity[];
  /** What an answer with them is kept under, each once, after these. */
  readonly keptTags: (own: readonly string[]) => readonly string[];
  readonly tags: ReadonlySet<string>;
  /** Those of `tags` that speak of one object: they have its key. */
  readonly keyedTags: ReadonlySet<string>;
}

/** Objects of one type that are told apart in one answer; of more than that, only the type is noted. */
export const maxIds = 1000;

/**
 * Walks along an answer, each object once. Where `data` is null as a whole, nothing is known of what the operation's fields
 * came to, so that each is taken for null. Odd data gives what of it fits.
 */
export function collectFrom(data: unknown, shape: Shape): Collected {
  const collector = new Collector();
  if (isMembers(data)) collector.readObject(data, shape);
  else for (const { below } of shape.fields) collector.readAbsent(below);
  return collector;
}

type Members = Readonly<Record<string, unknown>>;

class Collector implements Collected {
  readonly tags = new Set<string>();
  readonly keyedTags = new Set<string>();
  readonly #ids = new Map<string, Set<string>>();
  readonly #unknown = new Set<string>();
  /** Most objects of an answer stand in it several times; ids that were read, by what is asked of them. */
  readonly #read = new Map<EntityShape, Set<string>>();

  get entities(): readonly Entity[] {
    const known = [...this.#ids].filter(([, ids]) => ids.size <= maxIds);
    const beyond = [...this.#ids].filter(([, ids]) => ids.size > maxIds).map(([typename]) => typename);
    return [
      ...known.flatMap(([typename, ids]) => Array.from(ids, (id) => ({ typename, id }))),
      ...Array.from(new Set([...this.#unknown, ...beyond]), (typename) => ({ typename })),
    ];
  }

  /** Without making `entities`: answers have them by the hundred. */
  keptTags(own: readonly string[]): readonly string[] {
    const all = [...own];
    const unknown = new Set(this.#unknown);
    for (const [typename, ids] of this.#ids) {
      if (ids.size > maxIds) unknown.add(typename);
      else for (const id of ids) all.push(tagOf(`${typename}:${id}`));
    }
    for (const typename of unknown) all.push(keptTagOf({ typename }));
    for (const tag of this.tags) if (!own.includes(tag)) all.push(tag);
    return all;
  }

  readObject(data: Members, shape: Shape): void {
    if (shape.entities.size > 0) this.#readEntity(data, shape);
    for (const { responseKey, below } of shape.fields) {
      const value = data[responseKey];
      if (value !== undefined) this.#readValue(value, below);
    }
  }

  /** A place for objects that has none. */
  readAbsent({ entities }: Shape): void {
    for (const typename of entities.keys()) this.#unknown.add(typename);
  }

  #readValue(value: unknown, shape: Shape): void {
    if (Array.isArray(value)) {
      for (const item of value) this.#readValue(item, shape);
      if (value.length === 0) this.readAbsent(shape);
    } else if (isMembers(value)) this.readObject(value, shape);
    else this.readAbsent(shape);
  }

  #readEntity(data: Members, { typenames, types, entities }: Shape): void {
    for (const key of typenames) {
      const name = data[key];
      if (typeof name !== 'string' || !types.has(name)) continue;
      const entity = entities.get(name);
      if (entity) this.#addObject(name, entity, data);
      return;
    }
    for (const [name, entity] of entities) this.#addObject(name, entity, data);
  }

  #addObject(typename: string, shape: EntityShape, data: Members): void {
    const id = idOf(data, shape.ids);
    if (id === undefined) this.#unknown.add(typename);
    else {
      const ids = setOf(this.#ids, typename);
      if (ids.size <= maxIds) ids.add(id);
    }
    if (shape.tags.length === 0) return;
    if (id !== undefined) {
      const read = setOf(this.#read, shape);
      if (read.has(id)) return;
      read.add(id);
    }
    this.#addTags(shape.tags, data);
  }

  #addTags(tags: EntityShape['tags'], data: Members): void {
    for (const parts of tags) {
      const texts = parts.map((part) => (typeof part === 'string' ? part : textOf(valueAt(data, part))));
      if (texts.includes(undefined)) continue;
      const tag = tagOf(texts.join(''));
      this.tags.add(tag);
      if (parts.some((part) => typeof part !== 'string')) this.keyedTags.add(tag);
    }
  }
}

function setOf<K>(sets: Map<K, Set<string>>, key: K): Set<string> {
  const known = sets.get(key);
  if (known) return known;
  const set = new Set<string>();
  sets.set(key, set);
  return set;
}

function idOf(data: Members, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const id = textOf(data[key]);
    if (id !== undefined) return id;
  }
  return undefined;
}

/** Of scalars that are written as one; undefined for all else. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : undefined;
}

function valueAt(data: Members, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isMembers(value) ? value[key] : undefined), data);
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
