const groups = 8;
const groupsOfNetwork = 4;

/**
 * The network that counts as one client: an IPv4 address itself, of an IPv6 one its first 64 bits, since whoever has one
 * address of such a network has them all.
 *
 * @param address As sockets and `lib/forwarded-chain` write them.
 */
export function clientNetwork(address: string): string {
  if (!address.includes(':')) return address;
  const [plain = ''] = address.split('%', 1);
  const [head = '', tail] = plain.split('::', 2);
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  // A dotted IPv4 part at the end stands for two groups.
  const missing = tail === undefined ? 0 : groups - first.length - last.length - (plain.includes('.') ? 1 : 0);
  const all = [...first, ...Array.from({ length: Math.max(missing, 0) }, () => '0'), ...last];
  const network = all.slice(0, groupsOfNetwork).map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''));
  return `${network.join(':')}::/64`;
}
