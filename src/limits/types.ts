import type { LimitAlgorithm, OnOutage } from '../config/limit-types.ts';

/** The words of limiting: a request charges limits; a store decides. */

export interface Limit {
  /** Unique. */
  readonly name: string;
  readonly algorithm: LimitAlgorithm;
  readonly mode: 'measure' | 'enforce';
  readonly onOutage: OnOutage;
}

/** What one request wants of one limit. No two charges of one call have the same limit and key. */
export interface Charge {
  readonly limit: Limit;
  /** Whose use it is: any text. */
  readonly key: string;
  /** An integer, 0 or more; 0 only looks. 1 for `concurrency`. */
  readonly amount: number;
  /** Over the limit: `refuse` refuses the whole request; `skip` only this charge (a field that is masked). */
  readonly ifOver: 'refuse' | 'skip';
}

/** What came of one charge. */
export interface Outcome {
  readonly charge: Charge;
  /** Whether there was room for it, whatever the mode. */
  readonly hasRoom: boolean;
  /** What is left after this decision, 0 or more. */
  readonly remaining: number;
  /** Until all of the limit is there again, in milliseconds, an integer; fixed windows and quotas: until they end. */
  readonly resetMs: number;
  /** Where there was no room: until there may be, in milliseconds, an integer of 1 or more; else 0. */
  readonly retryAfterMs: number;
  /** What decided. `none`: nothing could, and the limit says what holds then. */
  readonly by: 'store' | 'local' | 'none';
}

/** What came of all charges of one call. */
export interface Decision {
  /** The first `refuse` charge of mode `enforce` without room: nothing was charged then. */
  readonly refusal: Outcome | undefined;
  /** In the order of the charges. */
  readonly outcomes: readonly Outcome[];
  /** How long the request has to wait for its turn (leaky bucket), in milliseconds; 0 where not, or refused. */
  readonly waitMs: number;
  /** Gives back what `concurrency` took; undefined where nothing was. To be called once the request has ended; more calls do nothing. */
  readonly release: (() => void) | undefined;
}

/**
 * Decides about charges. In one call all are decided together: where a `refuse` charge of mode `enforce` has no room,
 * nothing is charged; else each charge that has room is. A charge without room is never charged, whatever its mode.
 */
export interface Limiter {
  /** At once (no promise) where nobody has to be asked. Never throws or rejects. */
  readonly charge: (charges: readonly Charge[]) => Decision | Promise<Decision>;
  /** A refusal that is certain without asking anybody: one of these was refused a moment ago. Charges nothing. */
  readonly refusalKnown: (charges: readonly Charge[]) => Decision | undefined;
  readonly close: () => Promise<void>;
}

/** Milliseconds since 1970. */
export type Now = () => number;

/** What one client request uses of limits, for those who charge it for more than its coming in. */
export interface RequestCharges {
  /** Charges the request's next operation: what waits for it, and these. Never throws or rejects. */
  readonly chargeOperation: (more: readonly Charge[]) => Decision | Promise<Decision>;
  /** Says how many operations the request has. Default 1. */
  readonly expectOperations: (count: number) => void;
  /** Once it is answered: charges for those of its operations that never came to be charged. Never rejects. */
  readonly chargeRest: () => Promise<void>;
  /** Sets a field of the answer, as long as it has not begun. */
  readonly setField: (name: string, value: string) => void;
}
