import type { DocumentNode, ExecutionResult, GraphQLError, OperationDefinitionNode } from 'graphql';
import type { Operation } from '../planner/operation.ts';
import type { Plan } from '../planner/plan.ts';
import type { RequestScope } from '../upstream/types.ts';
import type { Variables } from './entry.ts';

/**
 * What an operation must pass beside what its caller may read: limits, budgets, switches. The engine asks before each run
 * and masks what is used up; it does not know what is counted, nor how.
 */
export interface Admission<Examined = unknown> {
  /** Once for each operation, when it first runs: what it finds is kept with the operation's program. */
  readonly examine: (given: ExaminedOperation) => Examined;
  /** Before each run. At once (no promise) where nobody has to be asked. */
  readonly admit: (examined: Examined, request: AdmittedRequest) => Admitted | Promise<Admitted>;
}

export interface ExaminedOperation {
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  /** Absent where it could not be taken apart. */
  readonly operation: Operation | undefined;
  /** Absent where it runs stitched. */
  readonly plan: Plan | undefined;
}

export interface AdmittedRequest {
  /** As the client sent them: not coerced. */
  readonly variables: Variables;
  readonly scope: RequestScope;
}

export type Admitted =
  /** Nothing runs. */
  | { readonly refused: readonly GraphQLError[] }
  | {
      readonly refused?: never;
      /** Numbers of the guard table that are used up, ascending; masked as what a caller lacks is. */
      readonly limited: readonly number[];
      /** Sees the result before it is formatted; undefined where there is nothing to add. */
      readonly finish?: (result: ExecutionResult) => ExecutionResult;
    };
