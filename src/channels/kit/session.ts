import { pause, steady } from '../../lib/clock.ts';
import { hasCode, NanoclawError, sentenceOf } from '../../model/errors.ts';
import type { TextLimits } from '../../text/split.ts';
import { Busy, type ChannelEvents, type ChannelPlace } from '../channel.ts';
import type { ChannelParts } from '../manifest.ts';
import type { Chats } from './chats.ts';
import { openHttp } from './http.ts';
import { Intake } from './intake.ts';
import { Life } from './life.ts';
import { BusyAll, type Connection, type Kit, Moved, type Platform, Shut, type To } from './platform.ts';
import { persist } from './supervise.ts';
import { Typing } from './typing.ts';
import type { Waits } from './waits.ts';

const loginMs = 30_000;
const hintMs = 10_000;
/** How long a platform that is polled may hold a question, and how much later at most its answer comes. */
const longPollMs = 30_000;
const pollGraceMs = 10_000;
const lastPollPauseMs = 30_000;

interface SessionParts extends ChannelParts {
  readonly platform: Platform;
  readonly events: ChannelEvents;
  readonly waits: Waits;
  readonly chats: Chats;
}

type Ask = Parameters<Kit['poll']>[0];

export interface HintKey {
  /** Whose waits it obeys; undefined: those of all chats. */
  readonly jid: string | undefined;
  /** What is shown or said after a wait is the newest of its kind. */
  readonly what: string;
}

