import type { Update } from 'grammy/types';
import { type Clock, pause } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Calls } from './api.ts';
import { badToken, conflict, failureOf, wordsOf } from './errors.ts';
import { allowedUpdates } from './inbound.ts';

interface PollParts {
  readonly calls: Calls;
  readonly clock: Clock;
  readonly log: Log;
  /** Returns when the update is stored, throws when it could not be. */
  readonly take: (update: Update) => void;
  /** Nothing more will come. */
  readonly lost: (error: Error) => void;
}

const longPollSeconds = 30;
/** A poll that says nothing for this long beyond its time hangs on a dead connection. */
const graceMs = 10_000;
const firstPauseMs = 500;
const lastPauseMs = 30_000;
/** While the disk is full, how often at least an update is offered again. */
const lastOfferMs = 10_000;
/** One conflict may be our own poll before a restart; so many in a row are another program. */
const conflicts = 3;

/**
 * Asks Telegram for updates, one poll after the other. Telegram's memory is the cursor: it is moved past an update by the
 * next poll, and that only after `take` has returned for it; one that could not be stored is asked for again.
 */
export class Poll {
  readonly #parts: PollParts;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #offset = 0;

  constructor(parts: PollParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let unstored = 0; !this.#stopping.signal.aborted; ) {
      const updates = await this.#answered();
      if (!updates) return;
      const refused = this.#takeAll(updates);
      unstored = refused ? unstored + 1 : 0;
      if (!refused) continue;
      this.#parts.log.error(
        { err: refused.error, times: unstored },
        'an update could not be stored; asking for it again',
      );
      await this.#pause(backoff(unstored, lastOfferMs));
    }
  }

  /** The updates that came; undefined when polling is over. */
  async #answered(): Promise<Update[] | undefined> {
    const { log, lost } = this.#parts;
    for (let failures = 0, inConflict = 0; ; ) {
      try {
        const updates = await this.#ask();
        if (failures > 0) log.info({ failures }, 'Telegram answers again');
        return updates;
      } catch (error) {
        if (this.#stopping.signal.aborted) return undefined;
        const failure = failureOf(error);
        inConflict = failure?.code === 409 ? inConflict + 1 : 0;
        const fatal = failure?.code === 401 || inConflict >= conflicts;
        if (failure && fatal) {
          lost(failure.code === 401 ? badToken() : conflict(failure.description));
          return undefined;
        }
        failures += 1;
        if (failures === 1) log.warn({ why: wordsOf(error) }, 'Telegram does not answer; asking again');
        await this.#pause(failure?.retryAfterMs ?? backoff(failures, lastPauseMs));
      }
    }
  }

  async #ask(): Promise<Update[]> {
    const { calls, clock } = this.#parts;
    const poll = new AbortController();
    const abort = () => poll.abort();
    using _deadline = clock.after(longPollSeconds * 1000 + graceMs, abort);
    this.#stopping.signal.addEventListener('abort', abort);
    try {
      const asked = { offset: this.#offset, timeout: longPollSeconds, allowed_updates: allowedUpdates };
      return await calls.getUpdates(asked, poll.signal);
    } finally {
      this.#stopping.signal.removeEventListener('abort', abort);
    }
  }

  /** In order, as far as they can be stored. Returns why one could not be. */
  #takeAll(updates: readonly Update[]): { error: unknown } | undefined {
    for (const update of updates) {
      if (this.#stopping.signal.aborted) return undefined;
      try {
        this.#parts.take(update);
      } catch (error) {
        return { error };
      }
      this.#offset = update.update_id + 1;
    }
    return undefined;
  }

  #pause(ms: number): Promise<boolean> {
    return pause(this.#parts.clock, ms, this.#stopping.signal);
  }
}

function backoff(failures: number, lastMs: number): number {
  return Math.min(firstPauseMs * 2 ** (failures - 1), lastMs);
}
