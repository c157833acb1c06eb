import { announceChat } from '../acts/announce-chat.ts';
import type { Bell } from '../lib/bell.ts';
import type { Log } from '../lib/log.ts';
import { NanoclawError } from '../model/errors.ts';
import type { Group } from '../model/group.ts';
import type { InboundMessage, Role } from '../model/message.ts';
import { isDiskFull } from '../store/database.ts';
import { answerCommand } from './answer-command.ts';
import type { CommandParts } from './command.ts';
import { type FoundCommand, findCommand } from './commands.ts';
import { keepAttachments } from './keep-attachments.ts';
import { longTextUnits } from './long-text.ts';
import { withoutCode } from './pair-command.ts';
import { placeEdit, reactionText } from './place-edit.ts';
import { decide, type Standing } from './policy.ts';
import { type ReadMessage, readAnswer } from './read-answer.ts';
import type { SenderAllowlist } from './sender-allowlist.ts';

export interface ReceiverParts extends CommandParts {
  readonly log: Log;
  readonly inboxBell: Bell;
  /** Rung when there is something to fetch. */
  readonly attachmentBell: Bell;
  readonly allowlist: SenderAllowlist;
  /** Keeps a text that is too long for a prompt as a file of the group and returns what stands for it. */
  readonly keepLongText: (folder: string, message: InboundMessage) => string;
}

/** Where a message enters: policy, then one transaction for the message and its inbox row, then the bell. */
export class Receiver {
  readonly #parts: ReceiverParts;
  #closed = false;

  constructor(parts: ReceiverParts) {
    this.#parts = parts;
  }

  /** From now on nothing is taken; a platform keeps what it has for the next start. */
  close(): void {
    this.#closed = true;
  }

  /** The stored message's number; undefined when it was dropped or known before. Throws `inbound.not-stored`. */
  receive(given: InboundMessage, channel: string): number | undefined {
    if (this.#closed) throw closed();
    try {
      return this.#receive({ ...given, fromOwner: given.fromOwner || this.#isOwner(given, channel) }, channel);
    } catch (error) {
      this.#parts.log.error({ err: error, jid: given.jid }, 'a message could not be stored');
      throw notStored(error);
    }
  }

  // The name of a chat is nobody's: whoever may speak in it would be an owner.
  #isOwner({ senderId, senderIsChat }: InboundMessage, channel: string): boolean {
    return !senderIsChat && this.#parts.desk.store.owners.has(channel, senderId);
  }

  #receive(given: InboundMessage, channel: string): number | undefined {
    const { desk, allowlist } = this.#parts;
    const group = this.#groupOf(given.jid);
    const message = withoutCode(given);
    const called = this.#commandIn(given);
    const standing = allowlist.standingOf(given.senderId, given.jid);
    const role = roleOf(given, group && standing);
    if (called && this.#mayCommand({ ...called, fromOwner: given.fromOwner, group, standing })) {
      if (called.command.heeds?.(this.#parts, { message: given, channel }) === false) return undefined;
      return answerCommand(this.#parts, { ...called, message: given, stored: message, role, channel, group });
    }
    if (!group) {
      const { jid, senderName: by } = given;
      const name = desk.store.chats.get(jid)?.name ?? jid;
      if (given.mentionsAssistant) announceChat(desk, { jid, name, by, how: 'called' });
      return undefined;
    }
    // A command that somebody may not give is still no answer.
    const read = called ? { message, answering: undefined } : readAnswer(desk.store, message, group);
    const decision = decide({ ...message, group, standing, answering: read.answering });
    if (decision === 'drop') return undefined;
    return this.#store(read, { folder: group.folder, role, wakes: decision === 'wake' });
  }

  #commandIn(message: InboundMessage): FoundCommand | undefined {
    const called = message.kind === 'message' ? findCommand(message.text) : undefined;
    const shared = this.#parts.desk.store.chats.get(message.jid)?.isGroup ?? false;
    return called?.addressed && shared && !message.mentionsAssistant ? undefined : called;
  }

  #groupOf(jid: string): Group | undefined {
    const { store } = this.#parts.desk;
    const folder = store.chats.get(jid)?.group;
    return folder === undefined ? undefined : store.groups.get(folder);
  }

  #mayCommand(asked: {
    command: { who: 'owner' | 'anyone' };
    fromOwner: boolean;
    group: Group | undefined;
    standing: Standing;
  }): boolean {
    const { command, fromOwner, group, standing } = asked;
    if (command.who === 'anyone') return true;
    if (!group) return false;
    return fromOwner || (group.isMain && standing === 'allowed' && !this.#parts.desk.store.owners.any());
  }

  #store({ message, answering }: ReadMessage, to: { folder: string; role: Role; wakes: boolean }): number | undefined {
    const { store, clock } = this.#parts.desk;
    const now = clock.now();
    const stored = { ...message, text: this.#textOf(message, to.folder) };
    const done = store.transaction(() => {
      const seq = store.messages.insertInbound(stored, to.role, now);
      if (seq === undefined) return undefined;
      store.chats.touch(message.jid, now);
      if (to.wakes && answering?.type === 'answer') {
        store.questions.end(answering.question.id, { state: 'answered', message: seq, answer: answering.chosen });
      }
      return { seq, woke: this.#place(message, { ...to, group: to.folder, message: seq }) };
    });
    if (done?.woke) this.#parts.inboxBell.ring();
    if (done && stored.attachments?.length) this.#parts.attachmentBell.ring();
    return done?.seq;
  }

  /** True when the message wakes. */
  #place(
    message: InboundMessage,
    { role, ...to }: { group: string; message: number; wakes: boolean; role: Role },
  ): boolean {
    const { store, clock } = this.#parts.desk;
    if (message.kind === 'edit') return placeEdit(store, message, to);
    const heldUntil = keepAttachments(store, message.attachments, {
      ...{ seq: to.message, now: clock.now() },
      overheard: role === 'unknown',
    });
    store.inbox.add({ ...to, place: { jid: message.jid, thread: message.thread }, heldUntil });
    return to.wakes;
  }

  #textOf(message: InboundMessage, folder: string): string {
    if (message.kind === 'reaction') return reactionText(this.#parts.desk.store, message);
    return message.text.length > longTextUnits ? this.#parts.keepLongText(folder, message) : message.text;
  }
}

/** From what the host knows of the sender's id; in a chat that no group has, nobody is known. */
function roleOf({ fromOwner }: InboundMessage, standing: Standing | undefined): Role {
  if (fromOwner) return 'owner';
  return standing === 'allowed' ? 'member' : 'unknown';
}

function closed(): NanoclawError {
  return new NanoclawError('inbound.not-stored', 'The host is stopping; your message was not stored.', {
    cure: 'Say it again when it runs.',
  });
}

function notStored(error: unknown): NanoclawError {
  if (isDiskFull(error)) {
    return new NanoclawError('inbound.not-stored', 'The disk is full: your message was not stored.', {
      cure: 'Make room on the disk of the home directory and say it again.',
      cause: error,
    });
  }
  return new NanoclawError('inbound.not-stored', 'Your message could not be stored.', {
    cure: 'logs/nanoclaw.log says why; say it again afterwards.',
    cause: error,
  });
}
