import type { GraphQLError } from 'graphql';
import type { Program } from '../executor/program.ts';
import type { Operation } from '../planner/operation.ts';
import type { Plan } from '../planner/plan.ts';
import type { OperationIdentity } from '../telemetry/record.ts';
import type { Refusal } from './authorization.ts';

/** What runs one operation of a document. */
export type Entry = CompiledEntry | StitchedEntry;

export interface CompiledEntry extends Checked, Reading {
  readonly runs: 'compiled';
  readonly isMutation: boolean;
  readonly plan: Plan;
  readonly program: Program;
}

export interface StitchedEntry extends Checked {
  readonly runs: 'stitched';
}

/** What is to be checked before an operation may run. */
export interface Checked {
  /** What is told of it whenever it runs. Absent for a name that the document has no operation of. */
  readonly identity?: OperationIdentity;
  /** Whether it asks for `__schema` or `__type`. */
  readonly asksSchema: boolean;
  /** Absent where nothing that it asks for is guarded or limited. */
  readonly guarded?: Guarded;
  /** What admission found in the whole operation. Absent without admission. */
  readonly examined?: unknown;
  /** Why it never runs, whoever asks. */
  readonly refusal?: Refusal;
  /** Absent where its answers are neither kept nor make others invalid. */
  readonly keeping?: Keeping;
}

/** An operation as a cache of answers knows it. */
export interface Keeping {
  /** What the cache found in it. */
  readonly examined: unknown;
  readonly coerce: Reading['coerce'];
}

/** What an operation needs of a request beside its program. */
export interface Reading {
  /** Checks variables and fills in defaults, as GraphQL, 6.1.2 says. */
  readonly coerce: (variables: Variables) => Coerced;
  /** Answers the introspection fields; absent where there are none. */
  readonly introspect: ((variables: Variables) => object) | undefined;
}

/** An operation that demands something of its caller, or asks for fields that have limits. */
export interface Guarded {
  /** Numbers of all requirements that it may have, ascending. Empty where it only has limits. */
  readonly requirements: readonly number[];
  /** What its masked programs are made of; absent where it could not be taken apart, and so cannot be masked. */
  readonly parts?: MaskableParts;
}

export interface MaskableParts extends Reading {
  /** The whole operation. */
  readonly operation: Operation;
  /** Whether it could be planned: if not, a part of it runs stitched as well. */
  readonly isPlanned: boolean;
  /** Asks admission to look at a part of it; absent without admission. */
  readonly examine?: Examine;
}

/** @param operation What is left of the operation. */
export type Examine = (operation: Operation, plan: Plan | undefined) => unknown;

export type Variables = Readonly<Record<string, unknown>>;

export type Coerced =
  | { readonly values: Variables; readonly errors?: never }
  | { readonly errors: readonly GraphQLError[]; readonly values?: never };
