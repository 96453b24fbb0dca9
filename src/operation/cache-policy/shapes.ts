import {
  getNamedType,
  isCompositeType,
  Kind,
  type FieldNode,
  type GraphQLObjectType,
  type SelectionSetNode,
} from 'graphql';
import type { CacheHints } from '../../composition/cache-hints/cache-hints.ts';
import type { TagFormat } from '../../composition/cache-hints/tag-format.ts';
import { TooTangled, type Selections, type TypeSet } from './type-sets.ts';

/** Where in an answer objects are that can be told apart: all that is asked of the objects at one place. */
export interface Shape {
  /** Response keys that `__typename` stands under. */
  readonly typenames: readonly string[];
  /** Names of the object types that an object may be of. */
  readonly types: ReadonlySet<string>;
  /** Those of them that are entities, by name. */
  readonly entities: ReadonlyMap<string, EntityShape>;
  /** Fields that entities may be found in. */
  readonly fields: readonly ShapeField[];
}

export interface EntityShape {
  /** Response keys that the id stands under; empty: it is not selected. */
  readonly ids: readonly string[];
  /** Tags, as texts and paths of response keys in between. Those whose key is not selected are left out. */
  readonly tags: readonly (readonly (string | readonly string[])[])[];
}

export interface ShapeField {
  readonly responseKey: string;
  readonly below: Shape;
}

export interface ShapeInput {
  readonly hints: CacheHints;
  readonly selections: Selections;
}

/** Fields below each other; beyond, the stack would be at risk. */
const maxDepth = 500;

/**
 * Makes shapes. Conditions do not count: what was not asked for is not in the answer. Object types are not told apart below
 * a place: an object without `__typename` may be of any of them, and looking at each would double the work with every level.
 * Places that ask the same of the same types are one, so that fragments cost what they are long.
 */
export class Shapes {
  readonly #input: ShapeInput;
  readonly #known = new Map<string, Shape>();

  constructor(input: ShapeInput) {
    this.#input = input;
  }

  /** @throws {TooTangled} where it would take too long. */
  shapeOf(types: TypeSet, asked: readonly SelectionSetNode[], depth = 0): Shape {
    if (depth > maxDepth) throw new TooTangled();
    const { selections } = this.#input;
    const ids = new Set(asked.map((set) => selections.idOf(set)));
    const key = `${types.id} ${[...ids].toSorted((a, b) => a - b).join(',')}`;
    const known = this.#known.get(key);
    if (known) return known;
    const groups = this.#groupsOf(types, asked);
    const shape = {
      typenames: [...groups].flatMap(([name, uses]) => (uses.every(isTypename) ? [name] : [])),
      types: new Set(types.types.map(({ name }) => name)),
      entities: this.#entitiesOf(types, groups),
      fields: [...groups].flatMap(([responseKey, uses]) => this.#fieldOf(responseKey, uses, depth)),
    };
    this.#known.set(key, shape);
    return shape;
  }

  #fieldOf(responseKey: string, uses: readonly Use[], depth: number): readonly ShapeField[] {
    const below = this.#belowOf(uses);
    if (below.types.types.length === 0) return [];
    const shape = this.shapeOf(below.types, below.asked, depth + 1);
    return shape.entities.size > 0 || shape.fields.length > 0 ? [{ responseKey, below: shape }] : [];
  }

  #belowOf(uses: readonly Use[]): { readonly types: TypeSet; readonly asked: readonly SelectionSetNode[] } {
    const { selections } = this.#input;
    const found = new Set<GraphQLObjectType>();
    for (const { node, types } of uses) {
      selections.spend(types.types.length);
      for (const type of types.types) {
        const field = type.getFields()[node.name.value];
        const below = field && getNamedType(field.type);
        if (isCompositeType(below)) for (const possible of selections.possible(below).types) found.add(possible);
      }
    }
    return { types: selections.setOf([...found]), asked: uses.flatMap(({ node }) => node.selectionSet ?? []) };
  }

  #groupsOf(types: TypeSet, asked: readonly SelectionSetNode[]): Groups {
    const { selections } = this.#input;
    const groups = new Map<string, Use[]>();
    const seen = new Set<string>();
    // A list of its own instead of the stack: fragments may nest as deep as a document is long.
    const pending = asked.map((set) => ({ set, types }));
    for (let next = pending.pop(); next; next = pending.pop()) {
      const identity = `${selections.idOf(next.set)} ${next.types.id}`;
      if (seen.has(identity)) continue;
      seen.add(identity);
      for (const node of next.set.selections) {
        selections.spend(1);
        if (node.kind === Kind.FIELD) {
          const key = node.alias?.value ?? node.name.value;
          const uses = groups.get(key);
          if (uses) uses.push({ node, types: next.types });
          else groups.set(key, [{ node, types: next.types }]);
        } else {
          const inside = selections.inside(node, next.types);
          if (inside) pending.push(inside);
        }
      }
    }
    return groups;
  }

  #entitiesOf({ types }: TypeSet, groups: Groups): ReadonlyMap<string, EntityShape> {
    const found = new Map<string, EntityShape>();
    for (const type of types) {
      const hints = this.#input.hints.entities.get(type.name);
      if (!hints) continue;
      const ids = hints.idField === undefined ? [] : keysOf(hints.idField, type, groups);
      found.set(type.name, { ids, tags: hints.tags.flatMap((format) => this.#tagOf(format, type, groups)) });
    }
    return found;
  }

  #tagOf(format: TagFormat, type: GraphQLObjectType, groups: Groups): EntityShape['tags'] {
    const parts: (string | readonly string[])[] = [];
    for (const part of format) {
      const read = typeof part === 'string' ? part : this.#pathOf(part.path, type, groups);
      if (read === undefined) return [];
      parts.push(read);
    }
    return [parts];
  }

  /** The response keys that lead to a member of the key; undefined where it is not selected. */
  #pathOf(
    [name = '', ...rest]: readonly string[],
    type: GraphQLObjectType,
    groups: Groups,
  ): readonly string[] | undefined {
    const [responseKey] = keysOf(name, type, groups);
    if (responseKey === undefined || rest.length === 0) return responseKey === undefined ? undefined : [responseKey];
    const uses = (groups.get(responseKey) ?? []).filter(({ types }) => types.types.includes(type));
    const below = this.#belowOf(uses);
    const [only] = below.types.types;
    if (!only || below.types.types.length > 1) return undefined;
    const path = this.#pathOf(rest, only, this.#groupsOf(below.types, below.asked));
    return path && [responseKey, ...path];
  }
}

/** What is asked for under one response key: fields, and the types that they are asked of. */
interface Use {
  readonly node: FieldNode;
  readonly types: TypeSet;
}

type Groups = ReadonlyMap<string, readonly Use[]>;

/** On an object of another type the same response key may hold something else. */
function isTypename({ node }: Use): boolean {
  return node.name.value === '__typename';
}

/** Response keys under which a type's field stands as it is. With arguments it may be something else. */
function keysOf(field: string, type: GraphQLObjectType, groups: Groups): readonly string[] {
  const isOf = ({ node, types }: Use): boolean =>
    node.name.value === field && !node.arguments?.length && types.types.includes(type);
  return [...groups].flatMap(([key, uses]) => (uses.some(isOf) ? [key] : []));
}
