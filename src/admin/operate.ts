import type { AdminResult } from '../../protocol/admin.ts';
import { openPairing } from '../acts/pair-owner.ts';
import { type Registry, registerGroup } from '../acts/register-group.ts';
import { removeGroup } from '../acts/remove-group.ts';
import type { TaskDesk } from '../acts/schedule-task.ts';
import { setGroup } from '../acts/set-group.ts';
import { unwireChat, wireChat } from '../acts/wire-chat.ts';
import type { Bell } from '../lib/bell.ts';
import { NanoclawError } from '../model/errors.ts';
import { type Group, type MountRequest, mountName } from '../model/group.ts';
import { messageName } from '../model/message.ts';
import type { InboxRow } from '../store/inbox.ts';
import type { ChatDoor } from './chat.ts';
import { chatHandlers } from './chat.ts';
import type { AdminHandlers } from './handlers.ts';
import { taskHandlers } from './tasks.ts';
import { usageHandlers } from './usage.ts';
import { why } from './why.ts';

export interface Operation {
  readonly registry: Registry;
  readonly chat: ChatDoor;
  readonly desk: TaskDesk;
  /** Names of the channels this host has. */
  readonly channels: readonly string[];
  readonly model: string | undefined;
  readonly timeZone: string;
  readonly dailyBudgetUsd: number | undefined;
  /** Ends what lives on a group's forgotten session. */
  readonly renew: (folder: string) => void;
  /** What a group's sandbox may reach has changed. */
  readonly recheckEgress: (folder: string) => void;
  /** What becomes of each of the group's additional mounts, by the allowlist as it is now. */
  readonly judgeMounts: (group: Group) => readonly JudgedMount[];
  /** Rung when rows of inbox or outbox have changed. */
  readonly inboxBell: Bell;
  readonly outboxBell: Bell;
  readonly status: () => AdminResult<'status'>;
  /** Asks the host to stop; returns at once. */
  readonly stop: (options: { now: boolean }) => void;
}

/** One additional mount: `problem` without a mount is a refusal, with one it is not mounted as it was asked for. */
interface JudgedMount {
  readonly request: MountRequest;
  readonly mount: { readonly readOnly: boolean } | undefined;
  readonly problem: { readonly why: string; readonly cure: string } | undefined;
}

/** What an operator may ask; every change reaches the running host at once, for it is the host that makes it. */
export function operate(operation: Operation): AdminHandlers {
  const { registry } = operation;
  const { store } = registry;
  return {
    status: () => operation.status(),
    stop: (options) => {
      operation.stop(options);
      return {};
    },
    'groups.list': () =>
      store.groups.all().map((group) => ({
        folder: group.folder,
        name: group.name,
        isMain: group.isMain,
        trigger: group.trigger,
        requiresTrigger: group.requiresTrigger && !group.isMain,
        model: group.model ?? null,
        egress: group.egress,
        budget: group.budget ?? null,
        chats: store.chats.ofGroup(group.folder).map((chat) => chat.jid),
        mounts: operation.judgeMounts(group).map(({ request, mount, problem }) => ({
          host: request.hostPath,
          name: mountName(request),
          readOnly: mount?.readOnly ?? request.readonly !== false,
          problem: problem ? `${problem.why} ${problem.cure}` : null,
        })),
        allow: [...group.allow],
      })),
    'groups.add': (wanted) => ({ folder: registerGroup(registry, wanted).folder }),
    'groups.wire': (wire) => {
      wireChat(store, { ...wire, channel: registry.channelOf(wire.jid) });
      return {};
    },
    'groups.unwire': ({ jid }) => ({ folder: unwireChat(store, jid) }),
    'groups.set': (change) => {
      const check = (group: Group) => refuseMounts(operation, group, change.mounts?.add ?? []);
      setGroup(store, { ...change, now: registry.clock.now() }, check);
      operation.inboxBell.ring();
      if (change.egress !== undefined || change.allow) operation.recheckEgress(change.folder);
      return {};
    },
    'groups.remove': ({ folder }) => {
      const chats = removeGroup(store, folder);
      operation.renew(folder);
      return { chats };
    },
    pair: ({ channel }) => pair(operation, channel),
    why: (asked) => why(registry, { ...asked, timeZone: operation.timeZone }),
    'chats.list': () =>
      store.chats.all().map(({ jid, channel, name, group, lastMessageAt }) => ({
        jid,
        channel,
        name,
        group: group ?? null,
        lastMessageAt: lastMessageAt ?? null,
      })),
    'messages.list': ({ chat, limit }) => listMessages(operation, chat, limit),
    ...taskHandlers(operation),
    ...usageHandlers({ ...operation, store, clock: registry.clock }),
    ...chatHandlers(operation),
  };
}

/** Better refused now than noted in a log when the next container starts. */
function refuseMounts({ judgeMounts }: Operation, group: Group, added: readonly MountRequest[]): void {
  const names = new Set(added.map(mountName));
  for (const { request, problem } of judgeMounts(group)) {
    if (problem !== undefined && names.has(mountName(request))) {
      throw new NanoclawError('group.mount-refused', problem.why, { cure: problem.cure });
    }
  }
}

function pair({ registry, channels }: Operation, channel: string): AdminResult<'pair'> {
  if (channel === 'terminal') {
    throw new NanoclawError('pair.needless', 'The terminal needs no pairing: whoever sits there is an owner.');
  }
  if (!channels.includes(channel)) {
    const others = channels.filter((name) => name !== 'terminal').join(', ') || 'none yet';
    throw new NanoclawError(
      'pair.unknown-channel',
      `No channel "${channel}" is configured here (there is: ${others}).`,
      {
        cure: 'docs/reference/settings.md names the settings of each channel; put them into .env and start again.',
      },
    );
  }
  return { channel, ...openPairing(registry, channel) };
}

function listMessages({ registry: { store } }: Operation, jid: string, limit: number): AdminResult<'messages.list'> {
  if (!store.chats.get(jid)) {
    throw new NanoclawError('chat.unknown', `No message of the chat ${jid} was ever seen.`, {
      cure: '"./nanoclaw chats list" shows the chats there are.',
    });
  }
  return store.messages.newest(jid, limit).map((message) => ({
    id: messageName(message.seq),
    direction: message.direction,
    sender: message.senderName,
    text: message.text,
    at: message.sentAt,
    state: message.direction === 'out' ? 'sent' : stateOf(store.inbox.ofMessage(message.seq)),
  }));
}

/** One word for what became of a message. */
function stateOf(row: InboxRow | undefined): string {
  if (!row) return 'stored';
  if (row.wakes === 0 && row.state === 'waiting') return 'context';
  return row.state === 'waiting' && row.cause !== null ? `waiting: ${row.cause}` : row.state;
}
