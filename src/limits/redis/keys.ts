import { hash } from 'node:crypto';
import type { LimitAlgorithm } from '../../config/limit-types.ts';
import type { Charge, Limit } from '../types.ts';

/** What is the same in every charge of a limit, ready to send. */
export interface LimitArguments {
  readonly keyPrefix: string;
  readonly kind: LimitAlgorithm['kind'];
  readonly max: number;
  readonly windowMs: number;
  /** `burst`, longest wait or period; for `concurrency` the lease comes here. */
  readonly extra: number | string;
}

// One hash tag: a Cluster runs a script only where all its keys lie in one slot.
const prefix = 'weft:{limits}:';
const longestPlain = 40;

/** Pure. Another algorithm or window has other keys, so that no state is read that means something else. */
export function limitArguments({ name, algorithm }: Limit): LimitArguments {
  const { kind, max } = algorithm;
  const windowMs = 'windowMs' in algorithm ? algorithm.windowMs : 0;
  const extra = extraOf(algorithm);
  const window = algorithm.kind === 'quota' ? algorithm.period : windowMs;
  return { keyPrefix: `${prefix}${printName(name)}:${kind}:${window}:`, kind, max, windowMs, extra };
}

function extraOf(algorithm: LimitAlgorithm): number | string {
  switch (algorithm.kind) {
    case 'token-bucket':
      return algorithm.burst;
    case 'leaky-bucket':
      return algorithm.maxWaitMs;
    case 'quota':
      return algorithm.period;
    case 'fixed-window':
    case 'sliding-window':
    case 'concurrency':
      return 0;
    default:
      return algorithm satisfies never;
  }
}

/** The key in Redis, 200 bytes at most. Two charges have the same one only for one limit and one key. */
export function keyOf({ keyPrefix }: LimitArguments, { key }: Charge): string {
  return keyPrefix + shorten(key);
}

/** Without a colon, so that `a` and `b:c` are not `a:b` and `c`. */
function printName(name: string): string {
  return shorten(name.isWellFormed() ? encodeURIComponent(name) : `#${name}`);
}

/** A hash is longer than what stays as it is: nobody can choose an identity that is another one's hash. */
function shorten(text: string): string {
  if (text.length <= longestPlain && text.isWellFormed()) return text;
  // UTF-16 keeps apart what UTF-8 cannot write.
  return `#${hash('sha256', Buffer.from(text, 'utf16le'), 'base64url')}`;
}
