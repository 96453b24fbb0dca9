import type { KillSwitch } from '../../config/limit-types.ts';
import { GatewayError } from '../../errors.ts';
import { seconds } from './limit-fields.ts';

/** What an operation is known by to those who switch it off. */
export interface SwitchedOperation {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly name: string | undefined;
  /** Coordinates (`Type.field`) of all its fields. */
  readonly fields: ReadonlySet<string>;
}

/** The switches that are about an operation, whether they are on now or not. */
export function switchesOf(switches: readonly KillSwitch[], operation: SwitchedOperation): readonly KillSwitch[] {
  return switches.filter(({ routes, kinds, names, fields }) => {
    if (routes.length > 0) return false;
    if (kinds.length > 0 && !kinds.includes(operation.kind)) return false;
    if (names.length > 0 && (operation.name === undefined || !names.includes(operation.name))) return false;
    return fields.length === 0 || fields.some((field) => operation.fields.has(field));
  });
}

/** The switches that are about a route. */
export function switchesOfRoute(switches: readonly KillSwitch[], path: string): readonly KillSwitch[] {
  return switches.filter(({ routes }) => routes.includes(path));
}

/** The first switch that is on. */
export function switchThatIsOn(switches: readonly KillSwitch[], now: number): KillSwitch | undefined {
  return switches.find(({ until }) => until === undefined || until > now);
}

/** Seconds until it is worth trying again; undefined where nobody knows. */
export function retryAfterOf({ until }: KillSwitch, now: number): number | undefined {
  return until === undefined ? undefined : seconds(until - now);
}

export function disabledError({ message, until }: KillSwitch): GatewayError {
  const sentence = message ?? 'This is not served for the time being.';
  const end = until === undefined ? {} : { exposed: { until: new Date(until).toISOString() } };
  return new GatewayError('OPERATION_DISABLED', sentence, end);
}
