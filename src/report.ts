import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { AdminResult } from '../protocol/admin.ts';
import type { Channel } from './channels/channel.ts';
import type { ChannelKeeper, ChannelState } from './channels/kit/supervise.ts';
import type { Config } from './config.ts';
import type { Gateway } from './gateway/gateway.ts';
import type { SenderAllowlist } from './inbound/sender-allowlist.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import type { Store } from './store/store.ts';
import type { Dispatcher } from './turns/dispatcher.ts';

export interface ReportParts {
  readonly config: Config;
  readonly store: Store;
  readonly gateway: Gateway;
  readonly sandbox: Sandbox;
  readonly terminal: Channel;
  readonly keeper: ChannelKeeper;
  readonly dispatcher: Dispatcher;
  readonly allowlist: SenderAllowlist;
  readonly startedAt: number;
  readonly notices: readonly string[];
}

/** What `status` tells: what runs now and what a person should know. */
export function reportStatus(parts: ReportParts): AdminResult<'status'> {
  const { config, store, sandbox } = parts;
  const inbox = store.inbox.counts();
  const outbox = store.outbox.counts();
  return {
    pid: process.pid,
    version: versionOf(config.checkout),
    home: config.home,
    startedAt: parts.startedAt,
    assistantName: config.assistantName,
    model: config.model ?? null,
    credential: parts.gateway.credential,
    sandbox: {
      runtime: sandbox.capabilities.runtime,
      class: sandbox.capabilities.class,
      state: parts.dispatcher.problem ?? 'ready',
    },
    channels: parts.keeper.states().map((state) => ({ name: state.name, state: stateOf(state, parts) })),
    groups: store.groups.all().length,
    containers: parts.dispatcher.containers(),
    waiting: { inbox: inbox.waiting + inbox.claimed, outbox: outbox.due, dead: inbox.dead + outbox.dead },
    warnings: [...parts.notices, ...(parts.allowlist.problem ? [parts.allowlist.problem] : [])],
  };
}

function stateOf({ name, state, problem }: ChannelState, { store, terminal }: ReportParts): string {
  if (problem !== undefined) return `${state}: ${problem}`;
  if (name !== terminal.name) return state;
  const attached = store.chats.all().some(({ jid }) => terminal.owns(jid) && terminal.isOpen(jid));
  return attached ? 'attached' : 'nobody attached';
}

function versionOf(checkout: string): string {
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')))
    .version;
}

/** What a person should know at once when they begin to talk. */
export function noticesOf(gateway: Gateway, sandbox: Sandbox): string[] {
  const notices: string[] = [];
  if (gateway.credential === 'rehearsal') {
    notices.push(
      'No Claude credential yet: the built-in rehearsal model answers. Add a line ANTHROPIC_API_KEY=… to .env and start again.',
    );
  }
  if (sandbox.capabilities.class === 'local') {
    notices.push(
      'Sandbox: bubblewrap ("local"), weaker than a container engine: no seccomp profile, no memory or process limits. To change it: ./nanoclaw setup --step container',
    );
  }
  return notices;
}
