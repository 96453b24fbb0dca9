import type { ExecutionResult } from 'graphql';
import type { OperationRun } from '../telemetry/record.ts';
import type { RequestScope } from '../upstream/types.ts';
import type { ExaminedOperation } from './admission.ts';
import type { Variables } from './entry.ts';

/**
 * What answers operations without running them, and keeps what running them gave. The engine asks after all that a request
 * must pass; it does not know what is kept, nor how.
 */
export interface AnswerCache<Examined = unknown> {
  /** Once for each operation, as for `Admission`; undefined: it is neither kept nor does it make anything invalid. */
  readonly examine: (given: ExaminedOperation) => Examined | undefined;
  /**
   * Answers the request: by what is kept, or by `run`, which runs the operation for this very request and must be called
   * at most once for each call of it. Never rejects where `run` does not.
   */
  readonly answer: (examined: Examined, asked: AskedAnswer, run: Run) => Promise<ExecutionResult>;
}

export interface AskedAnswer {
  /** As the client sent them. */
  readonly variables: Variables;
  /** Coerced, defaults filled in: declared variables alone; undefined where they do not fit, so that nothing is kept. */
  readonly values: Variables | undefined;
  readonly scope: RequestScope;
  /** Hears what came of the cache; undefined where nobody listens. */
  readonly run?: OperationRun | undefined;
  /** Numbers of the guard table that are masked, ascending; empty: none. */
  readonly masked: readonly number[];
}

/** Runs the operation; `scope` in place of the request's own where nobody of that request waits for it any more. */
export type Run = (scope?: RequestScope) => Promise<ExecutionResult>;
