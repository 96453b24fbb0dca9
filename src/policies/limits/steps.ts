import type { LimitsConfig } from '../../config/limit-types.ts';
import type { Decision, Limiter } from '../../limits/types.ts';
import { anonymous } from '../../identity/caller.ts';
import { publishLimit } from '../../telemetry/channels.ts';
import type { Entering, Step } from '../entrance.ts';
import { disabledError, retryAfterOf, switchThatIsOn } from './kill-switches.ts';
import { refusalError } from './refusals.ts';
import { RequestLimits } from './request-limits.ts';

export interface LimitSteps {
  /** Refuses what is switched off. */
  readonly refuseDisabled: Step;
  /** Limits that need not know who asks. */
  readonly limitArrival: Step;
  /** Limits of the caller; where an operation brings charges of its own, all wait for those. */
  readonly limitCaller: Step;
}

export interface LimitStepsOptions {
  readonly limiter: Limiter;
  readonly shown: LimitsConfig['headers'];
  /** Whether finding out who asks costs anything: if not, arrival and caller are charged in one call. */
  readonly authenticates: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function limitSteps({ limiter, shown, authenticates, now }: LimitStepsOptions): LimitSteps {
  return {
    refuseDisabled: ({ door: { limits }, res, requestId }) => {
      if (limits.switches.length === 0) return undefined;
      const time = now();
      const on = switchThatIsOn(limits.switches, time);
      if (!on) return undefined;
      const retryAfter = retryAfterOf(on, time);
      if (retryAfter !== undefined) res.setHeader('retry-after', String(retryAfter));
      publishLimit(() => ({ limit: 'disabled', outcome: 'refused', requestId }));
      throw disabledError(on);
    },
    limitArrival: (entering) => {
      const { arrival, callers, waitForOperation, tell } = entering.door.limits;
      if (arrival.length === 0 && callers.length === 0 && !waitForOperation && !tell) return undefined;
      const { res, requestId, client } = entering;
      const limits = new RequestLimits({ limiter, shown, res, requestId, address: client.address });
      entering.limits = limits;
      limits.add(arrival, { caller: anonymous });
      return authenticates ? proceed(limits.charge()) : undefined;
    },
    limitCaller: ({ door, limits, caller }: Entering) => {
      if (limits === undefined) return undefined;
      limits.add(door.limits.callers, { caller });
      if (!door.limits.waitForOperation) return proceed(limits.charge());
      const known = limits.refusalKnown();
      return known && proceed(known);
    },
  };
}

function proceed(decision: Decision | Promise<Decision>): undefined | Promise<undefined> {
  return decision instanceof Promise ? decision.then(refuse) : refuse(decision);
}

function refuse({ refusal }: Decision): undefined {
  if (refusal) throw refusalError(refusal);
}
