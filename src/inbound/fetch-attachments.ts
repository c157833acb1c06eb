import { join } from 'node:path';
import type { Bell } from '../lib/bell.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Loop } from '../lib/loop.ts';
import { type Owner, SafeDirectory } from '../lib/safe-files.ts';
import { hasCode, sentenceOf } from '../model/errors.ts';
import type { DueAttachment } from '../store/attachments.ts';
import type { Store } from '../store/store.ts';

/** What Telegram gives to a bot, and the least that any platform gives: beyond it a person has to send a link anyway. */
const maxBytes = 20_000_000;
/** Side by side: all of them may stand in memory whole. */
const most = { perChat: 2, limit: 4 };
/** One try may take this long: all of `maxBytes` at 1.4 Mbit/s. */
const fetchTimeoutMs = 120_000;
const longestWaitMs = 60_000;
/** Ten minutes of trying, and by tries alone: neither a host nor a platform that was away for days has tried anything. */
const mostTries = 15;
/** Looked at in one go: chats that are not open stand before the others and are passed over. */
const lookAt = 200;
const sweepMs = 2_000;

export interface FetcherParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Rung when a message with attachments was stored. */
  readonly bell: Bell;
  readonly inboxBell: Bell;
  readonly groupsDirectory: string;
  /** Who gets the files, for a host that runs as root. */
  readonly owner: Owner | undefined;
  /** False: the chat's channel is away, and nothing is tried or spent. */
  readonly isOpen: (jid: string) => boolean;
  /** As a channel's `fetch`, by the channel of `jid`. */
  readonly fetch: (
    file: { jid: string; ref: string },
    options: { maxBytes: number; signal: AbortSignal },
  ) => Promise<Uint8Array>;
}

type Outcome = { type: 'ready'; size: number } | { type: 'failed'; why: string } | { type: 'again'; error: unknown };

/** Brings what came with messages into their groups' folders, and lets the messages go on that waited for it. */
export class AttachmentFetcher {
  readonly #parts: FetcherParts;
  readonly #loop: Loop;
  readonly #running = new Map<number, Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(parts: FetcherParts) {
    this.#parts = parts;
    this.#loop = new Loop({
      bell: parts.bell,
      clock: parts.clock,
      everyMs: sweepMs,
      look: () => this.#look(),
      onError: (error) => parts.log.error({ err: error }, 'the fetcher of attachments stumbled'),
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** What is under way is given up and begun again at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop.stop();
    await Promise.all(this.#running.values());
  }

  #look(): void {
    const { store, clock, isOpen } = this.#parts;
    for (const file of store.attachments.due(clock.now(), { perChat: most.perChat, limit: lookAt })) {
      if (this.#running.size >= most.limit) return;
      if (!this.#running.has(file.id) && isOpen(file.place.jid)) this.#running.set(file.id, this.#serve(file));
    }
  }

  // Never rejects. A store that cannot write (a full disk) is asked again by the sweep, not at once and for ever.
  async #serve(file: DueAttachment): Promise<void> {
    let settled = false;
    try {
      const outcome = await this.#bring(file);
      if (!this.#stopping.signal.aborted) this.#settle(file, outcome);
      settled = true;
    } catch (error) {
      this.#parts.log.error({ err: error, jid: file.place.jid }, 'what became of an attachment could not be stored');
    } finally {
      this.#running.delete(file.id);
    }
    if (settled) this.#parts.bell.ring();
  }

  async #bring(file: DueAttachment): Promise<Outcome> {
    if ((file.size ?? 0) > maxBytes) return { type: 'failed', why: tooLarge };
    try {
      const bytes = await this.#fetch(file);
      if (bytes.length > maxBytes) return { type: 'failed', why: tooLarge };
      this.#write(file, bytes);
      return { type: 'ready', size: bytes.length };
    } catch (error) {
      if (hasCode(error, 'channel.refused')) return { type: 'failed', why: sentenceOf(error) };
      // Its words name places of the host's.
      if (hasCode(error, 'files.unsafe')) return { type: 'failed', why: notADirectory };
      return { type: 'again', error };
    }
  }

  /** Ends with the deadline or the host, whatever the channel does. */
  async #fetch({ place, ref }: DueAttachment): Promise<Uint8Array> {
    const deadline = new AbortController();
    // Awaited below: the deadline must stand until the fetch is over.
    using _timer = this.#parts.clock.after(fetchTimeoutMs, () => deadline.abort());
    const signal = AbortSignal.any([deadline.signal, this.#stopping.signal]);
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    return await Promise.race([this.#parts.fetch({ jid: place.jid, ref }, { maxBytes, signal }), aborted]);
  }

  #write(file: DueAttachment, bytes: Uint8Array): void {
    const { groupsDirectory, owner } = this.#parts;
    const [directory = '', name = ''] = file.path.split('/');
    using group = SafeDirectory.open(join(groupsDirectory, file.group));
    using attachments = group.makeDirectory(directory, { owner });
    attachments.write(name, bytes, { owner });
  }

  #settle(file: DueAttachment, outcome: Outcome): void {
    const { store, clock, inboxBell } = this.#parts;
    const now = clock.now();
    const released = store.transaction(() => {
      this.#mark(file, outcome, now);
      return store.inbox.release(file, now);
    });
    if (released) inboxBell.ring();
  }

  #mark(file: DueAttachment, outcome: Outcome, now: number): void {
    const { store, log } = this.#parts;
    const about = { jid: file.place.jid, path: file.path, attempts: file.attempts + 1 };
    switch (outcome.type) {
      case 'ready':
        store.attachments.ready(file.id, outcome.size);
        return;
      case 'failed':
        log.warn({ ...about, why: outcome.why }, 'an attachment was refused');
        store.attachments.failed(file.id, outcome.why);
        return;
      case 'again':
        log.warn({ ...about, err: outcome.error }, 'an attachment was not fetched');
        if (!this.#parts.isOpen(file.place.jid)) store.attachments.later(file.id, now + sweepMs);
        else if (file.attempts + 1 >= mostTries) store.attachments.failed(file.id, notFetched);
        else store.attachments.again(file.id, now + Math.min(1_000 * 2 ** file.attempts, longestWaitMs));
    }
  }
}

const tooLarge = `It is larger than the ${maxBytes / 1_000_000} MB that can be fetched.`;
const notADirectory = 'It could not be written: something else stands where attachments/ or the file should be.';
const notFetched = 'It could not be fetched; ask for it to be sent again.';
