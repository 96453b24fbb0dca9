/**
 * What the planner hands on: upstream calls and their order, as plain data that survives `JSON.stringify`.
 * Nothing here needs a schema to be understood: names, texts and paths are final.
 */

/** A plan for one normalised operation. An empty `fetches` means that the answer needs no upstream. */
export interface Plan {
  readonly kind: OperationKind;
  /** Invariant: `fetches[i].id === i`, and every id in `after` is smaller, so the list is in a runnable order. */
  readonly fetches: readonly Fetch[];
}

export type OperationKind = 'query' | 'mutation' | 'subscription';

/**
 * One upstream call. Its answer is merged into the data, which starts as one empty object: members that are new are set,
 * objects that are there already are merged member by member, lists item by item; null never replaces an object.
 */
export type Fetch = RootFetch | EntityFetch;

interface FetchBase {
  readonly id: number;
  /** Upstream name, as in the configuration. */
  readonly upstream: string;
  /** Fetches whose answers must be merged (or have failed) before this one starts. */
  readonly after: readonly number[];
  /** All must hold, else the call is not made. Empty: always made. */
  readonly conditions: readonly Condition[];
  /** Client variables that the text uses, in the order of their declaration. */
  readonly variables: readonly VariableUse[];
  /** The GraphQL document for the upstream; the same for every request. */
  readonly text: string;
}

/** Asks root fields. */
export interface RootFetch extends FetchBase {
  readonly target: 'root';
  readonly kind: OperationKind;
  /**
   * Where the answer's `data` is merged. Empty for the root of the operation; otherwise the places of objects of the
   * root query type further down (a payload with a `query` field): the same answer is merged into each.
   */
  readonly at: Path;
  readonly selections: readonly Selection[];
}

/** Asks `_entities`, once for each target, in one request. */
export interface EntityFetch extends FetchBase {
  readonly target: 'entities';
  readonly kind: 'query';
  readonly targets: readonly EntityTarget[];
}

/** One `_entities(representations:)` of a request. */
export interface EntityTarget {
  /** Response key of the list in the upstream's `data`: `_entities`, or `_e0`, `_e1` and so on, where there are several. */
  readonly alias: string;
  /** Name of the variable that carries the representations, without `$`. */
  readonly variable: string;
  /** All must hold, else `representations` is sent empty. */
  readonly conditions: readonly Condition[];
  /** `__typename` of every representation, and the type condition of the selections. */
  readonly type: string;
  /** Where the objects are, each path from the root of the merged data. Equal representations are sent once. */
  readonly paths: readonly Path[];
  /** What a representation holds beside `__typename`. */
  readonly representation: readonly RepresentationField[];
  /** What is asked of each entity; merged into the object that its representation came from. */
  readonly selections: readonly Selection[];
}

/**
 * One member of a representation. An object whose key field (`required: false`) is absent or null is not asked for. A
 * `@requires` field may be null. One that is absent, because its fetch failed or a condition left it out, cannot be sent:
 * what depends on it is not asked for, which is no error where nobody wants it.
 */
export interface RepresentationField {
  /** What the upstream calls it. */
  readonly name: string;
  /** Member of the merged object that holds it. */
  readonly dataKey: string;
  /** True for `@requires` fields, false for fields of the key. */
  readonly required: boolean;
  /** Concrete types of the object that this member is sent for; absent: any. */
  readonly on?: readonly string[];
  /** Members of the nested object, or of each object of a (nested) list. */
  readonly fields?: readonly RepresentationField[];
}

/** Steps from an object of the merged data to the objects below it; an absent or null member ends the walk silently. */
export type Path = readonly PathStep[];

export type PathStep =
  /** Down into the member `key`. */
  | { readonly step: 'field'; readonly key: string }
  /** Each item of a list: one step for each list level. */
  | { readonly step: 'each' }
  /** Only objects whose `__typename` member is one of `types`. */
  | { readonly step: 'type'; readonly types: readonly string[] };

/** Holds where the coerced variable (default filled in) has the value `is`: true for `@include`, false for `@skip`. */
export interface Condition {
  readonly variable: string;
  readonly is: boolean;
}

/** A variable that a fetch uses; a value that the client left out is left out upstream. */
export interface VariableUse {
  readonly name: string;
  /** As GraphQL text, such as `[ID!]!`. */
  readonly type: string;
  /** Default value as GraphQL text. */
  readonly default?: string;
}

export type Selection = FieldSelection | FragmentSelection;

export interface FieldSelection {
  readonly select: 'field';
  readonly name: string;
  /** Response key upstream, and the member of the merged object that holds the value. Equals `name` where no alias is needed. */
  readonly dataKey: string;
  readonly arguments: readonly ArgumentText[];
  /** Client variables that the arguments use. */
  readonly variables: readonly string[];
  readonly conditions: readonly Condition[];
  /** Empty for leaves. */
  readonly selections: readonly Selection[];
}

export interface FragmentSelection {
  readonly select: 'fragment';
  /** Type condition, by the upstream's name. */
  readonly type: string;
  readonly selections: readonly Selection[];
}

/** An argument as GraphQL text; `value` may hold `$variables`. */
export interface ArgumentText {
  readonly name: string;
  readonly value: string;
}
