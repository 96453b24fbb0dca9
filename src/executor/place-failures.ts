import { GatewayError } from '../errors.ts';
import type { Failures } from './failures.ts';
import type { Member } from './members.ts';
import { own } from './quote.ts';

type Key = string | number;

/** The error at the place that a path of data keys leads to from `object`, or where the data ends on the way. */
export function placeAt(
  failures: Failures,
  object: object,
  place: { readonly path: readonly Key[]; readonly error: GatewayError },
): void {
  const { path, error } = place;
  let container: object = object;
  for (const [index, key] of path.entries()) {
    const value = own(container, key);
    if (index === path.length - 1 || typeof value !== 'object' || value === null) {
      const isBlank = value === null || value === undefined;
      failures.add(container, key, { error, below: isBlank ? path.slice(index + 1) : [], isExact: true });
      return;
    }
    container = value;
  }
}

/** The error at each member of the object that stays null; members that are there do not show it. */
export function placeOnMembers(
  failures: Failures,
  object: object,
  on: { readonly members: readonly Member[]; readonly error: GatewayError },
): void {
  const { error } = on;
  for (const { dataKey, members } of on.members) {
    failures.add(object, dataKey, { error, below: [], isExact: false, members });
  }
}

/** What an upstream did not give although nothing says why. */
export function unusable(upstream: string, what: string): GatewayError {
  return new GatewayError('UPSTREAM_BAD_RESPONSE', `upstream "${upstream}" answered with ${what}`, { upstream });
}
