import {
  isAbstractType,
  isCompositeType,
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type FragmentSpreadNode,
  type SelectionSetNode,
} from 'graphql';

/** Object types that an object may be of. Equal sets are one and the same. */
export interface TypeSet {
  readonly id: number;
  readonly types: readonly GraphQLObjectType[];
}

/** Too much to take apart field by field. */
export class TooTangled extends Error {}

/** Selections that may be looked at in one look at an operation, each once for each object type in question. */
const maxSteps = 30_000;

export interface SelectionParts {
  readonly document: DocumentNode;
  readonly schema: GraphQLSchema;
}

/** Fragments of a document and types of its schema, looked up once each; and how much work they may still make. */
export class Selections {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #sets = new Map<string, TypeSet>();
  readonly #possible = new Map<string, TypeSet>();
  readonly #ids = new Map<object, number>();
  readonly #roots: ReadonlySet<unknown>;
  #steps = 0;

  constructor({ document, schema }: SelectionParts) {
    this.#schema = schema;
    this.#roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
    this.#fragments = new Map(
      document.definitions.flatMap((node) =>
        node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
      ),
    );
  }

  /** Begins another look at the operation. */
  restart(): this {
    this.#steps = 0;
    return this;
  }

  /** @throws {TooTangled} where one look comes to more than it may take. */
  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > maxSteps) throw new TooTangled();
  }

  /** A number for each node, or other object, that is asked about. */
  idOf(node: object): number {
    const known = this.#ids.get(node);
    if (known !== undefined) return known;
    this.#ids.set(node, this.#ids.size);
    return this.#ids.size - 1;
  }

  isRoot(type: GraphQLCompositeType): boolean {
    return this.#roots.has(type);
  }

  possible(type: GraphQLCompositeType): TypeSet {
    const known = this.#possible.get(type.name);
    if (known) return known;
    const set = this.setOf(isAbstractType(type) ? this.#schema.getPossibleTypes(type) : [type]);
    this.#possible.set(type.name, set);
    return set;
  }

  setOf(types: readonly GraphQLObjectType[]): TypeSet {
    const distinct = [...new Set(types)].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const key = distinct.map(({ name }) => name).join(' ');
    const known = this.#sets.get(key);
    if (known) return known;
    const set = { id: this.#sets.size, types: distinct };
    this.#sets.set(key, set);
    return set;
  }

  /** What is selected by a fragment, and for which of the types; undefined where none of them meets its condition. */
  inside(node: InlineFragmentNode | FragmentSpreadNode, types: TypeSet): Inside | undefined {
    const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : this.#fragments.get(node.name.value);
    if (!fragment) return undefined;
    const condition = this.#schema.getType(fragment.typeCondition?.name.value ?? '');
    if (!isCompositeType(condition)) return { set: fragment.selectionSet, types, condition: undefined };
    const wanted = this.possible(condition);
    const met = wanted === types ? types : this.setOf(types.types.filter((type) => wanted.types.includes(type)));
    return met.types.length > 0 ? { set: fragment.selectionSet, types: met, condition } : undefined;
  }
}

interface Inside {
  readonly set: SelectionSetNode;
  readonly types: TypeSet;
  /** Undefined: it has none. */
  readonly condition: GraphQLCompositeType | undefined;
}
