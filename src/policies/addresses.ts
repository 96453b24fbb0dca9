import type { AddressRules } from '../config/identity-types.ts';
import { GatewayError } from '../errors.ts';
import { createAddressList } from '../lib/address-list.ts';

/** Whether a client of this address may come in; `undefined` is a client whose address is not known. */
export type AllowsAddress = (address: string | undefined) => boolean;

/**
 * What `deny` names is denied; else, with an `allow` that names any, only what that names passes. Where there is any rule
 * a client of unknown address is denied: it could be one that a rule is meant for.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for what is no address and no network.
 */
export function createAddressRules({ allow, deny }: AddressRules): AllowsAddress {
  const allowed = readList('allow', allow);
  const denied = readList('deny', deny);
  if (allowed.isEmpty && denied.isEmpty) return () => true;
  return (address) => address !== undefined && !denied.has(address) && (allowed.isEmpty || allowed.has(address));
}

/** @throws {GatewayError} `ADDRESS_DENIED` with words that tell nothing of the rules. */
export function checkAddress(allows: AllowsAddress, address: string | undefined): void {
  if (!allows(address)) throw new GatewayError('ADDRESS_DENIED', 'Requests from this address are not served.');
}

function readList(name: string, list: readonly string[]): ReturnType<typeof createAddressList> {
  try {
    return createAddressList(list);
  } catch (cause) {
    throw new GatewayError('CONFIGURATION_INVALID', `addresses.${name}: ${(cause as Error).message}`, { cause });
  }
}
