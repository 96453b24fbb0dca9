/**
 * The planner's picture of a supergraph: which upstream resolves which field, and how entities are reached by key.
 * Plain data over names; upstreams are numbered in the order of `join__Graph`.
 */

/** @see {@link https://specs.apollo.dev/join/v0.5/ | join v0.5} */
export interface JoinGraph {
  /** Upstream names; an upstream's index is its place in this list. */
  readonly upstreams: readonly string[];
  /** Names of the root types. */
  readonly roots: { readonly query: string; readonly mutation?: string; readonly subscription?: string };
  /** Every type that clients or upstreams may meet, inaccessible ones included, without `join__` and `link__`. */
  readonly types: ReadonlyMap<string, JoinType>;
}

export interface JoinType {
  readonly kind: 'object' | 'interface' | 'union' | 'scalar' | 'enum' | 'input';
  readonly name: string;
  /** Empty for other kinds than object and interface. */
  readonly fields: ReadonlyMap<string, JoinField>;
  /** Interfaces that an object or interface implements in any upstream. */
  readonly interfaces: readonly string[];
  /** Object types of the supergraph that a value may have, sorted; an object type itself. Empty for leaves and inputs. */
  readonly possible: readonly string[];
  /** By upstream index. */
  readonly upstreams: ReadonlyMap<number, TypeInUpstream>;
}

export interface TypeInUpstream {
  /** An interface of the supergraph that this upstream defines as an object (`@interfaceObject`). */
  readonly isInterfaceObject: boolean;
  readonly keys: readonly Key[];
  /** Object types that a value of this type may have in this upstream, sorted. Empty for an interface object. */
  readonly possible: readonly string[];
}

/** A `@key`. Only where it is `resolvable` may entities be asked of the upstream by it. */
export interface Key {
  readonly resolvable: boolean;
  readonly text: string;
  readonly fields: FieldSet;
}

export interface JoinField {
  readonly name: string;
  readonly type: TypeReference;
  /**
   * How the value looks in the answers of the upstreams, all told: list levels, nullability and, for leaves, the type.
   * Fields of different types can share a response key where this is equal.
   */
  readonly responseShape: string;
  /** Upstreams that know the field, by index; one that was overridden for good is not among them. */
  readonly upstreams: ReadonlyMap<number, FieldInUpstream>;
}

export interface FieldInUpstream {
  /** The field's type as this upstream declares it; it may be narrower or less nullable than the supergraph's. */
  readonly type: TypeReference;
  /** True where the upstream only mentions the field, for a key, `@requires` or `@provides`. */
  readonly external: boolean;
  /** Progressive override: the field is resolved here only while the label is (`active`) or is not (`!active`) set. */
  readonly label?: { readonly name: string; readonly active: boolean };
  /** Fields that the upstream wants in the representation to resolve this one. */
  readonly requires?: Requirement;
  /** Otherwise external fields that can be selected below this one. */
  readonly provides?: FieldSet;
  /** `@fromContext` arguments; the planner does not plan them. */
  readonly hasContextArguments: boolean;
}

export interface Requirement {
  readonly text: string;
  readonly fields: FieldSet;
}

/** A type as a field gives it. */
export interface TypeReference {
  /** Innermost named type. */
  readonly name: string;
  /** As GraphQL text, such as `[Review!]!`. */
  readonly text: string;
  /** Number of list levels around the named type. */
  readonly lists: number;
}

/** Parsed `fields` of a key, `requires` or `provides`; fragments are folded into `on`. */
export type FieldSet = readonly FieldSetField[];

export interface FieldSetField {
  readonly name: string;
  /** Type that declares the field: the type the set is written for, or the nearest type condition. */
  readonly parentType: string;
  /** GraphQL texts, sorted by name. */
  readonly arguments: readonly { readonly name: string; readonly value: string }[];
  /** Object types of the parent that the field is meant for; absent: all. */
  readonly on?: readonly string[];
  /** Absent for leaves. */
  readonly fields?: FieldSet;
}
