import { setTimeout as pause } from 'node:timers/promises';
import type { LimitsConfig } from '../../config/limit-types.ts';
import { GatewayError } from '../../errors.ts';
import type { Charge, Decision, Limiter } from '../../limits/types.ts';
import { publishLimit } from '../../telemetry/channels.ts';
import type { CallScope, LimitCall, Release } from '../../upstream/limit-calls.ts';
import { keyOf, limitsAt } from './rate-limit.ts';
import { refusalError } from './refusals.ts';

/**
 * What holds back the calls that GraphQL operations make to one upstream; undefined where nothing does. A REST request is
 * charged for its one call at the door.
 */
export function limitUpstreamCalls(
  config: Pick<LimitsConfig, 'rates'>,
  upstream: string,
  limiter: Limiter,
): LimitCall | undefined {
  const limits = limitsAt(config, { at: 'upstream', upstream });
  if (limits.length === 0) return undefined;
  const chargesOf = ({ caller, client }: CallScope): readonly Charge[] =>
    limits
      .filter(({ isFor }) => isFor(caller))
      .map((limit) => ({
        limit,
        key: keyOf(limit, { caller, address: client?.address }),
        amount: 1,
        ifOver: 'refuse',
      }));
  return (scope) => {
    const charges = chargesOf(scope);
    if (charges.length === 0) return undefined;
    const decision = limiter.charge(charges);
    const settle = (settled: Decision): Release | Promise<Release> => pass(settled, scope, upstream);
    return decision instanceof Promise ? decision.then(settle) : settle(decision);
  };
}

function pass(
  decision: Decision,
  { requestId, signal, caller: { tier } }: CallScope,
  upstream: string,
): Release | Promise<Release> {
  const { outcomes, refusal, waitMs } = decision;
  for (const { hasRoom, charge } of outcomes) {
    const { name, mode } = charge.limit;
    if (!hasRoom)
      publishLimit(() => ({ limit: name, outcome: mode === 'measure' ? 'measured' : 'refused', tier, requestId }));
  }
  if (refusal) throw refusalError(refusal, { upstream });
  return waitMs > 0 ? wait(decision, signal) : decision.release;
}

async function wait({ waitMs, release }: Decision, signal: AbortSignal): Promise<Release> {
  try {
    await pause(waitMs, undefined, { signal });
    return release;
  } catch (cause) {
    release?.();
    throw new GatewayError('CLIENT_CLOSED_REQUEST', 'The client left.', { cause });
  }
}
