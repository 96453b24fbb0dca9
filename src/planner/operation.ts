import type { ArgumentText, Condition, OperationKind, VariableUse } from './plan.ts';

/**
 * One valid operation, normalised: no fragments, no duplicates, no constant conditions, no unused variables.
 * Plain data; planner and shape both start from it.
 */
export interface Operation {
  readonly kind: OperationKind;
  /** As the client calls it; only for messages. */
  readonly name?: string;
  readonly rootType: string;
  readonly fields: readonly OperationField[];
  /** Variables that fields or conditions use, in the order of their declaration. */
  readonly variables: readonly VariableUse[];
  /** A query of the introspection fields (`__schema`, `__type`) alone, as GraphQL text; absent where there are none. */
  readonly introspection?: string;
}

export interface OperationField {
  /** The client's alias or the field's name. */
  readonly responseKey: string;
  /** Member of the merged object that holds the value; unique for one field with one set of arguments at its place. */
  readonly dataKey: string;
  readonly name: string;
  /** GraphQL texts, sorted by name. */
  readonly arguments: readonly ArgumentText[];
  /** Variables that the arguments use. */
  readonly variables: readonly string[];
  /** All must hold for this selection of the field. */
  readonly conditions: readonly Condition[];
  /** Object types of the parent that the selection is for, sorted; absent: all. */
  readonly on?: readonly string[];
  /** Static type of the parent that declares the field. */
  readonly parentType: string;
  /** Absent for leaves. */
  readonly fields?: readonly OperationField[];
}

/** How messages call an operation. */
export function nameOf({ kind, name }: Pick<Operation, 'kind' | 'name'>): string {
  return name === undefined ? `the unnamed ${kind}` : `${kind} "${name}"`;
}
