import type { VariableUse } from '../planner/plan.ts';
import type { FetchAnswer, PreparedFetch, RequestScope } from '../upstream/types.ts';
import { GatewayError } from '../errors.ts';
import type { Values } from './conditions.ts';
import { Absences } from './absences.ts';
import { Failures } from './failures.ts';
import { own } from './quote.ts';

/** What the fetches of one run share. */
export interface Run {
  /** The merged data. */
  readonly data: object;
  /** As the client gave them. */
  readonly variables: Values;
  /** Coerced, for conditions. */
  readonly values: Values;
  readonly scope: RequestScope;
  /** Absent as long as nothing went wrong. */
  failures: Failures | undefined;
  /** Absent as long as every entity was found. */
  absences: Absences | undefined;
}

/** One fetch. Undefined where no call is made; else settles when the answer is merged. Never throws or rejects. */
export type Step = (run: Run) => Promise<void> | undefined;

/** What one run sends by a prepared fetch. */
export interface Sent {
  readonly variables: string;
  readonly run: Run;
  /** Entities that it asks for at once. Default 1. */
  readonly batch?: number;
}

/** Sends a fetch. Never rejects. */
export async function call(prepared: PreparedFetch, upstream: string, sent: Sent): Promise<FetchAnswer> {
  try {
    return await prepared(sent.variables, sent.run.scope, sent.batch);
  } catch (cause) {
    const message = `calling upstream "${upstream}" threw: ${cause instanceof Error ? cause.message : String(cause)}`;
    const error =
      cause instanceof GatewayError ? cause : new GatewayError('INTERNAL_ERROR', message, { cause, upstream });
    return { data: null, errors: [{ error }] };
  }
}

/** The failures of a run, made with the first one. */
export function failuresOf(run: Run): Failures {
  return (run.failures ??= new Failures());
}

/** The absences of a run, made with the first one. */
export function absencesOf(run: Run): Absences {
  return (run.absences ??= new Absences());
}

/** The client's values of these variables as members of a JSON object, without braces; what was left out stays out. */
export function variableMembers(uses: readonly VariableUse[]): (variables: Values) => string {
  const named = uses.map(({ name }) => ({ name, start: `${JSON.stringify(name)}:` }));
  return (variables) => {
    let text = '';
    for (const { name, start } of named) {
      const json = JSON.stringify(own(variables, name));
      if (json !== undefined) text += `${text === '' ? '' : ','}${start}${json}`;
    }
    return text;
  };
}
