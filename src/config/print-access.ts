import type { AccessRule } from './identity-types.ts';
import type { Printable } from './print-security.ts';

/** Rules that say for whom something is, as the file has them. Pure. */

export function printToggle(toggle: boolean | AccessRule | undefined): Printable {
  return typeof toggle === 'object' ? printAccess(toggle) : toggle;
}

/** What a rule leaves out it does not ask for. */
export function printAccess(rule: AccessRule): Printable {
  return Object.fromEntries(
    Object.entries(rule).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value)),
  );
}
