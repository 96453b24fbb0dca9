import type { LimitAlgorithm } from '../../src/config/limit-types.ts';
import type { Charge, Decision, Limit, Outcome } from '../../src/limits/types.ts';

const hourMs = 3_600_000;

/** Every algorithm with room for so many, and nothing that comes back while a test runs. */
export function algorithmsOf(max: number): Readonly<Record<string, LimitAlgorithm>> {
  return {
    'fixed window': { kind: 'fixed-window', max, windowMs: 24 * hourMs },
    'sliding window': { kind: 'sliding-window', max, windowMs: hourMs },
    'token bucket': { kind: 'token-bucket', max: 1, windowMs: hourMs, burst: max },
    // The last begins after all that came before it.
    'leaky bucket': { kind: 'leaky-bucket', max: 1, windowMs: hourMs, maxWaitMs: (max - 1) * hourMs },
    'monthly quota': { kind: 'quota', max, period: 'month' },
    concurrency: { kind: 'concurrency', max },
  };
}

export function limitOf(algorithm: LimitAlgorithm, more: Partial<Limit> = {}): Limit {
  return { name: 'limit', algorithm, mode: 'enforce', onOutage: 'deny', ...more };
}

export function chargeOf(limit: Limit, more: Partial<Charge> = {}): Charge {
  return { limit, key: 'someone', amount: 1, ifOver: 'refuse', ...more };
}

/** The outcome of the only charge. */
export function only({ outcomes }: Decision): Outcome {
  const [outcome, ...others] = outcomes;
  if (outcome === undefined || others.length > 0) throw new Error(`Expected one outcome, but got: ${outcomes.length}`);
  return outcome;
}
