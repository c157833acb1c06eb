import { announceChat } from '../acts/announce-chat.ts';
import type { Bell } from '../lib/bell.ts';
import type { Log } from '../lib/log.ts';
import { NanoclawError } from '../model/errors.ts';
import type { Group } from '../model/group.ts';
import type { InboundMessage, Role } from '../model/message.ts';
import { idInOldChat } from '../store/moves.ts';
import { isDiskFull, isOfThePlace } from '../store/trouble.ts';
import { answerCommand, answerUnknown } from './answer-command.ts';
import { commandsWithoutOwner } from './command.ts';
import { type FoundCommand, findCommand, nearestTo } from './commands.ts';
import type { LongText } from './folder-files.ts';
import { withoutCode } from './pair-command.ts';
import { decide, followsCall } from './policy.ts';
import { answersUs, withQuotedWords } from './quotes.ts';
import { readAnswer } from './read-answer.ts';
import type { SenderAllowlist } from './sender-allowlist.ts';
import { type ActParts, cutLongText, type Decided, storeMessages } from './store-act.ts';

export interface ReceiverParts extends ActParts {
  readonly log: Log;
  readonly inboxBell: Bell;
  /** Rung when there is something to fetch. */
  readonly attachmentBell: Bell;
  readonly allowlist: SenderAllowlist;
  /** Keeps a text that is too long for a prompt as a file of the group. Throws when it cannot. */
  readonly keepLongText: (long: LongText) => void;
}

/** What one transaction has stored, and what is to be done about it afterwards. */
interface Stored {
  /** In the order of the act; undefined for what was known before or dropped. */
  readonly seqs: readonly (number | undefined)[];
  readonly woke: boolean;
  /** Something is to be fetched. */
  readonly fetches: boolean;
  readonly longTexts: readonly LongText[];
  /** What commands do to turns. */
  readonly effects: readonly (() => void)[];
}

type Read = Omit<Decided, 'decision'>;

type Piece =
  | { readonly type: 'command'; readonly found: FoundCommand; readonly given: InboundMessage; readonly role: Role }
  | ({ readonly type: 'unknown-command' } & Omit<Parameters<typeof answerUnknown>[1], 'channel'>)
  | { readonly type: 'nobodys'; readonly given: InboundMessage }
  | { readonly type: 'message'; readonly read: Read };

