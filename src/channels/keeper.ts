import { backoffMs } from '../lib/backoff.ts';
import { type Clock, pause } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { hasCode, sentenceOf } from '../model/errors.ts';
import type { Channel, ChannelEvents } from './channel.ts';

/** One try at a platform may take this long. */
const startDeadlineMs = 30_000;
/** The host goes on without a platform that has not answered by then; it comes when it comes. */
const patienceMs = 2_000;
const lastRetryMs = 300_000;

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

/** Keeps one channel started: a start that fails is tried again, a connection that is lost for good is made anew. */
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
    return this.#state;
  }

  /** Resolves when the first try is over, one way or the other. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#running = this.#keep(resolve);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.channel.stop();
    await this.#running;
    this.#set('stopped');
  }

  async #keep(tried: () => void): Promise<void> {
    for (let failures = 0; !this.#stopping.signal.aborted; ) {
      this.#set('starting', this.#state.problem);
      const closed = new Promise<unknown>((resolve) => {
        this.#stopping.signal.addEventListener('abort', () => resolve(undefined), { once: true });
        this.#start(resolve).then(
          () => {
            failures = 0;
            this.#set('connected');
            tried();
          },
          (error: unknown) => resolve(error),
        );
      });
      const error = await closed;
      tried();
      if (this.#stopping.signal.aborted) return;
      failures += 1;
      await this.channel.stop();
      if (!(await this.#again(error, failures))) return;
    }
  }

  async #start(onClosed: (error: unknown) => void): Promise<void> {
    const deadline = new AbortController();
    using _timer = this.#parts.clock.after(startDeadlineMs, () => deadline.abort());
    const signal = AbortSignal.any([deadline.signal, this.#stopping.signal]);
    await this.channel.start({ ...this.#parts.eventsOf(this.channel), onClosed }, signal);
  }

  async #again(error: unknown, failures: number): Promise<boolean> {
    const { clock, log, onRefused } = this.#parts;
    const sentence = sentenceOf(error);
    const refused = hasCode(error, 'channel.refused');
    this.#set(refused ? 'refused' : 'retrying', sentence);
    log.error({ err: error, channel: this.channel.name, failures }, 'a channel is not connected');
    if (refused) onRefused(this.channel, sentence);
    return !refused && (await pause(clock, backoffMs(failures, lastRetryMs), this.#stopping.signal));
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
