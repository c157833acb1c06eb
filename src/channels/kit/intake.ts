import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { hasCode } from '../../model/errors.ts';
import type { ChannelEvents } from '../channel.ts';
import type { Chats } from './chats.ts';
import { goesOn, mayGoOn, type Said, speakerOf } from './gather.ts';
import type { Incoming, Told } from './platform.ts';

/** An act is over when nothing more of it has come for so long, or so long after its first message. */
const quietMs = 700;
const longestMs = 3_000;
/** What fails for a reason of its own is offered so often, then set aside. */
const maxTries = 5;
const firstPauseMs = 500;
const lastPauseMs = 10_000;

interface Item {
  readonly incoming: Incoming;
  readonly told: Told | undefined;
  readonly cameAt: number;
  tries: number;
  /** It failed; not before then. */
  dueAt: number;
  settled: boolean;
}

interface IntakeParts {
  readonly events: ChannelEvents;
  readonly chats: Chats;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Hands to the host what a platform tells, in its order for each chat, several messages of one act together. What is not
 * stored stays here: offered again, for ever where the place is at fault, set aside after five tries otherwise; the rest goes on.
 */
export class Intake {
  readonly #parts: IntakeParts;
  /** Since the first that is not settled. */
  #items: Item[] = [];
  #next: number | undefined;
  #open = false;
  #timer: Disposable | undefined;
  /** Times in a row that the place could not store, and when it is asked again. */
  #troubles = 0;
  #troubledUntil = 0;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Nothing is handed over before. */
  open(): void {
    this.#open = true;
    this.#work();
  }

  close(): void {
    this.#open = false;
    this.#timer?.[Symbol.dispose]();
  }

  /** What is told a second time while it is here is known again. */
  offer(incoming: readonly Incoming[]): void {
    const known = new Set(this.#items.map((item) => item.incoming.id));
    const cameAt = this.#parts.clock.now();
    for (const one of incoming) {
      if (known.has(one.id)) continue;
      known.add(one.id);
      this.#items.push({ incoming: one, told: this.#read(one), cameAt, tries: 0, dueAt: 0, settled: false });
      if (typeof one.id === 'number') this.#next = one.id + 1;
    }
    this.#work();
  }

  /** The first id that is not stored; undefined before anything came. */
  get from(): number | undefined {
    const first = this.#items[0]?.incoming.id;
    return typeof first === 'number' ? first : this.#next;
  }

  /** How soon the platform is to be asked again; undefined while nothing is open, so that it may hold the question. */
  get askAgainMs(): number | undefined {
    if (this.#items.length === 0) return undefined;
    const left = this.#troubledUntil - this.#parts.clock.now();
    return left > 0 ? left : 200;
  }

  #read(incoming: Incoming): Told | undefined {
    try {
      return incoming.read();
    } catch (error) {
      this.#parts.log.error(
        { err: error, id: incoming.id },
        'what the platform said could not be read and is left out',
      );
      return undefined;
    }
  }

  #work(): void {
    this.#timer?.[Symbol.dispose]();
    const { clock } = this.#parts;
    const now = clock.now();
    let nextAt = this.#troubledUntil;
    if (this.#open && now >= this.#troubledUntil) nextAt = this.#handOver(now);
    while (this.#items[0]?.settled) this.#items.shift();
    if (!this.#open || this.#items.length === 0) return;
    this.#timer = clock.after(Math.max(nextAt - now, 10), () => this.#work());
  }

  /** All that is due now. Returns when something will be. */
  #handOver(now: number): number {
    let nextAt = Number.POSITIVE_INFINITY;
    /** Chats in which something failed: what was said after it waits. */
    const behind = new Set<string>();
    const held = new Set<Item>();
    for (const item of this.#items) {
      if (item.settled || held.has(item)) continue;
      const { told } = item;
      if (told && behind.has(told.chat.jid)) continue;
      const act = told?.type === 'message' ? this.#actOf(item, told) : { items: [item], overAt: now };
      const dueAt = Math.max(item.dueAt, act.overAt);
      if (now >= dueAt) this.#put(act.items);
      if (now < this.#troubledUntil) return this.#troubledUntil;
      if (item.settled) continue;
      nextAt = Math.min(nextAt, Math.max(dueAt, item.dueAt));
      for (const one of act.items) held.add(one);
      if (told && item.tries > 0) behind.add(told.chat.jid);
    }
    return nextAt;
  }

  /** What is said by this message and those that go on with it, and when nothing more is waited for. */
  #actOf(first: Item, said: Said): { items: Item[]; overAt: number } {
    const items = [first];
    let last = said;
    const speaker = speakerOf(said);
    for (const item of this.#items.slice(this.#items.indexOf(first) + 1)) {
      const { told } = item;
      if (item.settled || told?.type !== 'message' || speakerOf(told) !== speaker) continue;
      if (!goesOn(last, told)) return { items, overAt: 0 };
      items.push(item);
      last = told;
    }
    const lastCameAt = items.at(-1)?.cameAt ?? first.cameAt;
    const overAt = mayGoOn(last) ? Math.min(lastCameAt + quietMs, first.cameAt + longestMs) : 0;
    return { items, overAt };
  }

  #put(items: readonly Item[]): void {
    const [first] = items;
    if (!first) return;
    const { log } = this.#parts;
    first.tries += 1;
    try {
      this.#tell(items);
      this.#troubles = 0;
    } catch (error) {
      if (hasCode(error, 'inbound.not-stored')) {
        first.tries -= 1;
        this.#trouble(error);
        return;
      }
      log.error({ err: error, times: first.tries, jid: first.told?.chat.jid }, 'a message could not be taken');
      first.dueAt = this.#parts.clock.now() + pauseMs(first.tries);
      if (first.tries < maxTries) return;
      if (!this.#setAside(items, error)) return;
    }
    for (const item of items) {
      item.settled = true;
      item.incoming.settled?.();
    }
  }

  #tell(items: readonly Item[]): void {
    const { events, chats } = this.#parts;
    const told = items[0]?.told;
    if (!told) return;
    const { chat } = told;
    switch (told.type) {
      case 'message':
        chats.open(chat.jid, events);
        for (const item of items) if (item.told) chats.show(item.told.chat, events);
        events.onMessages(messagesOf(items));
        return;
      case 'standing':
        if (!told.open) {
          chats.shut(chat.jid);
          return;
        }
        chats.show(chat, events);
        chats.open(chat.jid, events);
        return;
      case 'moved':
        chats.show(chat, events);
        chats.move(told.from, chat.jid, events);
    }
  }

  /** False when not even that could be stored. */
  #setAside(items: readonly Item[], error: unknown): boolean {
    const messages = messagesOf(items);
    if (messages.length === 0) return true;
    try {
      this.#parts.events.onSetAside(messages, error);
      return true;
    } catch (trouble) {
      this.#trouble(trouble);
      return false;
    }
  }

  #trouble(error: unknown): void {
    this.#troubles += 1;
    this.#troubledUntil = this.#parts.clock.now() + pauseMs(this.#troubles);
    this.#parts.log.error({ err: error, times: this.#troubles }, 'a message could not be stored; it is offered again');
  }
}

function messagesOf(items: readonly Item[]) {
  return items.flatMap(({ told }) => (told?.type === 'message' ? [told.message] : []));
}

function pauseMs(tries: number): number {
  return Math.min(firstPauseMs * 2 ** (tries - 1), lastPauseMs);
}
