import type { AccessRule, AudienceConfig, AuthorizationConfig, ListenerSecurity } from '../config/identity-types.ts';
import type { LimitsConfig } from '../config/limit-types.ts';
import type { Limiter } from '../limits/types.ts';
import type { Authenticator } from '../identity/authenticate.ts';
import type { Caller } from '../identity/caller.ts';
import { challengesOf } from '../identity/challenge.ts';
import { createAccess } from './access.ts';
import { createTrustedProxies } from './client-address.ts';
import { createDoor, type Door, type DoorSite } from './door.ts';
import { createEntrance, type Entrance, type EntranceParts } from './entrance.ts';
import { entranceSteps, type EntranceOptions } from './index.ts';
import { createPolicyAnswers, noPolicies, type Decide, type PolicyAnswers } from './policy-answers.ts';
import { createHttpAuthority } from './policy-http.ts';
import { createModuleAuthority, readPolicyFunctions } from './policy-module.ts';

/** All that stands between sockets and spines, made once for the life of the process: schemas change, callers do not. */
export interface FrontDoor {
  readonly enter: Entrance;
  readonly doorFor: (site: DoorSite) => Door;
  readonly limits: LimitsConfig;
  readonly limiter: Limiter;
  readonly decide: Decide;
  /** The audience whose part of the schema the caller sees; undefined where the caller belongs to none. */
  readonly audienceOf: (caller: Caller) => string | undefined;
  /** Bare challenges for an answer 401. */
  readonly challenges: readonly string[];
  readonly close: () => Promise<void>;
}

export interface FrontDoorParts
  extends Pick<EntranceParts, 'createScope'>, Pick<EntranceOptions, 'clientCertificateOf'> {
  readonly security: ListenerSecurity;
  readonly anonymous: boolean;
  readonly authenticator: Authenticator;
  readonly answers: PolicyAnswers;
  readonly audiences: readonly AudienceConfig[];
  readonly limits: LimitsConfig;
  readonly limiter: Limiter;
  /** Whether, or for which callers, answers have `server-timing`. Default false. */
  readonly serverTiming?: boolean | AccessRule;
}

/** @throws {GatewayError} `CONFIGURATION_INVALID`. */
export function createFrontDoor(parts: FrontDoorParts): FrontDoor {
  const { security, anonymous, authenticator, answers, audiences, limits, limiter, serverTiming = false } = parts;
  const { decide } = answers;
  const listener = { security, anonymous, decide, limits };
  const { clientOf } = createTrustedProxies(security.trustedProxies);
  return {
    enter: createEntrance({
      steps: entranceSteps({
        ...parts,
        limiting: { limiter, shown: limits.headers },
        mayHearTiming: serverTiming === false ? undefined : forCallers(serverTiming),
      }),
      clientOf,
      createScope: parts.createScope,
      challengesOf: (error) => challengesOf(error, authenticator.providers),
    }),
    doorFor: (site) => createDoor(site, listener),
    limits,
    limiter,
    decide,
    audienceOf: audienceFinder(audiences),
    challenges: authenticator.providers.flatMap(({ challenge }) => challenge ?? []),
    close: async () => {
      await Promise.all([authenticator.close(), answers.close()]);
    },
  };
}

/** What a consumer or tier names counts before what rules find. */
function audienceFinder(audiences: readonly AudienceConfig[]): FrontDoor['audienceOf'] {
  if (audiences.length === 0) return () => undefined;
  const rules = audiences.flatMap(({ name, callers }) => (callers ? [{ name, holds: forCallers(callers) }] : []));
  return (caller) => caller.audience ?? rules.find(({ holds }) => holds(caller))?.name;
}

/** A choice by caller that is no refusal: on, off, or on for those whom a rule (without policies) holds for. */
export function forCallers(rule: boolean | AccessRule): (caller: Caller) => boolean {
  if (typeof rule === 'boolean') return () => rule;
  const { allows } = createAccess(rule, noPolicies.decide);
  return (caller) => allows(caller, nowhere) === true;
}

const nowhere = { requestId: '' };

export interface AnswersParts {
  readonly config: AuthorizationConfig['policies'];
  /** What the module exports; read only where the policies come from one. */
  readonly exports: Readonly<Record<string, unknown>>;
  /** Policies that the schema and the access rules name. */
  readonly known: readonly string[];
}

/** @throws {GatewayError} `CONFIGURATION_INVALID` for policies without a function. */
export function openPolicyAnswers({ config, exports, known }: AnswersParts): PolicyAnswers {
  if (!config) return noPolicies;
  const { source, cacheMs } = config;
  const authority =
    source.by === 'http'
      ? createHttpAuthority(source)
      : createModuleAuthority(readPolicyFunctions({ file: source.file, exports, known }));
  return createPolicyAnswers(authority, { cacheMs });
}
