import { closeStreams } from '../acts/close-streams.ts';
import type { Desk } from '../acts/post-message.ts';
import { tellMain } from '../acts/tell-main.ts';
import { Busy, type Channel, ownerOf } from '../channels/channel.ts';
import type { Bell } from '../lib/bell.ts';
import type { Clock } from '../lib/clock.ts';
import { Lanes } from '../lib/lanes.ts';
import type { Log } from '../lib/log.ts';
import { Loop } from '../lib/loop.ts';
import type { Place } from '../model/chat.ts';
import { hasCode } from '../model/errors.ts';
import { type OutboxRow, wordsOfRow } from '../store/outbox-row.ts';
import type { Store } from '../store/store.ts';
import { putRow } from './put-row.ts';
import { countRepeat, isUnsure } from './repeats.ts';
import { Spool } from './spool.ts';

interface DeliveryParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly bell: Bell;
  readonly desk: Desk;
  readonly channels: readonly Channel[];
  readonly assistantName: string;
  /** Where the files of rows lie. */
  readonly spoolDirectory: string;
}

const sweepMs = 2_000;
const flushMs = 5_000;
/** One try at a platform may take this long. */
const sendTimeoutMs = 60_000;
/** What only shows an answer while it grows may hold up the answer so long. */
const previewTimeoutMs = 15_000;
/** Ten tries over about 24 hours. */
const retryAfterMs = [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000];

/** Longest wait that a timer is set for: what is due later is found by the sweep. */
const longestTimerMs = 3_600_000;

/**
 * Brings outbox rows to their channels: in the order of each chat and thread, one at a time, retried, given up in the end. A
 * row that has failed for two minutes steps aside: what follows it goes first, and it is tried again all the same.
 */