/** What there is between a start and a stop: one connection, what comes over it, and all that is in flight. */
export class Session {
  readonly life: Life;
  readonly typing: Typing;
  readonly events: ChannelEvents;
  readonly #parts: SessionParts;
  readonly #intake: Intake;
  readonly #later = new Map<string, Disposable>();
  readonly #polls: Ask[] = [];
  readonly #closers: (() => void)[] = [];
  #connection: Connection | undefined;
  #trouble: string | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { platform } = parts;
    const clock = steady(parts.clock);
    this.events = parts.events;
    this.life = new Life(platform.title, clock);
    this.#intake = new Intake({ ...parts, clock });
    this.typing = new Typing({ clock, everyMs: platform.typingEveryMs, show: (place, end) => this.#show(place, end) });
  }

  get connection(): Connection {
    if (!this.#connection) throw new NanoclawError('channel.closed', `${this.#parts.platform.title} is not connected.`);
    return this.#connection;
  }

  /** What one message holds, where this server takes less than the platform. */
  get textLimits(): TextLimits | undefined {
    return this.#connection?.textLimits;
  }

  /** Why nothing is received right now. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  async connect(signal: AbortSignal): Promise<void> {
    const connect = (end: AbortSignal) => this.#parts.platform.connect(this.#kit(), end);
    try {
      this.#connection = await this.life.run(connect, { signal, deadlineMs: loginMs });
      signal.throwIfAborted();
    } catch (error) {
      await this.end();
      throw hasCode(error, 'channel.unsure') ? new NanoclawError('channel.unreachable', sentenceOf(error)) : error;
    }
  }

  /** From now on messages are handed over. */
  begin(): void {
    this.#intake.open();
    for (const ask of this.#polls) void this.life.hold(this.#poll(ask));
  }

  async end(): Promise<void> {
    const { clock, log } = this.#parts;
    this.#intake.close();
    this.typing.stop();
    for (const one of this.#later.values()) one[Symbol.dispose]();
    await this.life.end();
    const closing = new Life(this.#name, clock);
    await closing
      .run(async () => this.#connection?.close?.(), { deadlineMs: 2_000 })
      .catch((error: unknown) => {
        log.warn({ err: error, channel: this.#name }, 'a connection could not be closed');
      });
    for (const close of this.#closers) close();
  }

  /** Where a chat is now. */
  toOf({ jid: given, thread }: ChannelPlace): To {
    const { chats, platform } = this.#parts;
    const jid = chats.now(given);
    return { jid, chat: platform.manifest.chatOf(jid) ?? '', thread };
  }

  /** Remembers what the platform says of the chat with an error; in the chat it has become, tries there. */
  async reach<T>(place: ChannelPlace, work: (connection: Connection, to: To) => Promise<T>): Promise<T> {
    const to = this.toOf(place);
    try {
      return await work(this.connection, to);
    } catch (error) {
      this.note(error, to.jid);
      if (!(error instanceof Moved)) throw error;
      this.#move(to.jid, error.jid);
      // The old chat's topics are not there.
      return await work(this.connection, this.toOf({ jid: error.jid, thread: undefined }));
    }
  }

  note(error: unknown, jid: string | undefined): void {
    const { waits, chats } = this.#parts;
    if (error instanceof Busy) waits.ask(error instanceof BusyAll ? undefined : jid, error.retryAfterMs);
    if (error instanceof Shut && jid !== undefined) chats.shut(jid);
  }

  /** Now, or when the wait is over. Resolves when it is done or left for later; never rejects. */
  async hint(key: HintKey, work: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const { waits, clock } = this.#parts;
    this.forget(key.what);
    if (this.life.signal.aborted) return;
    const leftMs = waits.leftMs(key.jid && this.toOf({ jid: key.jid, thread: undefined }).jid);
    if (leftMs === 0) {
      await this.#try(work, { jid: key.jid });
      return;
    }
    const again = () => {
      this.#later.delete(key.what);
      void this.hint(key, work);
    };
    this.#later.set(key.what, clock.after(leftMs, again));
  }

  /** What was left for later is not shown any more. */
  forget(what: string): void {
    this.#later.get(what)?.[Symbol.dispose]();
    this.#later.delete(what);
  }

  get #name(): string {
    return this.#parts.platform.manifest.name;
  }

  #kit(): Kit {
    const { setting, commands, agentFor, clock, log, events } = this.#parts;
    return {
      setting,
      commands,
      clock,
      log,
      http: (origins) => {
        const http = openHttp(origins, agentFor);
        this.#closers.push(() => http.close());
        return http;
      },
      receive: (incoming) => this.#intake.offer(incoming),
      poll: (ask) => void this.#polls.push(ask),
      hint: (key, work) => void this.hint(key, work),
      lost: (error) => {
        if (!this.life.signal.aborted) events.onClosed(error);
      },
    };
  }

  async #poll(ask: Ask): Promise<void> {
    const { clock, log, events } = this.#parts;
    const { signal } = this.life;
    const end = await persist(() => this.#askOnce(ask), {
      clock,
      signal,
      lastPauseMs: lastPollPauseMs,
      ends: ['channel.refused', 'channel.conflict'],
      onFailure: (error, failures) => {
        this.note(error, undefined);
        this.#trouble = sentenceOf(error);
        if (failures === 1) log.warn({ err: error, channel: this.#name }, 'the platform does not answer; asking again');
      },
    });
    if (end !== undefined) events.onClosed(end);
  }

  async #askOnce(ask: Ask): Promise<void> {
    const { clock, waits, log } = this.#parts;
    const { signal } = this.life;
    const againMs = this.#intake.askAgainMs;
    if (againMs !== undefined) await pause(clock, againMs, signal);
    const busyMs = waits.leftMs(undefined);
    if (busyMs > 0) throw new Busy(this.#parts.platform.title, busyMs);
    const waitMs = this.#intake.askAgainMs === undefined ? longPollMs : 0;
    const asking = (end: AbortSignal) => ask({ from: this.#intake.from, waitMs, signal: end });
    const incoming = await this.life.run(asking, { deadlineMs: waitMs + pollGraceMs });
    if (this.#trouble !== undefined) log.info({ channel: this.#name }, 'the platform answers again');
    this.#trouble = undefined;
    if (!signal.aborted) this.#intake.offer(incoming);
  }

  #move(from: string, to: string): void {
    try {
      this.#parts.chats.move(from, to, this.events);
    } catch (error) {
      // The platform says it in an update of its own too.
      this.#parts.log.error({ err: error, from, to }, 'that a chat has another id now could not be stored');
    }
  }

  async #show(place: ChannelPlace, signal: AbortSignal): Promise<boolean> {
    // Left out during a wait, and shown again afterwards.
    if (this.#parts.waits.leftMs(this.toOf(place).jid) > 0) return true;
    const show = (end: AbortSignal) => this.reach(place, async (connection, to) => connection.typing?.(to, end));
    return await this.#try(show, { jid: place.jid, signal });
  }

  /** False when it did not work, but for a wait that was asked for. */
  async #try(
    work: (end: AbortSignal) => Promise<unknown>,
    { jid, signal }: { jid: string | undefined; signal?: AbortSignal },
  ): Promise<boolean> {
    try {
      await this.life.run(work, { signal, deadlineMs: hintMs });
      return true;
    } catch (error) {
      this.note(error, jid && this.toOf({ jid, thread: undefined }).jid);
      this.#parts.log.debug({ err: error, channel: this.#name }, 'the platform did not take a hint');
      return error instanceof Busy;
    }
  }
}
