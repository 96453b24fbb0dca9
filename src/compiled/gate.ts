import type { ExecutionResult } from 'graphql';
import type { LimitedGuards } from '../composition/field-limits/field-limits.ts';
import type { Admission, Admitted, AdmittedRequest, Finish } from './admission.ts';
import { opaqueRefusal, refusalOf, type Authorization } from './authorization.ts';
import { errorsOfDenied } from './denied-places.ts';
import type { Entry, MaskableParts, Reading, Variables } from './entry.ts';
import { finishOf } from './limit-errors.ts';
import type { MaskedProgram } from './masked-program.ts';
import type { Programs } from './programs.ts';

/** What is left of an operation for a caller who lacks something, or has used it up. */
export interface Allowed {
  readonly masked: MaskedProgram;
  readonly reading: Reading;
  /** The variables, coerced. */
  readonly values: Variables;
}

export interface Ways<T> {
  /** Runs the operation for a caller who lacks nothing. */
  readonly whole: (finish: Finish | undefined) => Promise<T>;
  /** Runs what is left of it. */
  readonly part: (allowed: Allowed, finish: Finish | undefined) => Promise<T>;
}

export interface GateParts {
  /** Default: everyone may read everything. */
  readonly authorization: Authorization | undefined;
  /** Default: everything is admitted. */
  readonly admission: Admission | undefined;
  readonly guards: LimitedGuards;
  readonly programs: Programs;
}

/** A request on its way through the gate. */
interface Passing<T> {
  readonly entry: Entry;
  readonly request: AdmittedRequest;
  readonly ways: Ways<T>;
}

/** What a caller lacks of an operation, and so does not ask for. */
interface Lacking {
  readonly lacks: readonly number[];
  readonly parts: MaskableParts;
  /** The variables, coerced. */
  readonly values: Variables;
  readonly errors?: never;
}

/**
 * Sees to it that operations run only as far as their caller may read, and has not used up. Who may not read something is
 * not charged for it.
 */
export class Gate {
  readonly #authorization: Authorization | undefined;
  readonly #admission: Admission | undefined;
  readonly #guards: LimitedGuards;
  readonly #programs: Programs;

  constructor({ authorization, admission, guards, programs }: GateParts) {
    this.#authorization = authorization;
    this.#admission = admission;
    this.#guards = guards;
    this.#programs = programs;
  }

  /** Whether an operation may not run before it has passed. */
  stops({ guarded, refusal }: Entry): boolean {
    return guarded !== undefined || refusal !== undefined || this.#admission !== undefined;
  }

  /** Runs the whole operation, a part of it, or nothing. Where it cannot be said what is denied, nothing runs. */
  pass<T>(entry: Entry, request: AdmittedRequest, ways: Ways<T>): Promise<T | ExecutionResult> {
    const passing = { entry, request, ways };
    const requirements = entry.guarded?.requirements;
    if (!this.#authorization || !requirements || requirements.length === 0) return this.#admit(passing);
    let denied: ReturnType<Authorization['deny']>;
    try {
      denied = this.#authorization.deny(requirements, request.scope);
    } catch (cause) {
      return Promise.resolve(refusalOf(cause));
    }
    const proceed = (lacks: readonly number[]): Promise<T | ExecutionResult> =>
      lacks.length === 0 ? this.#admit(passing) : this.#admitPart(passing, lacks);
    return 'then' in denied ? denied.then(proceed, (cause: unknown) => refusalOf(cause)) : proceed(denied);
  }

  async #admitPart<T>(passing: Passing<T>, lacks: readonly number[]): Promise<T | ExecutionResult> {
    const { entry, request } = passing;
    const parts = entry.guarded?.parts;
    if (!parts) return opaqueRefusal(request.scope.caller);
    const { values, errors } = parts.coerce(request.variables);
    if (errors) return { errors };
    if (this.#authorization?.mode === 'reject') {
      const { shape } = this.#programs.masked(parts, lacks, this.#guards);
      const refused = errorsOfDenied(shape, values, request.scope.caller.isKnown);
      if (refused.length > 0) return { errors: refused };
    }
    return this.#admit(passing, { lacks, parts, values });
  }

  #admit<T>(passing: Passing<T>, lacking?: Lacking): Promise<T | ExecutionResult> {
    const { entry, request } = passing;
    if (entry.refusal) return Promise.resolve(entry.refusal);
    if (!this.#admission) return this.#run(passing, lacking, nothingLimited);
    let admitted: ReturnType<Admission['admit']>;
    try {
      admitted = this.#admission.admit(lacking ? this.#examinedPart(lacking) : entry.examined, request);
    } catch (cause) {
      return Promise.resolve(refusalOf(cause, whatIsUsed));
    }
    const run = (given: Admitted): Promise<T | ExecutionResult> => this.#run(passing, lacking, given);
    return 'then' in admitted ? admitted.then(run, (cause: unknown) => refusalOf(cause, whatIsUsed)) : run(admitted);
  }

  #examinedPart({ parts, lacks }: Lacking): unknown {
    return this.#programs.masked(parts, lacks, this.#guards).examined?.();
  }

  #run<T>(passing: Passing<T>, lacking: Lacking | undefined, admitted: Admitted): Promise<T | ExecutionResult> {
    if (admitted.refused) return Promise.resolve({ errors: admitted.refused });
    const finish = finishOf(admitted);
    const { limited } = admitted;
    if (!lacking && limited.length === 0) return passing.ways.whole(finish);
    return this.#runPart(passing, { lacking, limited, finish });
  }

  async #runPart<T>(
    { entry, request, ways }: Passing<T>,
    { lacking, limited, finish }: Part,
  ): Promise<T | ExecutionResult> {
    const parts = entry.guarded?.parts;
    if (!parts) return opaqueRefusal(request.scope.caller);
    const { values, errors } = lacking ?? parts.coerce(request.variables);
    if (errors) return finish ? finish({ errors }) : { errors };
    const masked = this.#programs.masked(parts, [...(lacking?.lacks ?? []), ...limited], this.#guards);
    return ways.part({ masked, reading: parts, values }, finish);
  }
}

interface Part {
  readonly lacking: Lacking | undefined;
  readonly limited: readonly number[];
  readonly finish: Finish | undefined;
}

const whatIsUsed = 'what a caller has used up';
const nothingLimited: Admitted = { limited: [] };
