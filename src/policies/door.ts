import type { DoorConfig, ListenerSecurity } from '../config/identity-types.ts';
import type { LimitsConfig } from '../config/limit-types.ts';
import { createDoorAccess, type Access } from './access.ts';
import { createAddressRules, type AllowsAddress } from './addresses.ts';
import { createCors, type Cors } from './cors.ts';
import { doorLimits, type DoorLimits, type DoorPlace } from './limits/door-limits.ts';
import { createSecurityHeaders, type ApplySecurityHeaders } from './security-headers.ts';
import type { Decide } from './policy-answers.ts';

/** Who may come in by a route or to the GraphQL endpoint, ready to be held against requests. */
export interface Door {
  readonly allowsAddress: AllowsAddress;
  /** Undefined: this gateway says nothing of CORS there. */
  readonly cors: Cors | undefined;
  readonly refusesOtherSites: boolean;
  readonly access: Access;
  readonly applySecurityHeaders: ApplySecurityHeaders;
  /** Methods that are served behind it, upper case. */
  readonly methods: readonly string[];
  readonly limits: DoorLimits;
}

/** Where a door is. */
export interface DoorSite extends DoorPlace {
  readonly config: DoorConfig;
  /** Methods that are served behind it, upper case. */
  readonly methods: readonly string[];
}

/** What doors that say nothing of their own go by. */
export interface Listener {
  readonly security: ListenerSecurity;
  /** `identity.anonymous`. */
  readonly anonymous: boolean;
  readonly decide: Decide;
  readonly limits: Pick<LimitsConfig, 'rates' | 'disabled' | 'cost'>;
}

/** @throws {GatewayError} `CONFIGURATION_INVALID` for addresses, origins and headers that are none. */
export function createDoor({ config, methods, ...place }: DoorSite, listener: Listener): Door {
  const { security, decide } = listener;
  const cors = config.cors ?? security.cors;
  return {
    allowsAddress: createAddressRules(config.addresses ?? security.addresses ?? { allow: [], deny: [] }),
    cors: cors && createCors(cors),
    refusesOtherSites: config.csrf ?? security.csrf,
    access: createDoorAccess({ anonymous: config.anonymous ?? listener.anonymous, access: config.access }, decide),
    applySecurityHeaders: createSecurityHeaders({ ...security.headers, ...config.headers }),
    methods,
    limits: doorLimits(listener.limits, place),
  };
}
