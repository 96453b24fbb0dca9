import type { FieldSet, Key, Requirement } from '../composition/join-graph/types.ts';
import type { Cost } from './cost.ts';
import type { ArgumentText, Condition } from './plan.ts';

/** A field that the plan must bring, for the client or for a representation. */
export interface Want {
  readonly name: string;
  readonly arguments: readonly ArgumentText[];
  readonly parentType: string;
  readonly on?: readonly string[];
  readonly fields?: readonly Want[];
  /** Only a client's field has these. */
  readonly dataKey?: string;
  readonly responseKey?: string;
  readonly variables?: readonly string[];
  readonly conditions?: readonly Condition[];
}

/** Where the search stands: an object in the data of an upstream. */
export interface Place {
  /** Index of the upstream whose data the object is in; -1 before the first call. */
  readonly upstream: number;
  /** The object's static type, by the upstream's own schema. */
  readonly type: string;
  /** What `@provides` allows to select here beside what the upstream resolves anyway. */
  readonly provided?: FieldSet;
}

/** How wanted fields come about. */
export interface Solution {
  readonly cost: Cost;
  readonly picked: readonly Picked[];
  /** What no upstream gives from here; a field of it may be a part of one that was wanted. */
  readonly missing: readonly Want[];
}

export interface Picked {
  readonly want: Want;
  readonly choice: Choice;
}

export type Choice =
  /** Nothing to fetch: the planner knows it, or the data has it. */
  | { readonly how: 'known' }
  /** Selected where the object already is. */
  | { readonly how: 'here'; readonly place: Place; readonly inner: Solution }
  /** Asked of another upstream (or the same one again) by key. */
  | EntityChoice
  /** Asked at the root of an upstream's schema; no key is needed. */
  | { readonly how: 'root'; readonly place: Place; readonly inner: Solution };

export interface EntityChoice {
  readonly how: 'entity';
  /** The object as the other upstream sees it: `type` is also the `__typename` of the representation. */
  readonly place: Place;
  readonly key: Key;
  readonly keySolution: Solution;
  readonly requires?: Requirement;
  readonly requiresSolution?: Solution;
  readonly inner: Solution;
}

/** One way to get a wanted field, or a part of it. */
export interface Option {
  readonly choice: Choice;
  readonly cost: Cost;
  /** Parts of the want's own `fields` that this way does not give. */
  readonly missing: readonly Want[];
}

export const nothing: Solution = { cost: { waves: [], size: 0 }, picked: [], missing: [] };
