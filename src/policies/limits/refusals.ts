import { GatewayError } from '../../errors.ts';
import type { LimitAlgorithm } from '../../config/limit-types.ts';
import type { Limit, Outcome } from '../../limits/types.ts';
import { quotaOf, seconds } from './limit-fields.ts';

/** The operation that a limit counts the cost of. */
export interface Costly {
  readonly points: number;
  /** The field that costs most. */
  readonly dearest: { readonly path: string; readonly coordinate: string; readonly points: number } | undefined;
}

/** What clients read of a limit that has no room for them, as `extensions.rateLimit`. */
export interface RateLimitDetails {
  readonly limit: string;
  readonly max: number;
  readonly remaining: number;
  /** Seconds until all of it is there again, and until it is worth trying again. */
  readonly reset: number;
  readonly retryAfter: number;
  readonly cost?: number;
  readonly dearest?: NonNullable<Costly['dearest']>;
}

export function detailsOf({ charge, remaining, resetMs, retryAfterMs }: Outcome, cost?: Costly): RateLimitDetails {
  return {
    limit: charge.limit.name,
    max: quotaOf(charge.limit.algorithm),
    remaining,
    reset: seconds(resetMs),
    retryAfter: seconds(retryAfterMs),
    ...(cost && { cost: cost.points }),
    ...(cost?.dearest && { dearest: cost.dearest }),
  };
}

/** The error of a request, or of a call to an upstream, that a limit has no room for. */
export function refusalError(
  outcome: Outcome,
  { cost, upstream }: { readonly cost?: Costly | undefined; readonly upstream?: string } = {},
): GatewayError {
  const { limit } = outcome.charge;
  const from = upstream === undefined ? {} : { upstream };
  if (outcome.by === 'none') {
    return new GatewayError('LIMIT_UNAVAILABLE', `limit "${limit.name}" cannot be read and denies then`, from);
  }
  return new GatewayError('RATE_LIMITED', messageOf(outcome, limit, cost), {
    ...from,
    exposed: { rateLimit: detailsOf(outcome, cost) },
  });
}

function messageOf({ remaining, retryAfterMs }: Outcome, limit: Limit, cost: Costly | undefined): string {
  const again = `Try again in ${seconds(retryAfterMs)} s.`;
  const allowed = `Limit "${limit.name}" allows ${printAlgorithm(limit.algorithm, cost ? 'points' : 'requests')}`;
  if (!cost) return `Too many requests. ${allowed}. ${again}`;
  const { dearest } = cost;
  const dear = dearest ? `, most of it for "${dearest.path}" (${dearest.coordinate})` : '';
  return `The operation costs ${cost.points} points${dear}. ${allowed}, of which ${remaining} are left. ${again}`;
}

function printAlgorithm(algorithm: LimitAlgorithm, unit: string): string {
  const { kind } = algorithm;
  if (kind === 'concurrency') return `${algorithm.max} at the same time`;
  if (kind === 'quota') return `${algorithm.max} ${unit} a ${algorithm.period}`;
  return `${algorithm.max} ${unit} in ${algorithm.windowMs / 1000} s`;
}
