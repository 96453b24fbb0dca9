import type { Charge, Decision, Limit, Outcome } from '../types.ts';
import { keyOf, limitArguments, type LimitArguments } from './keys.ts';
import { replyLayout } from './script.ts';

/** One call of the script, as it is sent. */
export interface ChargeMessage {
  readonly charges: readonly Charge[];
  readonly keys: readonly string[];
  /** The first says until when the caller waits: see `waitUntil`. */
  readonly values: (string | number)[];
  /** Of the charges that take a place; empty where none does. */
  readonly leaseKeys: readonly string[];
  readonly lease: string | undefined;
}

const knownArguments = new WeakMap<Limit, LimitArguments>();

/** What is sent of a limit, made once. */
function argumentsOf(limit: Limit): LimitArguments {
  let known = knownArguments.get(limit);
  if (known === undefined) knownArguments.set(limit, (known = limitArguments(limit)));
  return known;
}

export function redisKeyOf(charge: Charge): string {
  return keyOf(argumentsOf(charge.limit), charge);
}

/** @param nextLease Gives a lease of its own to a call that takes a place. */
export function writeMessage(charges: readonly Charge[], nextLease: () => string): ChargeMessage {
  const keys: string[] = [];
  const values: (string | number)[] = [0, charges.length];
  const leaseKeys: string[] = [];
  let lease: string | undefined;
  for (const charge of charges) {
    const { limit, amount } = charge;
    const wire = argumentsOf(limit);
    const key = keyOf(wire, charge);
    keys.push(key);
    let { extra } = wire;
    if (wire.kind === 'concurrency' && amount > 0) {
      extra = lease ??= nextLease();
      leaseKeys.push(key);
    }
    values.push(wire.kind, amount, forceOf(charge), wire.max, wire.windowMs, extra);
  }
  return { charges, keys, values, leaseKeys, lease };
}

/** What a charge without room does: 2 refuses all, 1 only itself, 0 is told only. */
function forceOf({ limit, ifOver }: Charge): number {
  if (limit.mode === 'measure') return 0;
  return ifOver === 'refuse' ? 2 : 1;
}

/** @param serverMoment By Redis's clock, in milliseconds since 1970; 0: not known. */
export function waitUntil({ values }: ChargeMessage, serverMoment: number): void {
  values[0] = serverMoment;
}

export function serverTimeOf(reply: readonly number[]): number {
  return reply[0] ?? 0;
}

export function cameTooLate(reply: readonly number[]): boolean {
  return reply[1] === 1;
}

/** Of a reply that did not come too late; without `release`. */
export function readDecision(charges: readonly Charge[], reply: readonly number[]): Omit<Decision, 'release'> {
  const outcomes: Outcome[] = [];
  let refusal: Outcome | undefined;
  let at: number = replyLayout.head;
  for (const charge of charges) {
    const hasRoom = reply[at] === 1;
    const [remaining = 0, resetMs = 0, retryAfterMs = 0] = [reply[at + 1], reply[at + 2], reply[at + 3]];
    const outcome: Outcome = { charge, hasRoom, remaining, resetMs, retryAfterMs, by: 'store' };
    outcomes.push(outcome);
    if (!hasRoom && refusal === undefined && forceOf(charge) === 2) refusal = outcome;
    at += replyLayout.perCharge;
  }
  return { refusal, outcomes, waitMs: reply[2] ?? 0 };
}

/** The keys in which a call's lease stands now. */
export function grantedKeys(
  { leaseKeys, keys }: ChargeMessage,
  { refusal, outcomes }: Omit<Decision, 'release'>,
): string[] {
  if (leaseKeys.length === 0 || refusal !== undefined) return [];
  return leaseKeys.filter((key) => outcomes[keys.indexOf(key)]?.hasRoom === true);
}
