import type { Bell } from '../lib/bell.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { NanoclawError } from '../model/errors.ts';
import type { InboundMessage, Role } from '../model/message.ts';
import { isDiskFull } from '../store/database.ts';
import type { Store } from '../store/store.ts';
import { keepAttachments } from './keep-attachments.ts';
import { longTextUnits } from './long-text.ts';
import { decide } from './policy.ts';
import type { SenderAllowlist } from './sender-allowlist.ts';

export interface ReceiverParts {
  readonly store: Store;
  readonly clock: Clock;
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
  receive(message: InboundMessage): number | undefined {
    if (this.#closed) throw closed();
    const { store, allowlist, log } = this.#parts;
    const folder = store.chats.get(message.jid)?.group;
    const group = folder === undefined ? undefined : store.groups.get(folder);
    if (!group) return undefined;
    const standing = allowlist.standingOf(message.senderId, message.jid);
    const decision = decide({ ...message, group, standing });
    if (decision === 'drop') return undefined;
    const role: Role = message.fromOwner ? 'owner' : standing === 'allowed' ? 'member' : 'unknown';
    try {
      const seq = this.#store(message, { folder: group.folder, role, wakes: decision === 'wake' });
      if (seq !== undefined && decision === 'wake') this.#parts.inboxBell.ring();
      if (seq !== undefined && message.attachments?.length) this.#parts.attachmentBell.ring();
      return seq;
    } catch (error) {
      log.error({ err: error, jid: message.jid }, 'a message could not be stored');
      throw notStored(error);
    }
  }

  #store(message: InboundMessage, to: { folder: string; role: Role; wakes: boolean }): number | undefined {
    const { store, clock } = this.#parts;
    const now = clock.now();
    const text = message.text.length > longTextUnits ? this.#parts.keepLongText(to.folder, message) : message.text;
    return store.transaction(() => {
      const seq = store.messages.insertInbound({ ...message, text }, to.role, now);
      if (seq === undefined) return undefined;
      store.chats.touch(message.jid, now);
      const place = { jid: message.jid, thread: message.thread };
      const heldUntil = keepAttachments(store, message.attachments, { seq, now });
      store.inbox.add({ group: to.folder, place, message: seq, wakes: to.wakes, heldUntil });
      return seq;
    });
  }
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
