import {
  OperationTypeNode,
  type DocumentNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { CacheHints } from '../../composition/cache-hints/cache-hints.ts';
import { VariableReader } from '../cost/raw-variables.ts';
import { collectFrom, type Collected } from './collect.ts';
import { invalidTagsOf, type Entity } from './entity-tags.ts';
import { factsOf, type Facts } from './facts.ts';
import { Shapes, type Shape } from './shapes.ts';
import { hasVariableTags, tagsOfField, type TaggedField } from './tag-texts.ts';
import { Selections, TooTangled } from './type-sets.ts';

export interface CachePolicyInput {
  /** A document that is valid against `schema`. */
  readonly document: DocumentNode;
  /** The operation of it that runs. */
  readonly node: OperationDefinitionNode;
  /** What clients see. */
  readonly schema: GraphQLSchema;
  readonly hints: CacheHints;
}

/** Variables by name: coerced, defaults filled in. */
export type CoercedVariables = Readonly<Record<string, unknown>>;

/**
 * What answers to one operation may be kept for, and what makes them invalid. Where no variable decides, the same kept values
 * come back each time. `data` is the answer's, under the client's response keys. Nothing here throws.
 */
export interface CachePolicy {
  /** Seconds, an integer; 0: not to be kept. Of mutations and subscriptions always 0. */
  readonly maxAge: (variables: CoercedVariables) => number;
  /** Whether it touches anything `PRIVATE`, so that no two callers may share an answer. */
  readonly isPrivate: (variables: CoercedVariables) => boolean;
  /** Tags that answers to a query have whatever is in them: the object types that it may read, and root fields' `@cacheTag`. */
  readonly tags: (variables: CoercedVariables) => readonly string[];
  /** The entities of an answer, each once; at most 1000 of one type, beyond that the type alone. Linear in the answer. */
  readonly collectEntities: (data: unknown, variables: CoercedVariables) => readonly Entity[];
  /** All that an answer to a query is to be kept under: `tags`, its entities, and `@cacheTag` of their types. Each once. */
  readonly answerTags: (data: unknown, variables: CoercedVariables) => readonly string[];
  /**
   * What a mutation makes invalid: the entities of its result, `@cacheTag` of their types that has their keys, and `@cacheTag`
   * of its root fields. Also where it failed in part: what came of it is not known then. Empty for all other operations.
   */
  readonly invalidates: (data: unknown, variables: CoercedVariables) => readonly string[];
}

/**
 * Compiles what an operation's answers may be kept for. It says so by schema coordinates of the types that objects may be
 * of: neither aliases nor fragments hide anything. An operation that is too tangled to be looked at is private and not kept;
 * a mutation of that kind makes all entities invalid. Pure.
 */
export function compileCachePolicy(input: CachePolicyInput): CachePolicy {
  const { node, schema } = input;
  const root = schema.getRootType(node.operation);
  if (!root || node.operation === OperationTypeNode.SUBSCRIPTION) return nothingKept;
  const compiled = new CompiledPolicy(input, root);
  return node.operation === OperationTypeNode.QUERY ? queryPolicy(compiled) : mutationPolicy(compiled);
}

const none: readonly never[] = [];

const nothingKept: CachePolicy = {
  maxAge: () => 0,
  isPrivate: () => true,
  tags: () => none,
  collectEntities: () => none,
  answerTags: () => none,
  invalidates: () => none,
};

function queryPolicy(compiled: CompiledPolicy): CachePolicy {
  const tags: CachePolicy['tags'] = (variables) => compiled.factsFor(variables)?.tagsFor(variables) ?? none;
  return {
    ...nothingKept,
    maxAge(variables) {
      const maxAge = compiled.factsFor(variables)?.maxAge ?? 0;
      // What nothing could make invalid is not kept.
      return maxAge > 0 && compiled.shape ? maxAge : 0;
    },
    isPrivate: (variables) => compiled.factsFor(variables)?.isPrivate ?? true,
    tags,
    collectEntities: (data) => compiled.collect(data)?.entities ?? none,
    answerTags(data, variables) {
      const own = tags(variables);
      const found = compiled.collect(data);
      return found ? found.keptTags(own) : own;
    },
  };
}

function mutationPolicy(compiled: CompiledPolicy): CachePolicy {
  return {
    ...nothingKept,
    collectEntities: (data) => compiled.collect(data)?.entities ?? none,
    invalidates(data, variables) {
      const own = compiled.factsFor(variables)?.fieldTagsFor(variables) ?? none;
      const found = compiled.collect(data);
      if (!found) return [...new Set([...own, ...compiled.entityTypes])];
      return [...new Set([...own, ...found.entities.flatMap(invalidTagsOf), ...found.keyedTags])];
    },
  };
}

/** Variables of `@skip` and `@include` that are told apart; of more, all count as if nothing were left out. */
const maxConditions = 4;

/** Of one operation: what is known of it before it runs, for each way its conditions may turn out, and its answer's shape. */
class CompiledPolicy {
  readonly entityTypes: Iterable<string>;
  readonly #input: CachePolicyInput;
  readonly #root: GraphQLObjectType;
  readonly #selections: Selections;
  readonly #reader: VariableReader;
  /** As if nothing were left out; undefined where it is too tangled. */
  readonly #whole: KnownFacts | undefined;
  readonly #conditions: readonly string[];
  /** By the conditions' values, a bit each. */
  readonly #known: (KnownFacts | undefined)[] = [];
  #shape: Shape | null | undefined;

  constructor(input: CachePolicyInput, root: GraphQLObjectType) {
    this.#input = input;
    this.#root = root;
    this.#selections = new Selections(input);
    this.#reader = new VariableReader(input.node);
    this.entityTypes = input.hints.entities.keys();
    this.#whole = this.#factsWith(() => undefined);
    const conditions = [...(this.#whole?.conditions ?? [])];
    this.#conditions = conditions.length <= maxConditions ? conditions : [];
  }

  /** Undefined where the operation is too tangled. */
  factsFor(variables: CoercedVariables): KnownFacts | undefined {
    if (this.#conditions.length === 0 || !this.#whole) return this.#whole;
    let bits = 0;
    for (const [at, name] of this.#conditions.entries()) {
      const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
      if (typeof value !== 'boolean') return this.#whole;
      if (value) bits += 2 ** at;
    }
    this.#known[bits] ??= this.#factsWith((name) => variables[name] === true);
    return this.#known[bits];
  }

  /** Made when it is first needed; undefined where the operation is too tangled. */
  get shape(): Shape | undefined {
    if (this.#shape === undefined) {
      const { hints, node } = this.#input;
      const selections = this.#selections.restart();
      const shapes = new Shapes({ hints, selections });
      this.#shape = untangled(() => shapes.shapeOf(selections.possible(this.#root), [node.selectionSet])) ?? null;
    }
    return this.#shape ?? undefined;
  }

  collect(data: unknown): Collected | undefined {
    return this.shape && collectFrom(data, this.shape);
  }

  #factsWith(valueOf: (variable: string) => boolean | undefined): KnownFacts | undefined {
    const { hints, node } = this.#input;
    const selections = this.#selections.restart();
    const facts = untangled(() => factsOf({ root: this.#root, asked: node.selectionSet, hints, selections, valueOf }));
    return facts && new KnownFacts(facts, this.#reader);
  }
}

function untangled<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (cause) {
    if (cause instanceof TooTangled) return undefined;
    throw cause;
  }
}

/** Facts, with the texts of their tags. */
class KnownFacts {
  readonly maxAge: number;
  readonly isPrivate: boolean;
  readonly conditions: ReadonlySet<string>;
  readonly #reader: VariableReader;
  /** Tags that are the same with all variables: of fields, and of all. */
  readonly #fieldTags: readonly string[];
  readonly #tags: readonly string[];
  readonly #varying: readonly TaggedField[];

  constructor({ maxAge, isPrivate, conditions, types, tagged }: Facts, reader: VariableReader) {
    this.maxAge = maxAge;
    this.isPrivate = isPrivate;
    this.conditions = conditions;
    this.#reader = reader;
    const fixed = tagged.filter((each) => !hasVariableTags(each));
    this.#fieldTags = [...new Set(fixed.flatMap((each) => tagsOfField(each, { reader, variables: {} })))];
    this.#tags = [...new Set([...types, ...this.#fieldTags])];
    this.#varying = tagged.filter(hasVariableTags);
  }

  fieldTagsFor(variables: CoercedVariables): readonly string[] {
    return this.#with(this.#fieldTags, variables);
  }

  tagsFor(variables: CoercedVariables): readonly string[] {
    return this.#with(this.#tags, variables);
  }

  #with(fixed: readonly string[], variables: CoercedVariables): readonly string[] {
    if (this.#varying.length === 0) return fixed;
    const own = this.#varying.flatMap((each) => tagsOfField(each, { reader: this.#reader, variables }));
    return [...new Set([...fixed, ...own])];
  }
}
