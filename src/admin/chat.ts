import type { AdminResult, ChatEvent } from '../../protocol/admin.ts';
import type { Registry } from '../acts/register-group.ts';
import { wireChat } from '../acts/wire-chat.ts';
import type { Bell } from '../lib/bell.ts';
import { pause } from '../lib/clock.ts';
import { terminalJid } from '../model/chat.ts';
import { NanoclawError } from '../model/errors.ts';
import { messageName, seqOfName } from '../model/message.ts';
import type { AdminConnection, AdminHandlers } from './handlers.ts';

/** The terminal channel, as far as this room may know it, and what its banner says. */
export interface ChatDoor {
  readonly terminal: {
    attach(jid: string, listener: (event: ChatEvent) => Promise<boolean>): Disposable & { printed(key: string): void };
    say(jid: string, text: string): number | undefined;
  };
  /** What the banner says of the place turns run in, and what a person should know at once. */
  readonly sandbox: () => { runtime: string; class: string };
  readonly notices: () => string[];
  readonly commands: readonly { readonly name: string; readonly description: string }[];
}

/** The chat a connection is attached to. */
interface Attachment extends Disposable {
  readonly jid: string;
  printed(key: string): void;
}

interface ChatParts {
  readonly registry: Registry;
  readonly chat: ChatDoor;
  readonly outboxBell: Bell;
  readonly model: string | undefined;
}

/** A person at a terminal: attached to one group's chat, says lines, hears what is said there. */
export function chatHandlers(
  parts: ChatParts,
): Pick<AdminHandlers, 'chat.attach' | 'chat.printed' | 'chat.say' | 'chat.settled'> {
  const attached = new WeakMap<AdminConnection, Attachment>();
  const chatOf = (connection: AdminConnection): Attachment => {
    const attachment = attached.get(connection);
    if (!attachment) throw new NanoclawError('chat.not-attached', 'Attach a chat first.');
    return attachment;
  };
  return {
    'chat.attach': ({ group }, connection) => {
      const { answer, attachment } = attach(parts, group, connection);
      attached.get(connection)?.[Symbol.dispose]();
      attached.set(connection, attachment);
      return answer;
    },
    'chat.printed': ({ key }, connection) => {
      chatOf(connection).printed(key);
      return {};
    },
    'chat.say': ({ text }, connection) => {
      const seq = say(parts, chatOf(connection).jid, text);
      if (seq === undefined) throw new NanoclawError('chat.dropped', 'The message was dropped.');
      return { message: messageName(seq) };
    },
    'chat.settled': ({ message }, connection) =>
      settled(parts, { seq: seqOfName(message) ?? 0, jid: chatOf(connection).jid, signal: connection.signal }),
  };
}

// Nobody hands it over again: whoever typed it must hear that it is lost, in words.
function say({ chat }: ChatParts, jid: string, text: string): number | undefined {
  try {
    return chat.terminal.say(jid, text);
  } catch (cause) {
    if (cause instanceof NanoclawError) throw cause;
    throw new NanoclawError('inbound.not-stored', 'Your message could not be stored.', {
      cure: 'logs/nanoclaw.log says why; say it again afterwards.',
      cause,
    });
  }
}

function attach(
  parts: ChatParts,
  folder: string,
  connection: AdminConnection,
): { answer: AdminResult<'chat.attach'>; attachment: Attachment } {
  const { registry, chat } = parts;
  const { store } = registry;
  const group = store.groups.get(folder);
  if (!group) {
    throw new NanoclawError('group.unknown', `There is no group with the folder ${folder}.`, {
      cure: '"./nanoclaw groups list" shows them all.',
    });
  }
  const jid = terminalJid(folder);
  wireChat(store, { jid, folder, name: `Terminal of ${group.name}`, channel: 'terminal' });
  const unread = store.outbox.openKeys(jid);
  const listening = chat.terminal.attach(jid, (event) => connection.emit(event));
  connection.signal.addEventListener('abort', () => listening[Symbol.dispose](), { once: true });
  const attachment = {
    jid,
    printed: (key: string) => listening.printed(key),
    [Symbol.dispose]: () => listening[Symbol.dispose](),
  };
  const answer = {
    jid,
    group: group.name,
    assistantName: registry.assistantName,
    trigger: group.trigger,
    model: group.model ?? parts.model ?? null,
    sandbox: chat.sandbox(),
    notices: chat.notices(),
    unread,
    commands: chat.commands.map(({ name, description }) => ({ name, description })),
  };
  return { answer, attachment };
}

/** Waits for the message's end and for the delivery of what its turn said. */
async function settled(
  parts: ChatParts,
  asked: { seq: number; jid: string; signal: AbortSignal },
): Promise<AdminResult<'chat.settled'>> {
  const { store, clock } = parts.registry;
  for (;;) {
    const state = endOf(store, asked.seq, clock.now());
    if (state === 'kept' || (state !== undefined && store.outbox.openIn(asked.jid) === 0)) return { state };
    if (!(await nextRing(parts.outboxBell, clock, asked.signal))) throw stopping();
  }
}

// Often enough to ride out a hiccup, which takes about 15 s; a program must not wait for hours.
const mostTries = 3;

/** Undefined as long as it may soon be answered. */
function endOf(store: Registry['store'], seq: number, now: number): AdminResult<'chat.settled'>['state'] | undefined {
  const row = store.inbox.ofMessage(seq);
  // A command is answered in the moment it is stored; only its reply has to be delivered yet.
  if (!row) return store.history.saidUnder(`command:${seq}`).length > 0 ? 'done' : 'kept';
  if (row.state === 'done' || row.state === 'dead') return row.state;
  if (row.wakes === 0 && row.state === 'waiting') return 'kept';
  // Until somebody raises the budget, or until midnight.
  const spent = row.cause === 'budget' && row.next_attempt_at > now;
  if (row.state !== 'waiting') return undefined;
  if (spent || row.next_attempt_at === Number.MAX_SAFE_INTEGER) return 'held';
  return row.cause !== null && row.cause_tries >= mostTries ? 'waiting' : undefined;
}

function stopping(): NanoclawError {
  return new NanoclawError('admin.closed', 'The host is stopping; your message is kept.', {
    cure: 'It is answered when the host runs again: ./nanoclaw start.',
  });
}

/** Resolves at the next ring or after 2 s; false when `signal` aborted. */
async function nextRing(bell: Bell, clock: Registry['clock'], signal: AbortSignal): Promise<boolean> {
  const rung = new AbortController();
  using _listening = bell.listen(() => rung.abort());
  await pause(clock, 2_000, AbortSignal.any([rung.signal, signal]));
  return !signal.aborted;
}
