import type { AdminResult } from '../../protocol/admin.ts';
import { type Registry, registerGroup } from '../acts/register-group.ts';
import { unwireChat, wireChat } from '../acts/wire-chat.ts';
import type { Bell } from '../lib/bell.ts';
import { NanoclawError } from '../model/errors.ts';
import { messageName } from '../model/message.ts';
import type { InboxRow } from '../store/inbox.ts';
import type { ChatDoor } from './chat.ts';
import { chatHandlers } from './chat.ts';
import type { AdminHandlers } from './handlers.ts';

export interface Operation {
  readonly registry: Registry;
  readonly chat: ChatDoor;
  readonly model: string | undefined;
  /** Rung when rows of inbox or outbox have changed. */
  readonly outboxBell: Bell;
  readonly status: () => AdminResult<'status'>;
  /** Asks the host to stop; returns at once. */
  readonly stop: (options: { now: boolean }) => void;
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
        chats: store.chats.ofGroup(group.folder).map((chat) => chat.jid),
      })),
    'groups.add': (wanted) => ({ folder: registerGroup(registry, wanted).folder }),
    'groups.wire': (wire) => {
      wireChat(store, wire);
      return {};
    },
    'groups.unwire': ({ jid }) => ({ folder: unwireChat(store, jid) }),
    'chats.list': () =>
      store.chats.all().map(({ jid, channel, name, group, lastMessageAt }) => ({
        jid,
        channel,
        name,
        group: group ?? null,
        lastMessageAt: lastMessageAt ?? null,
      })),
    'messages.list': ({ chat, limit }) => listMessages(operation, chat, limit),
    ...chatHandlers(operation),
  };
}

function listMessages({ registry: { store } }: Operation, jid: string, limit: number): AdminResult<'messages.list'> {
  if (!store.chats.get(jid)) {
    throw new NanoclawError('chat.unknown', `No message of the chat ${jid} was ever seen.`, {
      cure: '"npx nanoclaw chats list" shows the chats there are.',
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
