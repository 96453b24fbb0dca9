import type { DocumentNode, ExecutionResult, GraphQLError, OperationDefinitionNode } from 'graphql';
import type { Operation } from '../planner/operation.ts';
import type { Plan } from '../planner/plan.ts';
import type { OperationRun } from '../telemetry/record.ts';
import type { RequestScope } from '../upstream/types.ts';
import type { Variables } from './entry.ts';

/**
 * What an operation must pass beside what its caller may read: limits, budgets, switches. The engine asks before each run
 * and masks what is used up; it does not know what is counted, nor how. What a caller may not read is taken out before:
 * nobody is charged for that, nor for an operation that is refused for it.
 */
export interface Admission<Examined = unknown> {
  /**
   * Once for each operation, when it first runs, and once for each part of it that is left to callers who lack something:
   * what it finds is kept with the program. Must not throw.
   */
  readonly examine: (given: ExaminedOperation) => Examined;
  /**
   * Whether operations are refused that ask for fields with limits and cannot be taken apart, so that nobody can say how
   * often they ask. Default true; false where such limits are only measured.
   */
  readonly refusesUncounted?: boolean;
  /** Before each run. At once (no promise) where nobody has to be asked. What it throws is the whole answer. */
  readonly admit: (examined: Examined, request: AdmittedRequest) => Admitted | Promise<Admitted>;
}

export interface ExaminedOperation {
  /** The whole document, whatever is left of it to a caller. */
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  /** Without what callers lack. Absent where it could not be taken apart. */
  readonly operation: Operation | undefined;
  /** Absent where it runs stitched. */
  readonly plan: Plan | undefined;
  /** Absent where it asks for no field that has a limit. */
  readonly fieldUses: FieldUses | undefined;
}

/**
 * The uses of limited fields in one request, by its variables as the client sent them. Conditions that do not hold take
 * theirs out; empty too where the variables do not fit, since nothing runs then.
 */
export type FieldUses = (variables: Variables) => readonly FieldUse[];

export interface FieldUse {
  /** Of the limit, in the guard table. */
  readonly number: number;
  /** Arguments that the limit looks at, by name: coerced, defaults filled in; undefined where there is no value. */
  readonly arguments: Variables;
}

export interface AdmittedRequest {
  /** As the client sent them: not coerced. */
  readonly variables: Variables;
  /** Coerced, where they are at hand: nobody has to do it again. */
  readonly values?: Variables | undefined;
  readonly scope: RequestScope;
  /** What is told of it; undefined where nobody listens. */
  readonly run?: OperationRun | undefined;
}

export type Admitted =
  /** Nothing runs. */
  | { readonly refused: readonly GraphQLError[] }
  | {
      readonly refused?: never;
      /** Numbers of the guard table that are used up, ascending; masked as what a caller lacks is. */
      readonly limited: readonly number[];
      /** What clients read of each of them, in the same order. Default: that it was asked for too often. */
      readonly refusals?: readonly FieldRefusal[];
      /**
       * Sees each result before it is formatted, one that only tells of wrong variables too; of a subscription, the result
       * of each event. Undefined where there is nothing to add.
       */
      readonly finish?: Finish | undefined;
    };

export type Finish = (result: ExecutionResult) => ExecutionResult;

/** Why a limited field is null, beyond its code `RATE_LIMITED`. */
export interface FieldRefusal {
  /** Default: a sentence with the field as the client's document selects it. */
  readonly message: string | undefined;
  /** Further `extensions` of the error. */
  readonly exposed: Readonly<Record<string, unknown>>;
}
