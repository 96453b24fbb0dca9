import { LRUCache } from 'lru-cache';
import { GatewayError } from '../errors.ts';
import type { Caller } from '../identity/caller.ts';
import { closest } from '../lib/closest.ts';
import { publishInternalError } from '../telemetry/channels.ts';
import type { PolicyAuthority, PolicyDecision, PolicyRequest } from './policy-answers.ts';

/**
 * One policy of the user's module: whether it is granted to this caller. Anything but `true` denies. It is asked about
 * known callers only, and what it says is kept for `authorization.policies.cacheMs`.
 */
export type PolicyFunction = (caller: Caller, request: PolicyRequest) => boolean | Promise<boolean>;

export type PolicyFunctions = ReadonlyMap<string, PolicyFunction>;

export interface PolicyModule {
  /** Path of the file, for messages. */
  readonly file: string;
  /** What the module exports, by name. */
  readonly exports: Readonly<Record<string, unknown>>;
  /** Policies that the schema and the access rules name. */
  readonly known: readonly string[];
}

/**
 * The policy functions of a loaded module.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` naming every value that is no function and every policy without one.
 */
export function readPolicyFunctions({ file, exports, known }: PolicyModule): PolicyFunctions {
  const given = Object.hasOwn(exports, 'policies') ? exports['policies'] : undefined;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const message = `${file}: Expected an export "policies" with a function by each name, but got: ${kindOf(given)}`;
    throw new GatewayError('CONFIGURATION_INVALID', message);
  }
  const entries = Object.entries(given);
  const names = entries.map(([name]) => name);
  const problems = [
    ...entries
      .filter(([, value]) => typeof value !== 'function')
      .map(([name, value]) => `${file}: Expected policy "${name}" to be a function, but got: ${kindOf(value)}`),
    ...known
      .filter((name) => !names.includes(name))
      .map((name) => `${file}: Expected a function for policy "${name}", but got: none${hint(name, names)}`),
  ];
  if (problems.length > 0) throw new GatewayError('CONFIGURATION_INVALID', problems.join('\n'));
  return new Map(entries as [string, PolicyFunction][]);
}

export interface ModuleAuthorityOptions {
  /** Longest wait for a function's promise, in milliseconds; above 0. Default 5000. */
  readonly timeoutMs?: number;
  /** Milliseconds that never go back. Default `performance.now`. */
  readonly now?: () => number;
}

/**
 * Asks the user's own functions. One that throws, rejects, gives something else than true or false, or does not settle
 * has failed: that denies, and operators are told, of each policy and message once a minute. Never rejects.
 */
export function createModuleAuthority(
  functions: PolicyFunctions,
  { timeoutMs = 5000, now = () => performance.now() }: ModuleAuthorityOptions = {},
): PolicyAuthority {
  const tell = failureTeller(now);
  const decisionOf = (name: string, value: unknown): PolicyDecision => {
    if (typeof value === 'boolean') return value ? 'granted' : 'denied';
    tell(name, `Expected policy "${name}" to give true or false, but got: ${kindOf(value)}`);
    return 'failed';
  };
  const failed = (name: string, cause: unknown): PolicyDecision => {
    tell(name, `policy "${name}": ${cause instanceof Error ? cause.message : String(cause)}`, cause);
    return 'failed';
  };
  const settled = async (name: string, value: Promise<unknown>): Promise<PolicyDecision> => {
    try {
      return decisionOf(name, await within(timeoutMs, value));
    } catch (cause) {
      return failed(name, cause);
    }
  };
  const decide = (name: string, caller: Caller, request: PolicyRequest): PolicyDecision | Promise<PolicyDecision> => {
    try {
      const value: unknown = functions.get(name)?.(caller, request);
      return value instanceof Promise ? settled(name, value) : decisionOf(name, value);
    } catch (cause) {
      return failed(name, cause);
    }
  };
  return {
    ask: (names, caller, request) => {
      // Not the request scope itself, which has the client's credentials in it.
      const { requestId, address, operationName } = request;
      const seen: PolicyRequest = Object.freeze({ requestId, address, operationName });
      const decisions = names.map((name) => [name, decide(name, caller, seen)] as const);
      return decisions.every(isSettled) ? new Map(decisions) : allSettled(decisions);
    },
    close: () => Promise.resolve(),
  };
}

type Named<D> = readonly [name: string, decision: D];

function isSettled(named: Named<PolicyDecision | Promise<PolicyDecision>>): named is Named<PolicyDecision> {
  return !(named[1] instanceof Promise);
}

async function allSettled(
  decisions: readonly Named<PolicyDecision | Promise<PolicyDecision>>[],
): Promise<ReadonlyMap<string, PolicyDecision>> {
  return new Map(await Promise.all(decisions.map(async ([name, decision]) => [name, await decision] as const)));
}

/** A function that never settles would hold up every request that waits for its answer. */
async function within(timeoutMs: number, value: Promise<unknown>): Promise<unknown> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`Expected a decision within ${timeoutMs} ms, but got: none`)),
    timeoutMs,
  );
  try {
    return await Promise.race([value, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Tells each failure once a minute: it comes with every request. */
function failureTeller(now: () => number): (name: string, message: string, cause?: unknown) => void {
  const told = new LRUCache<string, true>({ max: 100, ttl: 60_000, ttlResolution: 0, perf: { now } });
  return (name, message, cause) => {
    const key = `${name}\n${message}`;
    if (told.has(key)) return;
    told.set(key, true);
    publishInternalError({ error: new GatewayError('INTERNAL_ERROR', message, { cause }), requestId: undefined });
  };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return value === undefined ? 'nothing' : `a value of type ${typeof value}`;
}

function hint(name: string, names: readonly string[]): string {
  const meant = closest(name, names);
  return meant === undefined ? '' : `; did you mean "${meant}"?`;
}
