import type { Desk } from '../acts/post-message.ts';
import { type Channel, ownerOf } from '../channels/channel.ts';
import { type Clock, steady } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Place } from '../model/chat.ts';
import { DraftedAnswer } from './drafted-answer.ts';
import { EditedAnswer } from './edited-answer.ts';
import { isTelling, progressLine, type Work } from './progress.ts';
import { ProgressNotice } from './progress-notice.ts';
import type { Showing, ShowingParts } from './showing.ts';
import { visibleText } from './visible-text.ts';

interface StreamParts {
  readonly desk: Desk;
  readonly log: Log;
  readonly channels: readonly Channel[];
  readonly inChat: ShowingParts['inChat'];
}

interface TurnAt {
  readonly id: string;
  readonly place: Place;
}

/** A turn that is being watched, from its first sign of life until it has ended. */
interface Watch extends Work {
  readonly turn: TurnAt;
  readonly group: string;
  readonly showing: Showing;
  /** Of the result that is being written. */
  readonly ordinal: number;
  readonly text: string;
}

const tickMs = 5_000;
/** A tick that comes so much later than planned comes after a sleep of the whole machine. */
const sleepMs = 600_000;

/** Shows answers while they are written, and that a turn goes on while nothing is. The result never waits for it. */
export class Stream {
  readonly #parts: StreamParts;
  readonly #clock: Clock;
  readonly #watches = new Map<string, Watch>();
  readonly #stopping = new AbortController();
  #timer: Disposable | undefined;
  #tickedAt = 0;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.#clock = steady(parts.desk.clock);
  }

  /** Nothing more is shown; what is under way belongs to the delivery. */
  stop(): void {
    this.#stopping.abort();
    this.#timer?.[Symbol.dispose]();
    this.#watches.clear();
  }

  onPartial(turn: TurnAt, partial: string): void {
    if ((this.#channelOf(turn.place.jid)?.streaming(turn.place.jid).type ?? 'none') === 'none') return;
    this.#guarded(turn, () => {
      const watch = this.#watch(turn);
      const text = visibleText(partial);
      // While all there is must be held back, what was shown before stays; an empty text takes it back.
      if (!watch || text === watch.text || (text === '' && partial !== '') || this.#isSaid(watch, text)) return;
      this.#watches.set(turn.id, { ...watch, text, visibleAt: this.#now() });
      watch.showing.show({ text, line: undefined });
    });
  }

  /** `tool` begins; an empty name: the last one has ended; undefined: a sign of life. */
  onActivity(turn: TurnAt, tool: string | undefined): void {
    this.#guarded(turn, () => {
      const watch = this.#watch(turn);
      if (!watch || tool === undefined || !isTelling(tool)) return;
      const name = tool === '' ? undefined : tool;
      this.#channelOf(turn.place.jid)?.showTool?.(turn.place, name);
      this.#watches.set(turn.id, { ...watch, tool: name });
    });
  }

  #watch(turn: TurnAt): Watch | undefined {
    const { store } = this.#parts.desk;
    const group = store.turns.get(turn.id)?.group_folder;
    // A chat that was taken from the group since hears nothing more from it.
    if (group === undefined || store.chats.get(turn.place.jid)?.group !== group) return undefined;
    const known = this.#watches.get(turn.id);
    const ordinal = store.turns.nextOrdinal(turn.id);
    if (known?.ordinal === ordinal) return known;
    const showing = known?.showing ?? this.#showingFor(turn, group);
    if (!showing || this.#stopping.signal.aborted) return undefined;
    const fresh = { startedAt: this.#now(), visibleAt: undefined, toldAt: undefined, tool: undefined, text: '' };
    const watch = { turn, group, showing, ordinal, ...fresh };
    this.#watches.set(turn.id, watch);
    if (!this.#timer) this.#tickLater();
    return watch;
  }

  #showingFor(turn: TurnAt, group: string): Showing | undefined {
    const { desk, log, inChat } = this.#parts;
    const { store, clock } = desk;
    const { jid } = turn.place;
    const channel = this.#channelOf(jid);
    if (!channel) return undefined;
    const streaming = channel.streaming(jid);
    const everyMs = streaming.type === 'none' ? 0 : streaming.everyMs;
    const place = { turnId: turn.id, group, place: turn.place, limits: desk.limitOf(jid), everyMs };
    const parts = { store, clock, log, channel, inChat, signal: this.#stopping.signal, ...place };
    switch (streaming.type) {
      case 'edit':
        return new EditedAnswer(parts);
      case 'draft':
        return new DraftedAnswer(parts);
      case 'none':
        return new ProgressNotice(parts, desk);
    }
  }

  /** It comes late: the result that says it is stored already. */
  #isSaid({ turn, ordinal }: Watch, text: string): boolean {
    return (
      text !== '' && ordinal > 1 && this.#parts.desk.store.outbox.saidBy(turn.id).some((one) => one.startsWith(text))
    );
  }

  #tick(): void {
    this.#timer = undefined;
    this.#noticeSleep(this.#now() - this.#tickedAt - tickMs);
    for (const { turn } of [...this.#watches.values()]) this.#guarded(turn, () => this.#look(turn));
    if (this.#watches.size > 0) this.#tickLater();
  }

  #tickLater(): void {
    this.#tickedAt = this.#now();
    this.#timer = this.#parts.desk.clock.after(tickMs, () => this.#tick());
  }

  // Nobody has worked or waited meanwhile: it is as if everything had begun so much later.
  #noticeSleep(lateMs: number): void {
    if (lateMs < sleepMs) return;
    for (const [id, watch] of this.#watches) this.#watches.set(id, laterBy(watch, lateMs));
  }

  #look(turn: TurnAt): void {
    const { store } = this.#parts.desk;
    const watch = store.turns.get(turn.id)?.state === 'running' ? this.#watch(turn) : undefined;
    if (!watch) return void this.#watches.delete(turn.id);
    watch.showing.refresh?.();
    // Who sees the tools at work needs no line about them.
    if (this.#channelOf(turn.place.jid)?.showTool) return;
    const line = progressLine(watch, this.#now());
    // What the agent has not taken yet is not worked on.
    if (line === undefined || !store.turns.inputs(turn.id).some((input) => input.taken === 1)) return;
    this.#watches.set(turn.id, { ...watch, toldAt: this.#now() });
    watch.showing.show({ text: watch.text, line });
  }

  // A hint must not cost the turn anything, whatever fails.
  #guarded(turn: TurnAt, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#parts.log.debug({ err: error, jid: turn.place.jid }, 'an answer could not be shown while it grew');
    }
  }

  #now(): number {
    return this.#clock.now();
  }

  #channelOf(jid: string): Channel | undefined {
    return ownerOf(this.#parts.channels, jid);
  }
}

function laterBy(watch: Watch, ms: number): Watch {
  const { startedAt, visibleAt, toldAt } = watch;
  const later = (at: number | undefined) => (at === undefined ? undefined : at + ms);
  return { ...watch, startedAt: startedAt + ms, visibleAt: later(visibleAt), toldAt: later(toldAt) };
}
