import { type Clock, pause } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { untilAborted } from '../../lib/until-aborted.ts';
import { hasCode, NanoclawError, sentenceOf } from '../../model/errors.ts';
import { Busy, type Channel, type ChannelEvents } from '../channel.ts';

/** One try at a platform may take this long. */
const startDeadlineMs = 30_000;
/** Whatever hangs in a channel, the host does not wait longer for its end. */
const stopDeadlineMs = 8_000;
/** The host goes on without a platform that has not answered by then; it comes when it comes. */
const patienceMs = 2_000;
const firstPauseMs = 500;
/** A connection that ends sooner is a flapping one: the next pause goes on from the last. */
const steadyMs = 60_000;

export interface Persistence {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Longest pause between two tries. */
  readonly lastPauseMs: number;
  /** Codes of errors that end it. */
  readonly ends: readonly string[];
  /** Before the pause that follows a failure. */
  readonly onFailure: (error: unknown, failures: number) => void | Promise<void>;
}

/**
 * Does `step` for ever: again at once when it resolves, after 0.5, 1, 2, 4 s and so on when it rejects, or when `Busy` says so.
 * Resolves with the error that ends it, undefined when `signal` does. Everything that keeps a connection stands on this.
 */
export async function persist(step: () => Promise<void>, how: Persistence): Promise<unknown> {
  const { clock, signal, lastPauseMs, ends, onFailure } = how;
  for (let failures = 0; !signal.aborted; ) {
    const startedAt = clock.now();
    try {
      await step();
      failures = 0;
    } catch (error) {
      if (signal.aborted) return undefined;
      failures = clock.now() - startedAt > steadyMs ? 1 : failures + 1;
      await onFailure(error, failures);
      if (ends.some((code) => hasCode(error, code))) return error;
      const waitMs = Math.min(firstPauseMs * 2 ** Math.min(failures - 1, 20), lastPauseMs);
      await pause(clock, error instanceof Busy ? error.retryAfterMs : waitMs, signal);
    }
  }
  return undefined;
}

export interface ChannelState {
  readonly name: string;
  /** `retrying`: not connected, tried again. `refused`: trying again cannot help; a person has to act. */
  readonly state: 'starting' | 'connected' | 'retrying' | 'refused' | 'stopped';
  readonly problem: string | undefined;
}

interface KeeperParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly eventsOf: (channel: Channel) => Omit<ChannelEvents, 'onClosed'>;
  /** Said when a platform refuses us for good. */
  readonly onRefused: (channel: Channel, sentence: string) => void;
}

/** Supervises one channel: a start that fails is tried again, a connection that is lost for good is made anew. */
class Kept {
  readonly channel: Channel;
  readonly #parts: KeeperParts;
  readonly #stopping = new AbortController();
  #state: ChannelState;
  #running: Promise<void> | undefined;

  constructor(channel: Channel, parts: KeeperParts) {
    this.channel = channel;
    this.#parts = parts;
    this.#state = { name: channel.name, state: 'stopped', problem: undefined };
  }

  get state(): ChannelState {
    const { trouble } = this.channel;
    if (this.#state.state !== 'connected' || trouble === undefined) return this.#state;
    return { ...this.#state, state: 'retrying', problem: trouble };
  }

  /** Resolves when the first try is over, one way or the other. */
  start(): Promise<void> {
    return new Promise((tried) => {
      this.#running = this.#supervise(tried);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#stopChannel();
    await this.#running;
    this.#set('stopped');
  }

  async #supervise(tried: () => void): Promise<void> {
    const { clock, log, onRefused } = this.#parts;
    const end = await persist(() => this.#oneConnection(tried), {
      clock,
      signal: this.#stopping.signal,
      lastPauseMs: 60_000,
      ends: ['channel.refused'],
      onFailure: async (error, failures) => {
        tried();
        log.error({ err: error, channel: this.channel.name, failures }, 'a channel is not connected');
        this.#set('retrying', sentenceOf(error));
        await this.#stopChannel();
      },
    });
    tried();
    if (end === undefined) return;
    this.#set('refused', sentenceOf(end));
    onRefused(this.channel, sentenceOf(end));
  }

  /** Rejects with what ends the connection; resolves when we end it. */
  async #oneConnection(tried: () => void): Promise<void> {
    const { signal } = this.#stopping;
    this.#set('starting', this.#state.problem);
    let lose = (_error: unknown): void => undefined;
    const lost = new Promise<never>((_, reject) => {
      lose = reject;
    });
    // Somebody waits for it only after the start.
    lost.catch(() => undefined);
    await this.#start(lose);
    if (signal.aborted) return;
    this.#set('connected');
    tried();
    await untilAborted(lost, signal);
  }

  async #start(onClosed: (error: unknown) => void): Promise<void> {
    const deadline = new AbortController();
    const late = new NanoclawError('channel.unreachable', `${this.channel.name} has not answered in 30 s.`);
    using _timer = this.#parts.clock.after(startDeadlineMs, () => deadline.abort(late));
    const signal = AbortSignal.any([deadline.signal, this.#stopping.signal]);
    const started = this.channel.start({ ...this.#parts.eventsOf(this.channel), onClosed }, signal);
    await untilAborted(started, signal);
  }

  async #stopChannel(): Promise<void> {
    const { clock, log } = this.#parts;
    const deadline = new AbortController();
    using _timer = clock.after(stopDeadlineMs, () => deadline.abort(new Error('it has not ended in time')));
    try {
      await untilAborted(this.channel.stop(), deadline.signal);
    } catch (error) {
      log.error({ err: error, channel: this.channel.name }, 'a channel could not be stopped');
    }
  }

  #set(state: ChannelState['state'], problem?: string): void {
    this.#state = { name: this.channel.name, state, problem };
  }
}

/** Starts channels side by side and keeps them started. One that fails holds up nobody else. */
export class ChannelKeeper {
  readonly #kept: readonly Kept[];
  readonly #clock: Clock;

  constructor(channels: readonly Channel[], parts: KeeperParts) {
    this.#kept = channels.map((channel) => new Kept(channel, parts));
    this.#clock = parts.clock;
  }

  /** Resolves when each has been tried once, or after 2 s. */
  async start(): Promise<void> {
    const first = Promise.all(this.#kept.map((kept) => kept.start()));
    const patience = new AbortController();
    await Promise.race([first, pause(this.#clock, patienceMs, patience.signal)]);
    patience.abort();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#kept.map((kept) => kept.stop()));
  }

  states(): ChannelState[] {
    return this.#kept.map((kept) => kept.state);
  }
}
