import type { ExecutionResult } from 'graphql';
import type { RequestScope } from '../upstream/types.ts';
import { opaqueRefusal, refusalOf, type Authorization } from './authorization.ts';
import { errorsOfDenied } from './denied-places.ts';
import type { Guarded, Reading, Variables } from './entry.ts';
import type { MaskedProgram } from './masked-program.ts';
import type { Programs } from './programs.ts';

/** What is left of an operation for a caller who lacks something. */
export interface Allowed {
  readonly masked: MaskedProgram;
  readonly reading: Reading;
  /** The variables, coerced. */
  readonly values: Variables;
}

interface Asking {
  readonly variables: Variables;
  readonly scope: RequestScope;
}

interface Ways<T> {
  /** Runs the operation for a caller who lacks nothing. */
  readonly whole: () => Promise<T>;
  /** Runs what is left of it. */
  readonly part: (allowed: Allowed) => Promise<T>;
}

/** Sees to it that guarded operations run only as far as their caller may read. */
export class Denying {
  readonly #authorization: Authorization;
  readonly #programs: Programs;

  constructor(authorization: Authorization, programs: Programs) {
    this.#authorization = authorization;
    this.#programs = programs;
  }

  /** Runs the whole operation, a part of it, or nothing. Where it cannot be said what is denied, nothing runs. */
  admit<T>(guarded: Guarded, asking: Asking, ways: Ways<T>): Promise<T | ExecutionResult> {
    const proceed = (lacks: readonly number[]): Promise<T | ExecutionResult> =>
      lacks.length === 0 ? ways.whole() : this.#runPart(guarded, lacks, { asking, ways });
    let denied: ReturnType<Authorization['deny']>;
    try {
      denied = this.#authorization.deny(guarded.requirements, asking.scope);
    } catch (cause) {
      return Promise.resolve(refusalOf(cause));
    }
    return 'then' in denied ? denied.then(proceed, refusalOf) : proceed(denied);
  }

  async #runPart<T>(
    { parts }: Guarded,
    denied: readonly number[],
    { asking, ways }: { readonly asking: Asking; readonly ways: Ways<T> },
  ): Promise<T | ExecutionResult> {
    const { caller } = asking.scope;
    if (!parts) return opaqueRefusal(caller);
    const { guards, mode } = this.#authorization;
    const masked = this.#programs.masked(parts, denied, guards);
    const { values, errors } = parts.coerce(asking.variables);
    if (errors) return { errors };
    if (mode === 'reject') {
      const refused = errorsOfDenied(masked.shape, values, caller.isKnown);
      if (refused.length > 0) return { errors: refused };
    }
    return ways.part({ masked, reading: parts, values });
  }
}
