import { lookup } from 'node:dns/promises';
import { connect, isIPv6, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';

/** The outside as the egress proxy sees it. Tests put a small world of their own here. */
export interface Network {
  /** Every address of a name, in the order of the host's resolver. Throws when there is none. */
  resolve(hostname: string): Promise<readonly string[]>;
  /** Connects to one of these addresses (never to another), the first that answers. */
  connect(addresses: readonly string[], port: number): Socket;
  /** This machine's own networks, in CIDR notation. */
  local(): readonly string[];
}

export const systemNetwork: Network = {
  async resolve(hostname) {
    const found = await lookup(hostname, { all: true, verbatim: true });
    return found.map(({ address }) => address);
  },

  connect(addresses, port) {
    const checked = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
    return connect({
      // Not the name that was asked for: nothing here may resolve it a second time.
      host: 'checked.invalid',
      lookup: (_hostname, _options, done) => done(null, checked),
      port,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: 500,
      allowHalfOpen: true,
      noDelay: true,
      // There is no time limit on a live tunnel, so a dead one must be noticed otherwise.
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
    });
  },

  local() {
    return Object.values(networkInterfaces()).flatMap((addresses) =>
      (addresses ?? []).flatMap(({ cidr }) => cidr ?? []),
    );
  },
};
