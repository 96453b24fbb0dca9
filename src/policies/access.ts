import type { AccessRule } from '../config/identity-types.ts';
import { GatewayError } from '../errors.ts';
import type { Caller } from '../identity/caller.ts';
import { InsufficientScope } from '../identity/challenge.ts';
import type { Decide, PolicyRequest } from './policy-answers.ts';

/** An access rule, ready to be held against callers. */
export interface Access {
  /**
   * Why the caller may not; `undefined` where it may. At once (no promise) where the rule names no policies or their
   * answers are known: `CREDENTIALS_MISSING` for an anonymous caller, `ACCESS_DENIED` for a known one.
   *
   * @throws {GatewayError} `IDENTITY_UNAVAILABLE` where nobody can be asked about a policy. Thrown or rejected.
   */
  readonly check: (
    caller: Caller,
    request: PolicyRequest,
  ) => GatewayError | undefined | Promise<GatewayError | undefined>;
  /** Whether `check` finds nothing. For choices (an audience, GraphiQL) that are no refusals. Throws as `check` does. */
  readonly allows: (caller: Caller, request: PolicyRequest) => boolean | Promise<boolean>;
}

/** All that the rule names must hold; one that names nothing holds for every caller. */
export function createAccess(rule: AccessRule, decide: Decide): Access {
  const policies = [...new Set(rule.policies.flat())];
  const check: Access['check'] = (caller, request) => {
    const refused = checkCaller(rule, caller);
    if (refused !== undefined || rule.policies.length === 0) return refused;
    const granted = decide(policies, caller, request);
    return granted instanceof Promise
      ? granted.then((answer) => checkPolicies(rule, answer))
      : checkPolicies(rule, granted);
  };
  return {
    check,
    allows: (caller, request) => {
      const refused = check(caller, request);
      return refused instanceof Promise ? refused.then((error) => error === undefined) : refused === undefined;
    },
  };
}

export interface DoorAccess {
  /** Whether a request without credentials may pass. */
  readonly anonymous: boolean;
  /** Default: all who may be anonymous, or are known. */
  readonly access?: AccessRule | undefined;
}

/** The access rule of a door: an anonymous caller passes where the door lets it and nothing more is asked for. */
export function createDoorAccess({ anonymous, access }: DoorAccess, decide: Decide): Access {
  const rule = access ?? everyone;
  return createAccess(anonymous ? rule : { ...rule, authenticated: true }, decide);
}

const everyone: AccessRule = { authenticated: false, scopes: [], roles: [], tiers: [], consumers: [], policies: [] };

/** Whether one of the sets is granted whole; also where there are no sets. */
export function isOneGranted(sets: readonly (readonly string[])[], granted: ReadonlySet<string>): boolean {
  return sets.length === 0 || sets.some((set) => set.every((name) => granted.has(name)));
}

function asksForKnown({ authenticated, scopes, roles, tiers, consumers, policies }: AccessRule): boolean {
  return authenticated || [scopes, roles, tiers, consumers, policies].some(({ length }) => length > 0);
}

/** All but the policies. What it names is what the client may be told: scopes, not who else may. */
function checkCaller(rule: AccessRule, caller: Caller): GatewayError | undefined {
  if (!caller.isKnown) {
    return asksForKnown(rule)
      ? new GatewayError('CREDENTIALS_MISSING', 'Expected credentials, but got: none')
      : undefined;
  }
  if (!isOneGranted(rule.scopes, caller.scopes)) {
    const sets = rule.scopes.map((set) => set.join(' and '));
    const message = `The caller lacks a scope. Expected: ${sets.join(', or ')}`;
    return new InsufficientScope(message, rule.scopes[0] ?? []);
  }
  if (rule.roles.length > 0 && !rule.roles.some((role) => caller.roles.has(role))) return denied('role');
  if (!isNamed(rule.tiers, caller.tier)) return denied('tier');
  if (!isNamed(rule.consumers, caller.consumer)) return denied('consumer');
  return undefined;
}

function isNamed(names: readonly string[], name: string | undefined): boolean {
  return names.length === 0 || (name !== undefined && names.includes(name));
}

function checkPolicies(rule: AccessRule, granted: ReadonlySet<string>): GatewayError | undefined {
  return isOneGranted(rule.policies, granted) ? undefined : denied('policy');
}

const sentences = {
  role: 'The caller lacks a role that is expected here.',
  tier: 'The caller is not of a tier that is expected here.',
  consumer: 'The caller is not a consumer that is expected here.',
  policy: 'A policy does not grant this to the caller.',
} as const;

function denied(by: keyof typeof sentences): GatewayError {
  return new GatewayError('ACCESS_DENIED', sentences[by]);
}
