import type { LimitPlace, LimitsConfig, RateLimitConfig } from '../../config/limit-types.ts';
import type { Caller } from '../../identity/caller.ts';
import { clientNetwork } from '../../lib/client-network.ts';
import type { Limit } from '../../limits/types.ts';

/** A limit of the configuration, ready to be charged. */
export interface RateLimit extends Limit, Pick<RateLimitConfig, 'per' | 'counts' | 'operations'> {
  /** Whether the limit is about this caller. */
  readonly isFor: (caller: Caller) => boolean;
}

/** Who uses a limit. */
export interface Using {
  readonly caller: Caller;
  /** The client's verified address; undefined where it is not known. */
  readonly address: string | undefined;
}

/** The limits that hold at a place, those that hold everywhere among them; in their order. */
export function limitsAt({ rates }: Pick<LimitsConfig, 'rates'>, place: LimitPlace): readonly RateLimit[] {
  return rates.filter((rate) => holdsAt(rate.place, place)).map(toRateLimit);
}

function holdsAt(of: LimitPlace, place: LimitPlace): boolean {
  switch (of.at) {
    case 'everywhere':
      return place.at !== 'upstream';
    case 'graphql':
      return place.at === 'graphql';
    case 'route':
      return place.at === 'route' && place.path === of.path;
    case 'upstream':
      return place.at === 'upstream' && place.upstream === of.upstream;
    default:
      return of satisfies never;
  }
}

const made = new WeakMap<RateLimitConfig, RateLimit>();

/** One object for each limit, however many places it holds at: what is known of it is kept by it. */
function toRateLimit(config: RateLimitConfig): RateLimit {
  const known = made.get(config);
  if (known) return known;
  const { name, algorithm, mode, onOutage, per, counts, operations } = config;
  const limit = { name, algorithm, mode, onOutage, per, counts, operations, isFor: callersOf(config) };
  made.set(config, limit);
  return limit;
}

function callersOf({ tiers, callers, per }: RateLimitConfig): (caller: Caller) => boolean {
  if (per === 'tier') return ({ tier }) => tier !== undefined && (tiers.length === 0 || tiers.includes(tier));
  if (tiers.length > 0) return ({ tier }) => tier !== undefined && tiers.includes(tier);
  if (callers === 'all') return () => true;
  return ({ isKnown }) => isKnown === (callers === 'known');
}

/**
 * Whose use is counted together. What a client merely says of itself is never part of it. Clients whose address is not
 * known count as one.
 */
export function keyOf({ per }: Pick<RateLimit, 'per'>, { caller, address }: Using): string {
  switch (per) {
    case 'global':
      return '';
    case 'address':
      return addressKey(address);
    case 'tier':
      return caller.tier ?? '';
    case 'caller':
      return caller.id ?? addressKey(address);
    default:
      return per satisfies never;
  }
}

/** No id of a caller begins so. */
function addressKey(address: string | undefined): string {
  return address === undefined ? 'address:' : `address:${clientNetwork(address)}`;
}
