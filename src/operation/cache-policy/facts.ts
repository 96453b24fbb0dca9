import {
  getNamedType,
  isCompositeType,
  Kind,
  type DirectiveNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type SelectionSetNode,
} from 'graphql';
import type { CacheHints } from '../../composition/cache-hints/cache-hints.ts';
import type { TaggedField } from './tag-texts.ts';
import type { Selections, TypeSet } from './type-sets.ts';

/** What there is to know of an operation before it runs. */
export interface Facts {
  /** Seconds; the shortest of all that take part. */
  readonly maxAge: number;
  readonly isPrivate: boolean;
  /** Names of the object types that it may read; root types are none. */
  readonly types: readonly string[];
  readonly tagged: readonly TaggedField[];
  /** Variables that `@skip` and `@include` go by. */
  readonly conditions: ReadonlySet<string>;
}

export interface FactsInput {
  readonly root: GraphQLObjectType;
  readonly asked: SelectionSetNode;
  readonly hints: CacheHints;
  readonly selections: Selections;
  /** Undefined: it may be either. */
  readonly valueOf: (variable: string) => boolean | undefined;
}

/**
 * Looks at everything that an operation may read, once for each object type that may be read there.
 *
 * The rules of time are Apollo Server's: root fields, and fields that give objects, may be kept for no time at all unless
 * they, or the types that they give, say so or inherit their parent's time; leaves inherit it. A root field has no parent
 * to inherit from. Other than there, all that speak of a place take part, and the shortest time holds.
 *
 * @see {@link https://www.apollographql.com/docs/apollo-server/performance/caching#default-maxage | Default maxAge}
 * @throws {TooTangled}
 */
export function factsOf(input: FactsInput): Facts {
  const reader = new FactsReader(input);
  reader.read();
  const { maxAge, isPrivate, types, tagged, conditions } = reader;
  // Nothing but `__typename` was asked for: nothing says that it may be kept.
  return { maxAge: Number.isFinite(maxAge) ? maxAge : 0, isPrivate, types: [...types], tagged, conditions };
}

interface Asked {
  readonly set: SelectionSetNode;
  readonly types: TypeSet;
  /** Whether these are fields of the operation itself. */
  readonly isOutermost: boolean;
}

class FactsReader {
  maxAge = Number.POSITIVE_INFINITY;
  isPrivate = false;
  readonly types = new Set<string>();
  readonly tagged: TaggedField[] = [];
  readonly conditions = new Set<string>();
  readonly #input: FactsInput;
  readonly #pending: Asked[] = [];
  readonly #seen = new Set<string>();
  readonly #touched = new Set<GraphQLCompositeType>();

  constructor(input: FactsInput) {
    this.#input = input;
  }

  read(): void {
    const { root, asked, selections } = this.#input;
    this.#notice(root.name);
    this.#ask({ set: asked, types: selections.possible(root), isOutermost: true });
    for (let next = this.#pending.pop(); next; next = this.#pending.pop()) this.#readSet(next);
  }

  #ask(asked: Asked): void {
    const key = `${this.#input.selections.idOf(asked.set)} ${asked.types.id} ${asked.isOutermost}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#pending.push(asked);
  }

  #readSet({ set, types, isOutermost }: Asked): void {
    const { selections } = this.#input;
    for (const node of set.selections) {
      selections.spend(1);
      if (!this.#mayBeAsked(node.directives)) continue;
      if (node.kind === Kind.FIELD) this.#readField(node, types, isOutermost);
      else {
        const inside = selections.inside(node, types);
        if (!inside) continue;
        if (inside.condition) this.#notice(inside.condition.name);
        this.#ask({ set: inside.set, types: inside.types, isOutermost });
      }
    }
  }

  #readField(node: FieldNode, { types }: TypeSet, isOutermost: boolean): void {
    const name = node.name.value;
    if (name === '__typename') return;
    // The schema is kept for good already, and not among answers.
    if (name.startsWith('__')) this.maxAge = 0;
    this.#input.selections.spend(types.length);
    for (const type of types) {
      const field = type.getFields()[name];
      if (!field) continue;
      const coordinate = `${type.name}.${name}`;
      const below = getNamedType(field.type);
      this.#readAge(coordinate, isCompositeType(below) ? below : undefined, isOutermost);
      // What a mutation goes on to read of the query type is not what it changes.
      const formats = type === this.#input.root ? this.#input.hints.fieldTags.get(coordinate) : undefined;
      if (formats) this.tagged.push({ formats, node, field });
      if (!isCompositeType(below) || !node.selectionSet) continue;
      this.#touch(below);
      this.#ask({ set: node.selectionSet, types: this.#input.selections.possible(below), isOutermost: false });
    }
  }

  #readAge(coordinate: string, below: GraphQLCompositeType | undefined, isOutermost: boolean): void {
    const { hints } = this.#input.hints;
    const own = hints.get(coordinate);
    const type = below && hints.get(below.name);
    this.#notice(coordinate);
    if (own?.maxAge !== undefined || type?.maxAge !== undefined) return;
    const inherits = !below || own?.inheritMaxAge === true || type?.inheritMaxAge === true;
    if (isOutermost || !inherits) this.maxAge = 0;
  }

  /** Takes in what a place says by itself. */
  #notice(place: string): void {
    const hint = this.#input.hints.hints.get(place);
    if (!hint) return;
    if (hint.maxAge !== undefined) this.maxAge = Math.min(this.maxAge, hint.maxAge);
    if (hint.scope === 'PRIVATE') this.isPrivate = true;
  }

  /** An object of a type may be read, and so one of each type that it may be of. */
  #touch(type: GraphQLCompositeType): void {
    if (this.#touched.has(type)) return;
    this.#touched.add(type);
    this.#notice(type.name);
    for (const possible of this.#input.selections.possible(type).types) {
      this.#notice(possible.name);
      if (!this.#input.selections.isRoot(possible)) this.types.add(possible.name);
    }
  }

  /** @see {@link https://spec.graphql.org/October2021/#sec--skip | GraphQL, 3.13.1 skip} */
  #mayBeAsked(directives: readonly DirectiveNode[] | undefined): boolean {
    let may = true;
    for (const { name, arguments: args } of directives ?? []) {
      if (name.value !== 'skip' && name.value !== 'include') continue;
      const value = args?.find((argument) => argument.name.value === 'if')?.value;
      if (value?.kind === Kind.VARIABLE) this.conditions.add(value.name.value);
      const is = value?.kind === Kind.VARIABLE ? this.#input.valueOf(value.name.value) : undefined;
      const known = value?.kind === Kind.BOOLEAN ? value.value : is;
      if (known !== undefined && known !== (name.value === 'include')) may = false;
    }
    return may;
  }
}