export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #spool: Spool;
  readonly #lanes = new Lanes();
  /** Chats and threads whose rows are being delivered, or will be as soon as their lane is free. */
  readonly #serving = new Set<string>();
  readonly #loop: Loop;
  readonly #stopping = new AbortController();
  /** Taken by the platform, but the mark could not be stored (a full disk): only the mark is tried again. */
  readonly #unmarked = new Map<number, string>();
  /** Rings when the next row is due, so that it is not late by a sweep. */
  #alarm: Disposable | undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#spool = new Spool(parts.spoolDirectory, parts.log);
    this.#loop = new Loop({
      bell: parts.bell,
      clock: parts.clock,
      everyMs: sweepMs,
      look: () => this.#look(),
      onError: (error) => parts.log.error({ err: error }, 'the delivery stumbled'),
    });
  }

  /** At start, before any result is stored: what was being sent when the host died is due again, and counted. */
  recover(): void {
    const { store } = this.#parts;
    const rows = store.transaction(() => [...store.outbox.requeueSending(), ...store.streams.requeueSending()]);
    for (const row of rows) if (this.#mayRepeat(row)) countRepeat(this.#parts, `${row.key}/${row.part}`);
    this.#spool.sweep(store.outbox.files());
  }

  start(): void {
    this.#parts.store.transaction(() => closeStreams(this.#parts.desk));
    this.#loop.start();
  }

  /** Sends what is due now (5 s at most), then returns; the rest is due at the next start. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    this.#alarm?.[Symbol.dispose]();
    this.#look();
    using _deadline = this.#parts.clock.after(flushMs, () => this.#stopping.abort());
    await this.#lanes.idle();
    this.#stopping.abort();
  }

  /** Shows something at a place, in turn with everything else that is done there, within the time of `signal`. */
  async inChat(place: Place, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    await this.#lanes.run(keyOf(place), async () => {
      if (this.#stopping.signal.aborted) return;
      using timeout = this.#timeout(previewTimeoutMs);
      await work(timeout.signal);
    });
  }

  #look(): void {
    for (const place of this.#parts.store.outbox.openPlaces()) {
      const key = keyOf(place);
      if (this.#serving.has(key) || !this.#ready(place)) continue;
      this.#serving.add(key);
      void this.#lanes
        .run(key, () => this.#deliverChat(place))
        .then((well) => {
          this.#serving.delete(key);
          // A row that was added while the chat was about to be done found it served: look once more. Not after a failure
          // of our own (a full disk): asking at once and for ever would leave room for nothing else.
          if (well) this.#parts.bell.ring();
        });
    }
    this.#setAlarm();
  }

  #setAlarm(): void {
    const { store, clock, bell } = this.#parts;
    this.#alarm?.[Symbol.dispose]();
    const now = clock.now();
    const at = store.outbox.nextDueAt(now);
    if (at !== undefined) this.#alarm = clock.after(Math.min(at - now, longestTimerMs), () => bell.ring());
  }

  /** The next row of that chat and thread and its channel, when it can be sent now. */
  #ready(place: Place): { row: OutboxRow; channel: Channel } | undefined {
    const { store, clock } = this.#parts;
    const channel = this.#channelOf(place.jid);
    if (!channel?.isOpen(place.jid)) return undefined;
    const now = clock.now();
    const head = store.outbox.head(place, now);
    const row = head && head.nextAttemptAt <= now ? head : store.outbox.asideAt(place, now);
    return row && { row, channel };
  }

  /** False when the store failed us; the next sweep tries again. */
  async #deliverChat(place: Place): Promise<boolean> {
    try {
      let more = true;
      while (more && !this.#stopping.signal.aborted) more = await this.#deliverNext(place);
      return true;
    } catch (error) {
      this.#parts.log.error({ err: error, jid: place.jid }, 'a chat could not be served');
      return false;
    }
  }

  /** True when the next row was dealt with and the one after it may follow. */
  async #deliverNext(place: Place): Promise<boolean> {
    const ready = this.#ready(place);
    if (!ready) return false;
    const { row, channel } = ready;
    if (!this.#unmarked.has(row.id)) {
      this.#parts.store.outbox.markSending(row.id);
      using timeout = this.#timeout();
      try {
        this.#unmarked.set(
          row.id,
          await putRow({ ...this.#parts, spool: this.#spool }, row, { channel, signal: timeout.signal }),
        );
      } catch (error) {
        return this.#failed(row, error, { channel, unsure: isUnsure(error, timeout.signal) });
      }
    }
    this.#markSent(row, this.#unmarked.get(row.id) ?? '');
    this.#unmarked.delete(row.id);
    return true;
  }

  #markSent(row: OutboxRow, platformId: string): void {
    const { store, clock, assistantName: name } = this.#parts;
    store.transaction(() => {
      store.outbox.markSent(row.id, platformId, clock.now());
      store.messages.insertOutbound(
        {
          ...row.place,
          platformId,
          name,
          text: wordsOfRow(row),
          kind: row.kind,
          command: row.key.startsWith('command:'),
        },
        clock.now(),
      );
    });
    if (row.file) this.#spool.remove(row.file);
  }

  #failed(row: OutboxRow, error: unknown, how: { channel: Channel; unsure: boolean }): boolean {
    const { store, clock, log } = this.#parts;
    // We ended it ourselves, and cannot know how far it came: it stays as it is for the next start.
    if (this.#stopping.signal.aborted) return false;
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof Busy) {
      log.info({ jid: row.place.jid, key: row.key, ms: error.retryAfterMs }, 'the platform asks to wait');
      return this.#wait(row, { ...row, at: clock.now() + error.retryAfterMs, error: text });
    }
    const attempts = row.attempts + 1;
    const wait = retryAfterMs[attempts - 1];
    log.warn({ err: error, jid: row.place.jid, key: row.key, attempts }, 'a message was not delivered');
    if (how.unsure && isSending(row) && !how.channel.capabilities.idempotencyKey) {
      countRepeat(this.#parts, `${row.key}/${row.part}`);
    }
    const refused = hasCode(error, 'channel.refused');
    if (!refused && !how.channel.isOpen(row.place.jid)) {
      // The connection was lost, not the message: nothing is spent, and the chat waits until it is open.
      return this.#wait(row, { ...row, at: 0, error: text });
    }
    if (!refused && wait !== undefined) {
      const failingSince = row.failingSince ?? clock.now();
      return this.#wait(row, { attempts, failingSince, at: clock.now() + wait, error: text });
    }
    store.transaction(() => {
      store.outbox.bury(row.id, text);
      this.#tellOwner(row, text);
    });
    if (row.file) this.#spool.remove(row.file);
    return true;
  }

  // False: the platform is not asked about another row of that place before the next look.
  #wait(row: OutboxRow, next: Parameters<Store['outbox']['again']>[1]): false {
    const { attempts, at, failingSince, error } = next;
    this.#parts.store.outbox.again(row.id, { attempts, at, failingSince, error });
    return false;
  }

  // A notice that cannot be delivered is not itself told of, and of an emoji only the agent need hear.
  #tellOwner(row: OutboxRow, why: string): void {
    if (row.key.startsWith('notice:') || row.kind === 'reaction') return;
    const text = `⚠️ A message to ${row.place.jid} could not be delivered and was given up: ${why}`;
    tellMain(this.#parts.desk, { key: `notice:undelivered:${row.id}`, text });
  }

  // An edit is none. With a key the platform knows a part it has taken; what was streamed had another key.
  #mayRepeat(row: OutboxRow): boolean {
    const streamed = row.state === 'streaming' || row.attempts === 0;
    const known = !streamed && this.#channelOf(row.place.jid)?.capabilities.idempotencyKey;
    return isSending(row) && known !== true;
  }

  #channelOf(jid: string): Channel | undefined {
    return ownerOf(this.#parts.channels, jid);
  }

  #timeout(ms = sendTimeoutMs): Disposable & { signal: AbortSignal } {
    const timeout = new AbortController();
    const timer = this.#parts.clock.after(ms, () => timeout.abort());
    const signal = AbortSignal.any([timeout.signal, this.#stopping.signal]);
    return { signal, [Symbol.dispose]: () => timer[Symbol.dispose]() };
  }
}

function keyOf({ jid, thread }: Place): string {
  return JSON.stringify([jid, thread ?? null]);
}

/** Doing it twice would be seen: an edit or a reaction may be repeated. */
function isSending(row: OutboxRow): boolean {
  return row.kind === 'message' && row.platformId === undefined;
}
