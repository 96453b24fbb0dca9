import type { LimitAlgorithm, LimitsConfig } from '../../config/limit-types.ts';
import type { Limit, Outcome } from '../../limits/types.ts';

/**
 * Response fields that tell clients how they stand.
 *
 * @see {@link https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ | RateLimit header fields, draft 10}
 * @see {@link https://www.rfc-editor.org/rfc/rfc6585#section-4 | RFC 6585, 4 429 Too Many Requests}
 */
export type LimitFields = Readonly<Record<string, string>>;

/**
 * Fields for what was decided about one request. Limits that are only measured are left out, as they bind nobody, and those
 * that nobody could decide about: what is left of them is not known.
 *
 * @param refusal What the request was refused by.
 */
export function limitFields(
  outcomes: readonly Outcome[],
  shown: LimitsConfig['headers'],
  refusal?: Outcome,
): LimitFields {
  const fields: Record<string, string> = {};
  if (refusal) fields['retry-after'] = String(seconds(refusal.retryAfterMs));
  const binding = outcomes.filter(({ charge, by }) => charge.limit.mode === 'enforce' && by !== 'none');
  if (binding.length === 0) return fields;
  if (shown.rateLimit) {
    fields['ratelimit-policy'] = binding.map(({ charge }) => policyOf(charge.limit)).join(', ');
    fields['ratelimit'] = binding.map(stateOf).join(', ');
  }
  const least = binding.reduce((one, other) => (shareLeft(other) < shareLeft(one) ? other : one));
  const tightest = refusal && binding.includes(refusal) ? refusal : least;
  if (shown.xRateLimit) {
    fields['x-ratelimit-limit'] = String(quotaOf(tightest.charge.limit.algorithm));
    fields['x-ratelimit-remaining'] = String(tightest.remaining);
    fields['x-ratelimit-reset'] = String(seconds(tightest.resetMs));
  }
  return fields;
}

/** Whole seconds, as HTTP counts them; never too early. */
export function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

/** What may be used at most at once. */
export function quotaOf(algorithm: LimitAlgorithm): number {
  return algorithm.kind === 'token-bucket' ? algorithm.burst : algorithm.max;
}

function shareLeft({ remaining, charge }: Outcome): number {
  return remaining / quotaOf(charge.limit.algorithm);
}

const policies = new WeakMap<Limit, string>();

function policyOf(limit: Limit): string {
  const known = policies.get(limit);
  if (known !== undefined) return known;
  const policy = `${quoted(limit.name)};q=${quotaOf(limit.algorithm)}${parametersOf(limit)}`;
  policies.set(limit, policy);
  return policy;
}

function parametersOf(limit: Limit & { readonly counts?: string }): string {
  const { algorithm } = limit;
  if (algorithm.kind === 'concurrency') return ';qu="concurrent-requests"';
  const unit = limit.counts === 'cost' ? ';qu="cost"' : '';
  // A month has no length in seconds.
  if (algorithm.kind === 'quota') return algorithm.period === 'day' ? `${unit};w=86400` : unit;
  return `${unit};w=${seconds(algorithm.windowMs)}`;
}

function stateOf({ charge, remaining, resetMs }: Outcome): string {
  return `${quoted(charge.limit.name)};r=${remaining};t=${seconds(resetMs)}`;
}

/** A string of RFC 9651, 3.3.3. */
function quoted(name: string): string {
  return `"${name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\]/g, String.raw`\$&`)}"`;
}
