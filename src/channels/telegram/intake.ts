import type { Update } from 'grammy/types';
import type { Log } from '../../lib/log.ts';
import type { ChannelEvents, SeenChat } from '../channel.ts';
import { type Heard, hear, type Me } from './inbound.ts';

interface IntakeParts {
  readonly me: Me;
  readonly events: ChannelEvents;
  readonly log: Log;
  readonly now: () => number;
  /** JIDs of chats that we may not write to; kept here. */
  readonly shut: Set<string>;
  /** A press was stored. */
  readonly answerClick: (clickId: string) => void;
}

/** Hands updates to the host, in Telegram's order. */
export class Intake {
  readonly #parts: IntakeParts;
  /** The names that the host knows, by JID. */
  readonly #told = new Map<string, string>();

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Returns when what it says is stored, and throws when it could not be. */
  take(update: Update): void {
    const heard = this.#hear(update);
    if (!heard) return;
    const { events, log, shut } = this.#parts;
    const { chat } = heard;
    switch (heard.type) {
      case 'message':
        this.#open(chat.jid);
        this.#show(chat);
        events.onMessages([heard.message]);
        if (heard.clickId !== undefined) this.#parts.answerClick(heard.clickId);
        return;
      case 'standing':
        if (!heard.open) {
          shut.add(chat.jid);
          log.info({ jid: chat.jid, name: chat.name }, 'Telegram takes nothing for this chat any more');
          return;
        }
        this.#show(chat);
        this.#open(chat.jid);
        return;
      case 'moved':
        this.#show(chat);
        events.onMoved(heard.from, chat.jid);
        log.warn(
          { from: heard.from, to: chat.jid, name: chat.name },
          `a Telegram group has become a supergroup and is ${chat.jid} now: wire it (./nanoclaw groups wire)`,
        );
    }
  }

  // What Telegram may send one day and we cannot read must not stop everything after it.
  #hear(update: Update): Heard | undefined {
    try {
      return hear(update, { me: this.#parts.me, now: this.#parts.now() });
    } catch (error) {
      this.#parts.log.error({ err: error, update: update.update_id }, 'an update could not be read and is left out');
      return undefined;
    }
  }

  #show(chat: SeenChat): void {
    if (chat.addedBy === undefined && this.#told.get(chat.jid) === chat.name) return;
    this.#parts.events.onChat(chat);
    this.#told.set(chat.jid, chat.name);
  }

  /** Who is heard can be answered. */
  #open(jid: string): void {
    if (this.#parts.shut.delete(jid)) this.#parts.events.onOpen(jid);
  }
}
