import { printDuration } from '../lib/duration.ts';
import type { GatewayValues } from './gateway-schema.ts';
import type { LimitAlgorithm, LimitMode, LimitPlace, RateLimitConfig } from './limit-types.ts';
import type { RateValues } from './rate-schema.ts';

/** The rate limits of all files: where each is written, what it is called, and what it amounts to. */

const defaultMaxWaitMs = 1000;

/** A limit as it is written, with where it stands. */
export interface WrittenRate {
  readonly values: RateValues;
  readonly place: LimitPlace;
  /** The tier that it stands under. */
  readonly tier: string | undefined;
}

/** A limit with its defaults filled in. One that is off is printed and does nothing. */
export interface ResolvedRate extends Omit<RateLimitConfig, 'mode'> {
  readonly mode: LimitMode;
  /** The tier that it stands under in the file. */
  readonly tier: string | undefined;
}

/** In the order of the file: `limits`, `tiers`, `graphql`, `routes`. Pure. */
export function ratesOfGateway({ limits, tiers, graphql, routes }: GatewayValues): readonly WrittenRate[] {
  const at = (place: LimitPlace, list: readonly RateValues[], tier?: string): WrittenRate[] =>
    list.map((values) => ({ values, place, tier }));
  return [
    ...at({ at: 'everywhere' }, limits.rates),
    ...Object.entries(tiers).flatMap(([name, tier]) => at({ at: 'everywhere' }, tier.limits, name)),
    ...at({ at: 'graphql' }, graphql.limits),
    ...routes.flatMap((route) => at({ at: 'route', path: route.path }, route.limits)),
  ];
}

export function ratesOfUpstream(upstream: string, list: readonly RateValues[]): readonly WrittenRate[] {
  return list.map((values) => ({ values, place: { at: 'upstream', upstream }, tier: undefined }));
}

/**
 * Fills in defaults, `mode` and `onOutage` from those of `limits`. A limit without a name is called after what it says
 * (`free-5-per-1s`), with a number where that name is taken. Pure.
 */
export function resolveRates(
  written: readonly WrittenRate[],
  { mode, onOutage }: Pick<GatewayValues['limits'], 'mode' | 'onOutage'>,
): readonly ResolvedRate[] {
  const taken = new Set(written.flatMap(({ values }) => values.name ?? []));
  return written.map((rate) => {
    const { values, place, tier } = rate;
    const algorithm = toAlgorithm(values);
    return {
      name: values.name ?? freeName(defaultName(rate, algorithm), taken),
      algorithm,
      per: values.per ?? defaultPer(place),
      counts: values.counts ?? 'requests',
      mode: values.mode ?? mode,
      onOutage: values.onOutage ?? onOutage,
      place,
      tiers: tier === undefined ? (values.tiers ?? []) : [tier],
      callers: values.callers ?? 'all',
      operations: values.operations ?? [],
      tier,
    };
  });
}

/** The limits that do something. */
export function ratesInForce(rates: readonly ResolvedRate[]): readonly RateLimitConfig[] {
  return rates.flatMap((resolved) => {
    const { tier: _, mode, ...rate } = resolved;
    return mode === 'off' ? [] : { ...rate, mode };
  });
}

/** What is amiss in these values the schema has refused. */
function toAlgorithm({ max = 1, window, quota, concurrent, algorithm, burst, maxWait }: RateValues): LimitAlgorithm {
  if (concurrent !== undefined) return { kind: 'concurrency', max: concurrent };
  if (quota !== undefined) return { kind: 'quota', max, period: quota };
  const counted = { max, windowMs: window ?? 1 };
  if (algorithm === 'token-bucket') return { kind: algorithm, ...counted, burst: burst ?? max };
  if (algorithm === 'leaky-bucket') return { kind: algorithm, ...counted, maxWaitMs: maxWait ?? defaultMaxWaitMs };
  return { kind: algorithm ?? 'fixed-window', ...counted };
}

function defaultPer({ at }: LimitPlace): RateLimitConfig['per'] {
  return at === 'upstream' ? 'global' : 'caller';
}

/** `caller-60-per-1m`, `free-5-per-1s`, `graphql-address-10-per-1s`, `route-api-orders-3-at-once`, `upstream-x-5-per-day`. */
function defaultName({ values, place, tier }: WrittenRate, algorithm: LimitAlgorithm): string {
  const where = tier ?? placeName(place);
  const per = values.per ?? defaultPer(place);
  const whose = where === undefined || per !== defaultPer(place) ? per : undefined;
  const points = values.counts === 'cost' ? 'points' : undefined;
  return [where && toName(where), whose, algorithm.max, points, span(algorithm)].filter(Boolean).join('-');
}

function placeName(place: LimitPlace): string | undefined {
  switch (place.at) {
    case 'everywhere':
      return undefined;
    case 'graphql':
      return 'graphql';
    case 'route':
      return `route${place.path}`;
    case 'upstream':
      return `upstream-${place.upstream}`;
    default:
      return place satisfies never;
  }
}

function span(algorithm: LimitAlgorithm): string {
  if (algorithm.kind === 'concurrency') return 'at-once';
  return `per-${algorithm.kind === 'quota' ? algorithm.period : printDuration(algorithm.windowMs)}`;
}

/** With the letters of names that are given only. */
function toName(text: string): string {
  return text.replace(/[^A-Za-z0-9_]+/g, '-').replace(/^[-_]+|-+$/g, '');
}

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) name = `${wanted}-${number}`;
  taken.add(name);
  return name;
}
