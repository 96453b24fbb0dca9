import type { KillSwitch, LimitPlace, LimitsConfig } from '../../config/limit-types.ts';
import { switchesOfRoute } from './kill-switches.ts';
import { limitsAt, type RateLimit } from './rate-limit.ts';

/** What is charged for each request that comes in by one door, ready. */
export interface DoorLimits {
  /** Charged before it is known who asks. */
  readonly arrival: readonly RateLimit[];
  /** Charged when it is known. */
  readonly callers: readonly RateLimit[];
  /** Whether an operation brings charges of its own, with which these are made in one call. */
  readonly waitForOperation: boolean;
  /** Whether answers there may have something to tell although nothing is charged. */
  readonly tell: boolean;
  readonly switches: readonly KillSwitch[];
}

export interface DoorPlace {
  readonly place: LimitPlace;
  /** Upstream that a route leads to: its limits are charged at the door. */
  readonly upstream?: string;
  /** Operations that are asked there: `limited` where their fields have limits of their own. Default none. */
  readonly operations?: 'none' | 'plain' | 'limited';
}

export function doorLimits(
  config: Pick<LimitsConfig, 'rates' | 'disabled' | 'cost'>,
  { place, upstream, operations = 'none' }: DoorPlace,
): DoorLimits {
  const here = limitsAt(config, place);
  const ofUpstream = upstream === undefined ? [] : limitsAt(config, { at: 'upstream', upstream });
  const ofRequests = [...here, ...ofUpstream].filter((limit) => !isOfOperations(limit));
  const arrival = ofRequests.filter(({ per }) => per === 'global' || per === 'address');
  return {
    arrival,
    callers: ofRequests.filter((limit) => !arrival.includes(limit)),
    waitForOperation: operations === 'limited' || (operations === 'plain' && here.some(isOfOperations)),
    tell: operations !== 'none' && (config.disabled.length > 0 || config.cost.show),
    switches: place.at === 'route' ? switchesOfRoute(config.disabled, place.path) : [],
  };
}

/** Whether only operations are charged, not requests as such. */
export function isOfOperations({ counts, operations }: Pick<RateLimit, 'counts' | 'operations'>): boolean {
  return counts === 'cost' || operations.length > 0;
}
