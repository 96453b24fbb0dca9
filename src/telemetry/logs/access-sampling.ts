import type { Sampling } from '../../config/telemetry-types.ts';
import { outcomeOf, type Outcome } from '../outcome.ts';
import type { RequestRecord } from '../record.ts';
import { compileMatch } from '../request-match.ts';

/** Why a request is written. `rate`: the share of such requests that is, above 0; 1 where all are. */
export interface Kept {
  readonly outcome: Outcome;
  readonly rate: number;
}

/**
 * Decides which requests are written, by the first rule that fits, else by the rate for all. What failed is always
 * written; probes, and those who read metrics, never are. Undefined: it is not.
 *
 * @param random From 0 up to but not 1.
 */
export function createAccessSampler(
  { rules, rate }: Sampling,
  random: () => number = Math.random,
): (record: RequestRecord) => Kept | undefined {
  const compiled = rules.map((rule) => ({ fits: compileMatch(rule.match), rate: rule.rate }));
  const rateOf = (record: RequestRecord): number => {
    for (const rule of compiled) if (rule.fits(record)) return rule.rate;
    return rate;
  };
  return (record) => {
    if (record.served === 'probe' || record.served === 'metrics') return undefined;
    const outcome = outcomeOf(record);
    if (hasFailed(record, outcome)) return { outcome, rate: 1 };
    const share = rateOf(record);
    return share >= 1 || random() < share ? { outcome, rate: share } : undefined;
  };
}

/** What an upstream said is told whatever it was: its 404 may be the gateway's mistake. */
function hasFailed({ status, errors }: RequestRecord, outcome: Outcome): boolean {
  if (status >= 500 || outcome === 'upstream_error' || outcome === 'gateway_error') return true;
  for (const { upstream } of errors) if (upstream !== undefined) return true;
  return false;
}