/** Where an act of a person enters: policy, then one transaction for its messages and their inbox rows, then the bell. */
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

  /**
   * The stored messages' numbers; undefined for one that was dropped or known before. Throws `inbound.not-stored` when it
   * is not the messages' fault; any other error is theirs.
   */
  receive(act: readonly InboundMessage[], channel: string): readonly (number | undefined)[] {
    if (this.#closed) throw closed();
    const stored = this.#stored(act, channel);
    for (const long of stored.longTexts) this.#keepLongText(long);
    for (const effect of stored.effects) effect();
    if (stored.woke) this.#parts.inboxBell.ring();
    if (stored.fetches) this.#parts.attachmentBell.ring();
    return stored.seqs;
  }

  #stored(act: readonly InboundMessage[], channel: string): Stored {
    try {
      const pieces = act.map((given) => this.#read(this.#known(given, channel)));
      return this.#parts.desk.store.transaction(() => this.#store(pieces, channel));
    } catch (error) {
      this.#parts.log.error({ err: error, jid: act[0]?.jid }, 'a message could not be stored');
      throw isOfThePlace(error) ? notStored(error) : error;
    }
  }

  /** Under the id that its chat has now, from whom we know, with the words of what it answers. */
  #known(given: InboundMessage, channel: string): InboundMessage {
    const { store } = this.#parts.desk;
    const jid = store.moves.nowOf(given.jid);
    const moved = jid === given.jid ? given : inNewChat(given, jid);
    const fromOwner = given.fromOwner || (!given.senderIsChat && store.owners.has(channel, given.senderId));
    return { ...withQuotedWords(store, moved), fromOwner };
  }

  #read(given: InboundMessage): Piece {
    const { desk, allowlist } = this.#parts;
    const group = this.#groupOf(given.jid);
    const message = withoutCode(given);
    const standing = allowlist.standingOf(given.senderId, given.jid, desk.store.moves.formerOf(given.jid));
    const role = given.fromOwner ? 'owner' : group && standing === 'allowed' ? 'member' : 'unknown';
    const commands = given.fromOwner || commandsWithoutOwner(desk.store, { group, standing });
    const found = this.#commandIn(given);
    if (found && (found.command.who === 'anyone' || (group && commands))) {
      return { type: 'command', found, given, role };
    }
    if (!group) return { type: 'nobodys', given };
    if (!found && commands && group.isMain && !this.#isShared(given)) {
      const mistyped = given.kind === 'message' ? nearestTo(given.text) : undefined;
      if (mistyped) return { type: 'unknown-command', message, role, group, ...mistyped };
    }
    // A command that somebody may not give is still no answer.
    const read = found ? { message, answering: undefined } : readAnswer(desk.store, message, group);
    const meant = read.message.mentionsAssistant || answersUs(desk.store, read.message);
    const said = { ...read.message, mentionsAssistant: meant };
    return { type: 'message', read: { ...read, message: said, group, standing, role, commands } };
  }

  #commandIn(message: InboundMessage): FoundCommand | undefined {
    const called = message.kind === 'message' ? findCommand(message.text) : undefined;
    if (!called || message.mentionsAssistant || !this.#isShared(message)) return called;
    return called.addressed || called.command.alone ? undefined : called;
  }

  #isShared({ jid }: InboundMessage): boolean {
    return this.#parts.desk.store.chats.get(jid)?.isGroup ?? false;
  }

  #groupOf(jid: string): Group | undefined {
    const { store } = this.#parts.desk;
    const folder = store.chats.get(jid)?.group;
    return folder === undefined ? undefined : store.groups.get(folder);
  }

  /** In the transaction: each command by itself, all the rest together. */
  #store(pieces: readonly Piece[], channel: string): Stored {
    const effects: (() => void)[] = [];
    const seqs = pieces.map((piece) => this.#storeAlone(piece, { channel, effects }));
    const places = pieces.flatMap((piece, at) => (piece.type === 'message' ? [{ at, read: piece.read }] : []));
    const done = storeMessages(this.#parts, this.#decided(places.map(({ read }) => read)));
    for (const [index, { at }] of places.entries()) seqs[at] = done.seqs[index];
    return { ...done, seqs, effects };
  }

  #storeAlone(piece: Piece, to: { channel: string; effects: (() => void)[] }): number | undefined {
    switch (piece.type) {
      case 'command':
        return this.#answer(piece, to);
      case 'unknown-command':
        return answerUnknown(this.#parts, { ...piece, ...to });
      case 'nobodys':
        this.#announce(piece.given);
        return undefined;
      case 'message':
        return undefined;
    }
  }

  /** If one of them wakes, all do that only lack a call. */
  #decided(act: readonly Read[]): Decided[] {
    const { store, clock } = this.#parts.desk;
    const decideOne = (read: Read, called: boolean) => {
      const { message, group, standing, answering } = read;
      const automatic = message.senderIsBot === true && message.senderIsChat === true;
      return decide({ ...message, group, standing, answering, automatic, called });
    };
    const called = act.some((read) => decideOne(read, false) === 'wake');
    const late = act.some(({ message }) => followsCall(store, message, clock.now()));
    return act.map((read) => ({ ...read, decision: decideOne(read, called || late) }));
  }

  #answer(
    { found, given, role }: Extract<Piece, { type: 'command' }>,
    { channel, effects }: { channel: string; effects: (() => void)[] },
  ): number | undefined {
    if (found.command.heeds?.(this.#parts, { message: given, channel, argument: found.argument }) === false) {
      return undefined;
    }
    const group = this.#groupOf(given.jid);
    const message = withoutCode(given);
    const done = answerCommand(this.#parts, { ...found, message: given, stored: message, role, channel, group });
    if (done?.after) effects.push(done.after);
    return done?.seq;
  }

  #announce({ jid, senderName: by, mentionsAssistant }: InboundMessage): void {
    const { desk } = this.#parts;
    const name = desk.store.chats.get(jid)?.name ?? jid;
    if (mentionsAssistant) announceChat(desk, { jid, name, by, how: 'called' });
  }

  // The message stands without it: only what of it stood there is told.
  #keepLongText(long: LongText): void {
    try {
      this.#parts.keepLongText(long);
    } catch (error) {
      this.#parts.log.warn({ err: error, group: long.folder }, 'a long text could not be kept whole');
      cutLongText(this.#parts.desk.store, long);
    }
  }
}

function inNewChat(given: InboundMessage, jid: string): InboundMessage {
  const { replyTo } = given;
  const here = (id: string) => idInOldChat(given.jid, id);
  return {
    ...given,
    jid,
    platformId: here(given.platformId),
    replyTo: replyTo && { ...replyTo, id: here(replyTo.id) },
  };
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
