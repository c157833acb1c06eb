import { isIP } from 'node:net';
import { systemCode } from '../../model/errors.ts';
import type { Egress } from '../../model/group.ts';
import { AddressRules } from './address.ts';
import type { Network } from './network.ts';
import { parseAuthority, type Target } from './target.ts';

export interface EgressRules {
  readonly group: string;
  readonly egress: Egress;
  readonly allow: readonly Target[];
}

export type Verdict =
  | { readonly type: 'reach'; readonly addresses: readonly string[] }
  | { readonly type: 'refuse'; readonly status: number; readonly sentence: string };

/** Entries that are no `host:port` are returned apart: they open nothing, and somebody should say so. */
export function parseAllow(entries: readonly string[]): { allow: Target[]; unreadable: string[] } {
  const parsed = entries.map((entry) => ({ entry, target: parseAuthority(entry.trim()) }));
  return {
    allow: parsed.flatMap(({ target }) => target ?? []),
    unreadable: parsed.flatMap(({ entry, target }) => (target === undefined ? [entry] : [])),
  };
}

/**
 * May this group go there, and to which addresses exactly. The name is resolved once, here; whoever connects must use
 * these addresses. A name that no rule lets through is not resolved at all, so that a closed group cannot talk by DNS.
 */
export async function vet(target: Target, rules: EgressRules, network: Network): Promise<Verdict> {
  const closed = closedBy(target, rules);
  if (closed !== undefined) return { type: 'refuse', status: 403, sentence: closed };

  let addresses: readonly string[];
  try {
    addresses = isIP(target.host) ? [target.host] : await network.resolve(target.host);
  } catch (error) {
    const why = systemCode(error) ?? 'no answer';
    return { type: 'refuse', status: 502, sentence: `The name ${target.host} could not be found (${why}).` };
  }
  const allowed = isAllowed(target, rules);
  const addressRules = new AddressRules(network.local());
  const usable = addresses.filter((address) => (allowed ? isIP(address) !== 0 : addressRules.isPublic(address)));
  if (usable.length > 0) return { type: 'reach', addresses: usable };
  return {
    type: 'refuse',
    status: 403,
    sentence: `${target.host} is not on the public internet, so it is not reached from here.`,
  };
}

function isAllowed(target: Target, { allow }: EgressRules): boolean {
  return allow.some(({ host, port }) => host === target.host && port === target.port);
}

/** Why the group may not go there, whatever the address is; undefined when that is for the address to say. */
export function closedBy(target: Target, rules: EgressRules): string | undefined {
  const { egress, group } = rules;
  if (isAllowed(target, rules)) return undefined;
  switch (egress) {
    case 'llm-only':
      return `The group ${group} may talk to its model and to nothing else (egress llm-only). The owner can change that: ./nanoclaw groups set ${group} --egress open-public`;
    case 'allowlist':
      return `${target.host}:${target.port} is not on the list of what the group ${group} may reach.`;
    case 'open-public':
      return target.port === 80 || target.port === 443
        ? undefined
        : `Only ports 80 and 443 are reached from here, not ${target.port}.`;
  }
}
