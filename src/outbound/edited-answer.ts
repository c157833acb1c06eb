import { askedIn } from '../acts/asked-in.ts';
import { hasCode } from '../model/errors.ts';
import type { OutboxRow } from '../store/outbox-row.ts';
import { Newest } from './newest.ts';
import { countRepeat, isUnsure } from './repeats.ts';
import type { Showing, ShowingParts, Sight } from './showing.ts';
import { shownText } from './visible-text.ts';

/** Stands where nothing else does: a message cannot be empty. */
const nothingYet = '…';

/** One message that is edited while the answer grows. It is an outbox row; the result completes it. */
export class EditedAnswer implements Showing {
  readonly #parts: ShowingParts;
  readonly #newest: Newest<Sight & { row: number }>;
  /** What stands there, as far as we know. */
  #shown: { row: number; text: string } | undefined;
  /** A row that the platform refuses to show: nothing more is tried before the result. */
  #refused: number | undefined;

  constructor(parts: ShowingParts) {
    const { clock, signal, log, place, everyMs } = parts;
    this.#parts = parts;
    this.#newest = new Newest({
      clock,
      signal,
      pauseMs: () => everyMs,
      work: (take) => parts.inChat(place, (signal) => this.#put(take(), signal)),
      onError: (error) => log.debug({ err: error, jid: place.jid }, 'an answer could not be shown while it grew'),
    });
  }

  show({ text, line }: Sight): void {
    const { store, turnId } = this.#parts;
    if (!store.streams.ofTurn(turnId) && (text !== '' || line !== undefined)) this.#begin(text);
    const row = store.streams.ofTurn(turnId)?.id;
    if (row !== undefined) this.#newest.push({ text, line, row });
  }

  #begin(text: string): void {
    const { store, clock, turnId, group, place } = this.#parts;
    const replyTo = askedIn(store, { id: turnId, jid: place.jid });
    store.streams.begin({ turnId, group, place, text, replyTo }, clock.now());
  }

  async #put(sight: (Sight & { row: number }) | undefined, signal: AbortSignal): Promise<void> {
    const { store, clock, channel, place, turnId, limits } = this.#parts;
    const row = store.streams.ofTurn(turnId);
    // Completed by a result meanwhile: that one is the last to change it.
    if (!sight || row?.id !== sight.row || row.id === this.#refused || !channel.isOpen(place.jid)) return;
    // What was said before it and still waits goes first.
    if (row.platformId === undefined && store.outbox.head(place, clock.now()) !== undefined) return;
    store.streams.write(row.id, sight.text);
    const text = shownText(sight.text, sight.line, limits) || nothingYet;
    if (this.#shown?.row === row.id && this.#shown.text === text) return;
    try {
      if (row.platformId === undefined) await this.#send(row, text, signal);
      else await channel.edit({ ...place, platformId: row.platformId, text }, signal);
      this.#shown = { row: row.id, text };
    } catch (error) {
      if (hasCode(error, 'channel.refused')) this.#refused = row.id;
      throw error;
    }
  }

  async #send(row: OutboxRow, text: string, signal: AbortSignal): Promise<void> {
    const { store, log, channel, place } = this.#parts;
    const key = `${row.key}/${row.part}`;
    store.streams.markSending(row.id);
    let platformId: string;
    try {
      ({ platformId } = await channel.send({ ...place, text, key, replyTo: row.replyTo }, signal));
    } catch (error) {
      store.streams.markFailed(row.id);
      if (isUnsure(error, signal)) countRepeat({ store, log }, key);
      throw error;
    }
    this.#mark(row, platformId);
  }

  #mark(row: OutboxRow, platformId: string): void {
    const { store, log } = this.#parts;
    try {
      store.streams.markSent(row.id, platformId);
    } catch (error) {
      // It stands in the chat and we cannot say where (a full disk): the result will be another message.
      this.#refused = row.id;
      countRepeat({ store, log }, `${row.key}/${row.part}`);
      throw error;
    }
  }
}
