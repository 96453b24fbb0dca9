import type { LimitAlgorithm } from '../../config/limit-types.ts';
import { concurrency } from './concurrency.ts';
import type { Counter } from './counter.ts';
import { fixedWindow } from './fixed-window.ts';
import { leakyBucket } from './leaky-bucket.ts';
import { quota } from './quota.ts';
import { slidingWindow } from './sliding-window.ts';
import { tokenBucket } from './token-bucket.ts';

/**
 * The counter of an algorithm.
 *
 * @param share Of how many instances this is one: `max` and `burst` count as their whole part of it, 1 at least.
 */
export function createCounter(algorithm: LimitAlgorithm, share: number): Counter {
  const partOf = (whole: number): number => Math.max(1, Math.floor(whole / share));
  const max = partOf(algorithm.max);
  switch (algorithm.kind) {
    case 'fixed-window':
      return fixedWindow({ ...algorithm, max });
    case 'sliding-window':
      return slidingWindow({ ...algorithm, max });
    case 'token-bucket':
      return tokenBucket({ ...algorithm, max, burst: partOf(algorithm.burst) });
    case 'leaky-bucket':
      return leakyBucket({ ...algorithm, max });
    case 'quota':
      return quota({ ...algorithm, max });
    case 'concurrency':
      return concurrency({ max });
    default:
      return algorithm satisfies never;
  }
}
