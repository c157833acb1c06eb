import { lookup } from 'node:dns/promises';
import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Outgoing } from '../../lib/outgoing.ts';

/** Where a group was found to be allowed to go. */
export interface Checked {
  readonly protocol: 'http:' | 'https:';
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly string[];
}

/** The outside as the egress proxy sees it. Tests put a small world of their own here. */
export interface Network {
  /** Every address of a name, in the order of the host's resolver. Throws when there is none. */
  resolve(hostname: string): Promise<readonly string[]>;
  /** Connects to one of the checked addresses (never to another), the first that answers. Half-open. */
  connect(checked: Checked, signal: AbortSignal): Promise<Socket>;
  /** This machine's own networks, in CIDR notation. */
  local(): readonly string[];
}

export function systemNetwork(outgoing: Outgoing): Network {
  return {
    async resolve(hostname) {
      const found = await lookup(hostname, { all: true, verbatim: true });
      return found.map(({ address }) => address);
    },
    connect: (checked, signal) => outgoing.connect(checked, { signal, halfOpen: true }),
    local() {
      return Object.values(networkInterfaces()).flatMap((addresses) =>
        (addresses ?? []).flatMap(({ cidr }) => cidr ?? []),
      );
    },
  };
}
