import type { Log } from '../../lib/log.ts';
import type { ChannelEvents, SeenChat } from '../channel.ts';
import type { Waits } from './waits.ts';

interface ChatsParts {
  readonly log: Log;
  readonly waits: Waits;
}

/** What the kit knows of chats, by JID; it follows a chat that is called otherwise. */
export class Chats {
  readonly #parts: ChatsParts;
  /** We may not write there. */
  readonly #shut = new Set<string>();
  /** The names that the host knows. */
  readonly #names = new Map<string, string>();
  readonly #moved = new Map<string, string>();

  constructor(parts: ChatsParts) {
    this.#parts = parts;
  }

  /** How the chat is called now. */
  now(jid: string): string {
    return this.#moved.get(jid) ?? jid;
  }

  isShut(jid: string): boolean {
    return this.#shut.has(this.now(jid));
  }

  shut(jid: string): void {
    if (this.isShut(jid)) return;
    this.#shut.add(this.now(jid));
    this.#parts.log.info({ jid }, 'the platform takes nothing for this chat any more');
  }

  /** Who is heard can be answered. */
  open(jid: string, events: ChannelEvents): void {
    if (this.#shut.delete(jid)) events.onOpen(jid);
  }

  show(chat: SeenChat, events: ChannelEvents): void {
    if (chat.addedBy === undefined && this.#names.get(chat.jid) === chat.name) return;
    events.onChat(chat);
    this.#names.set(chat.jid, chat.name);
  }

  /** A host that starts is shown every chat anew. */
  forgetNames(): void {
    this.#names.clear();
  }

  /** Says so once, however often and by whatever way the platform does. */
  move(from: string, to: string, events: ChannelEvents): void {
    if (from === to || this.#moved.get(from) === to) return;
    events.onMoved(from, to);
    this.#parts.log.info({ from, to }, 'a chat has another id now');
    for (const [earlier, there] of this.#moved) if (there === from) this.#moved.set(earlier, to);
    this.#moved.set(from, to);
    if (this.#shut.delete(from)) this.#shut.add(to);
    this.#parts.waits.moved(from, to);
  }
}
