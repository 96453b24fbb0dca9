import { z } from 'zod';
import type { LimitMode, OnOutage, RateLimitConfig } from './limit-types.ts';
import { graphqlName, names } from './security-values.ts';
import { duration, evenIfWrong, integer, oneOf, section } from './values.ts';

/** One rate limit, quota or bound of concurrency, as it is written at each place that may have some. */

// A month's points may be many. Redis scripts write whole numbers of up to 14 digits as they are.
const mostUnits = 1_000_000_000_000;
const longestTurnMs = 60_000;

export function limitMode() {
  return oneOf(['off', 'measure', 'enforce']);
}

export function onOutage() {
  return oneOf(['allow', 'deny', 'local']);
}

/** Response headers and keys in Redis bear it; names with dots are those of `@rateLimit`. */
const nameError = 'expected a name of letters, digits, "_" and "-"';
const limitName = z.string({ error: nameError }).regex(/^[A-Za-z0-9][\w-]*$/, { error: nameError });

const base = {
  name: limitName.optional().describe('Unique name in answers, logs and metrics. Default: made of what it says'),
  max: integer(1, mostUnits).optional().describe('How many in each window, day or month'),
  window: duration().optional().describe('Length of the window: 1s, 1m, 1h; up to 24d'),
  algorithm: oneOf(['fixed-window', 'sliding-window', 'token-bucket', 'leaky-bucket'])
    .optional()
    .describe('How a window is counted. Default fixed-window'),
  burst: integer(1, mostUnits).optional().describe('algorithm: token-bucket: how many at once. Default: max'),
  maxWait: duration({ max: longestTurnMs })
    .optional()
    .describe('algorithm: leaky-bucket: longest wait for its turn, up to 1m. Default 1s'),
  quota: oneOf(['day', 'month']).optional().describe('In place of window: a calendar day or month, UTC'),
  concurrent: integer(1, mostUnits).optional().describe('In place of max and window: how many at the same time'),
  mode: limitMode().optional().describe('Default: as limits.mode says'),
  onOutage: onOutage().optional().describe('Default: as limits.onOutage says'),
};

const callers = {
  tiers: names('tier')
    .min(1, { error: 'expected a list of tiers, one at least' })
    .optional()
    .describe('Only callers of these tiers. Default all'),
  callers: oneOf(['all', 'anonymous', 'known']).optional().describe('Only these callers. Default all'),
};

const operations = {
  operations: z
    .array(graphqlName('an operation'), { error: 'expected a list of names of operations' })
    .min(1, { error: 'expected a list of names of operations, one at least' })
    .optional()
    .describe('Only GraphQL operations of these names. Default all'),
  counts: oneOf(['requests', 'cost'])
    .optional()
    .describe('What is counted: requests, or points of what GraphQL operations cost. Default requests'),
};

const perAnything = oneOf(['global', 'address', 'caller', 'tier'])
  .optional()
  .describe('Whose use is counted together: everyone, an address, a caller, a tier. Default caller');

/** Of `limits.rates` and `graphql.limits`. */
export const rate = section({ ...base, per: perAnything, ...callers, ...operations }).superRefine(
  checker('caller'),
  evenIfWrong,
);

/** Of a route. */
export const routeRate = section({ ...base, per: perAnything, ...callers }).superRefine(checker('caller'), evenIfWrong);

/** Of a tier. */
export const tierRate = section({
  ...base,
  per: oneOf(['caller', 'tier'])
    .optional()
    .describe('Whose use is counted together: a caller, or all of the tier. Default caller'),
  ...operations,
}).superRefine(checker('caller'), evenIfWrong);

/** Of `upstreams/<name>.yaml`. */
export const upstreamRate = section({
  ...base,
  per: oneOf(['global', 'caller', 'tier'])
    .optional()
    .describe('Whose calls are counted together: everyone, a caller, a tier. Default global'),
  ...callers,
}).superRefine(checker('global'), evenIfWrong);

/** A list of limits. */
export function rates<T extends z.ZodType>(item: T) {
  return z.array(item, { error: 'expected a list of limits' });
}

/** What any of them gives. */
export interface RateValues {
  readonly name?: string | undefined;
  readonly max?: number | undefined;
  readonly window?: number | undefined;
  readonly algorithm?: 'fixed-window' | 'sliding-window' | 'token-bucket' | 'leaky-bucket' | undefined;
  readonly burst?: number | undefined;
  readonly maxWait?: number | undefined;
  readonly quota?: 'day' | 'month' | undefined;
  readonly concurrent?: number | undefined;
  readonly mode?: LimitMode | undefined;
  readonly onOutage?: OnOutage | undefined;
  readonly per?: RateLimitConfig['per'] | undefined;
  readonly tiers?: readonly string[] | undefined;
  readonly callers?: RateLimitConfig['callers'] | undefined;
  readonly operations?: readonly string[] | undefined;
  readonly counts?: RateLimitConfig['counts'] | undefined;
}

type Tell = (key: keyof RateValues, message: string) => void;

function checker(per: RateLimitConfig['per']) {
  return (value: RateValues, context: z.core.$RefinementCtx): void => {
    const tell: Tell = (key, message) => context.addIssue({ code: 'custom', path: [key], message });
    checkAmount(value, tell);
    checkAlgorithm(value, tell);
    checkWhose(value, value.per ?? per, tell);
  };
}

function checkAmount(value: RateValues, tell: Tell): void {
  const [first, second] = (['window', 'quota', 'concurrent'] as const).filter((key) => value[key] !== undefined);
  if (first === undefined) tell('window', 'expected "window", "quota" or "concurrent"');
  if (second !== undefined) tell(second, 'only one of window, quota and concurrent may stand here');
  if (value.concurrent === undefined) {
    if (value.max === undefined) tell('max', `expected an integer from 1 to ${mostUnits}`);
    return;
  }
  if (value.max !== undefined) tell('max', 'does not go with "concurrent", which says how many');
  if (value.counts === 'cost') tell('counts', 'what runs at the same time is counted in requests');
}

function checkAlgorithm({ algorithm, burst, maxWait, quota, concurrent }: RateValues, tell: Tell): void {
  const hasNoWindow = quota !== undefined || concurrent !== undefined;
  if (algorithm !== undefined && hasNoWindow) tell('algorithm', 'goes with "window" only');
  if (burst !== undefined && algorithm !== 'token-bucket') tell('burst', 'goes with "algorithm: token-bucket" only');
  if (maxWait !== undefined && algorithm !== 'leaky-bucket')
    tell('maxWait', 'goes with "algorithm: leaky-bucket" only');
}

function checkWhose(value: RateValues, per: RateLimitConfig['per'], tell: Tell): void {
  if (per === 'global' || per === 'address') {
    const reason = `does not go with "per: ${per}", which asks for no caller`;
    if (value.tiers !== undefined) tell('tiers', reason);
    if (value.callers !== undefined && value.callers !== 'all') tell('callers', reason);
  }
  if (per === 'address') {
    const reason = 'does not go with "per: address", which is counted before the operation is known';
    if (value.operations !== undefined) tell('operations', reason);
    if (value.counts === 'cost') tell('counts', reason);
  }
  if (value.callers === 'anonymous' && (per === 'tier' || value.tiers !== undefined)) {
    tell('callers', 'callers that nobody knows are on no tier');
  }
}
