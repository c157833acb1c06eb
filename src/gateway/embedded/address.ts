import { BlockList, isIPv4, isIPv6 } from 'node:net';

// IANA's special-purpose registry, and the one metadata service that lies outside it (Azure's, last).
const specialIPv4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '168.63.129.16/32',
];

// Only 2000::/3 is routed in public; so loopback, unique local, link-local, multicast, mapped (::ffff:) and NAT64
// (64:ff9b::) forms are out by not being in it. Inside it: Teredo and its neighbours, documentation, 6to4.
const routedIPv6 = ['2000::/3'];
const specialIPv6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

/** Decides about addresses. `local`: this machine's own networks (CIDR), which a firewall treats better than the world. */
export class AddressRules {
  readonly #special: BlockList;
  readonly #routed: BlockList;

  constructor(local: readonly string[] = []) {
    this.#special = blockList([...specialIPv4, ...specialIPv6, ...local]);
    this.#routed = blockList(routedIPv6);
  }

  /** True for an address on the public internet that is nobody's here. False for whatever is not an address at all. */
  isPublic(address: string): boolean {
    if (isIPv4(address)) return !this.#special.check(address, 'ipv4');
    if (!isIPv6(address) || address.includes('%')) return false;
    return this.#routed.check(address, 'ipv6') && !this.#special.check(address, 'ipv6');
  }
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix = ''] = network.split('/');
    list.addSubnet(address, Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}
