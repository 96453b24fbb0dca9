import { BlockList, isIP } from 'node:net';
import { plainAddress } from './forwarded.ts';
import { parseNetwork } from './network.ts';

/** Addresses and networks, asked whether they hold an address. */
export interface AddressList {
  readonly isEmpty: boolean;
  /** False for what is no address. An IPv4 address in IPv6 clothes (`::ffff:192.0.2.1`) is the IPv4 address. */
  readonly has: (address: string) => boolean;
}

/**
 * Reads addresses and networks once, so that asking costs a fraction of a microsecond. A network holds addresses of its
 * own family only: `::/0` is all of IPv6 and nothing of IPv4.
 *
 * @param networks As `parseNetwork` reads them.
 * @throws {TypeError} for a text that is no address and no network.
 */
export function createAddressList(networks: readonly string[]): AddressList {
  // One list would let IPv6 networks that span the mapped range hold every IPv4 address.
  const ipv4 = new BlockList();
  const ipv6 = new BlockList();
  for (const text of networks) {
    const network = parseNetwork(text);
    if (network === undefined) throw new TypeError(`Expected an IPv4 or IPv6 address or network, but got: ${text}`);
    const { address, prefix } = network;
    const plain = plainAddress(address);
    if (isIP(plain) === 6) ipv6.addSubnet(plain, prefix, 'ipv6');
    else if (network.family === 'ipv4') ipv4.addSubnet(plain, prefix, 'ipv4');
    else if (prefix >= mappedBits) ipv4.addSubnet(plain, prefix - mappedBits, 'ipv4');
    else ipv6.addSubnet(address, prefix, 'ipv6');
  }
  return {
    isEmpty: networks.length === 0,
    has: (address) => {
      const plain = plainAddress(address);
      const version = isIP(plain);
      if (version === 4) return ipv4.check(plain, 'ipv4');
      return version === 6 && ipv6.check(plain, 'ipv6');
    },
  };
}

/** Bits of `::ffff:0:0/96`, in which IPv4 addresses lie (RFC 4291, 2.5.5.2). */
const mappedBits = 96;
