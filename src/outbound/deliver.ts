import type { Desk } from '../acts/post-message.ts';
import { tellMain } from '../acts/tell-main.ts';
import type { Channel } from '../channels/channel.ts';
import type { Bell } from '../lib/bell.ts';
import type { Clock } from '../lib/clock.ts';
import { Lanes } from '../lib/lanes.ts';
import type { Log } from '../lib/log.ts';
import { Loop } from '../lib/loop.ts';
import { hasCode } from '../model/errors.ts';
import type { OutboxRow } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';

interface DeliveryParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly bell: Bell;
  readonly desk: Desk;
  readonly channels: readonly Channel[];
  readonly assistantName: string;
}

const sweepMs = 2_000;
const flushMs = 5_000;
/** One try at a platform may take this long. */
const sendTimeoutMs = 60_000;
/** Ten tries over about 24 hours. */
const retryAfterMs = [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000];

/** Brings outbox rows to their channels: in each chat's order, one at a time, retried, given up in the end. */
export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #lanes = new Lanes();
  readonly #loop: Loop;
  readonly #stopping = new AbortController();
  /** Taken by the platform, but the mark could not be stored (a full disk): only the mark is tried again. */
  readonly #unmarked = new Map<number, string>();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#loop = new Loop({
      bell: parts.bell,
      clock: parts.clock,
      everyMs: sweepMs,
      look: () => this.#look(),
      onError: (error) => parts.log.error({ err: error }, 'the delivery stumbled'),
    });
  }

  start(): void {
    this.#parts.store.outbox.requeueSending();
    this.#loop.start();
  }

  /** Sends what is due now (5 s at most), then returns; the rest is due at the next start. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    this.#look();
    using _deadline = this.#parts.clock.after(flushMs, () => this.#stopping.abort());
    await this.#lanes.idle();
    this.#stopping.abort();
  }

  #look(): void {
    for (const jid of this.#parts.store.outbox.openChats()) {
      if (this.#lanes.busy(jid) || !this.#ready(jid)) continue;
      void this.#lanes
        .run(jid, () => this.#deliverChat(jid))
        .then((well) => {
          // A row that was added while the lane was about to fall free found it busy: look once more. Not after a failure
          // of our own (a full disk): asking at once and for ever would leave room for nothing else.
          if (well) this.#parts.bell.ring();
        });
    }
  }

  /** The chat's next row and its channel, when it can be sent now. */
  #ready(jid: string): { row: OutboxRow; channel: Channel } | undefined {
    const row = this.#parts.store.outbox.head(jid);
    const channel = this.#parts.channels.find((one) => one.owns(jid));
    if (!row || !channel || row.next_attempt_at > this.#parts.clock.now() || !channel.isOpen(jid)) return undefined;
    return { row, channel };
  }

  /** False when the store failed us; the next sweep tries again. */
  async #deliverChat(jid: string): Promise<boolean> {
    try {
      let more = true;
      while (more && !this.#stopping.signal.aborted) more = await this.#deliverNext(jid);
      return true;
    } catch (error) {
      this.#parts.log.error({ err: error, jid }, 'a chat could not be served');
      return false;
    }
  }

  /** True when the head of the chat's rows was dealt with and the next one may follow. */
  async #deliverNext(jid: string): Promise<boolean> {
    const ready = this.#ready(jid);
    if (!ready) return false;
    const { row, channel } = ready;
    if (!this.#unmarked.has(row.id)) {
      this.#parts.store.outbox.markSending(row.id);
      try {
        this.#unmarked.set(row.id, await this.#send(row, channel));
      } catch (error) {
        return this.#failed(row, error);
      }
    }
    this.#markSent(row, this.#unmarked.get(row.id) ?? '');
    this.#unmarked.delete(row.id);
    return true;
  }

  async #send(row: OutboxRow, channel: Channel): Promise<string> {
    using timeout = this.#timeout();
    const place = { jid: row.chat_jid, thread: row.thread ?? undefined };
    const { text, buttons } = row;
    const replyTo = row.reply_to ?? undefined;
    const part = { ...place, text, key: `${row.key}/${row.part}`, replyTo, buttons };
    const sent = await channel.send(part, timeout.signal);
    return sent.platformId;
  }

  #markSent(row: OutboxRow, platformId: string): void {
    const { store, clock, assistantName } = this.#parts;
    store.transaction(() => {
      store.outbox.markSent(row.id, platformId, clock.now());
      const said = {
        jid: row.chat_jid,
        platformId,
        thread: row.thread ?? undefined,
        name: assistantName,
        text: row.text,
      };
      store.messages.insertOutbound(said, clock.now());
    });
  }

  #failed(row: OutboxRow, error: unknown): boolean {
    const { store, clock, log } = this.#parts;
    const text = error instanceof Error ? error.message : String(error);
    const attempts = row.attempts + 1;
    const wait = retryAfterMs[attempts - 1];
    log.warn({ err: error, jid: row.chat_jid, key: row.key, attempts }, 'a message was not delivered');
    if (!hasCode(error, 'channel.refused') && wait !== undefined) {
      store.outbox.again(row.id, { attempts, at: clock.now() + wait, error: text });
      return false;
    }
    store.transaction(() => {
      store.outbox.bury(row.id, text);
      this.#tellOwner(row, text);
    });
    return true;
  }

  // A notice that cannot be delivered is not itself told of.
  #tellOwner(row: OutboxRow, why: string): void {
    if (row.key.startsWith('notice:')) return;
    const text = `⚠️ A message to ${row.chat_jid} could not be delivered and was given up: ${why}`;
    tellMain(this.#parts.desk, { key: `notice:undelivered:${row.id}`, text });
  }

  #timeout(): Disposable & { signal: AbortSignal } {
    const timeout = new AbortController();
    const timer = this.#parts.clock.after(sendTimeoutMs, () => timeout.abort());
    const signal = AbortSignal.any([timeout.signal, this.#stopping.signal]);
    return { signal, [Symbol.dispose]: () => timer[Symbol.dispose]() };
  }
}
