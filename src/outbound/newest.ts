import { Busy } from '../channels/channel.ts';
import { type Clock, pause } from '../lib/clock.ts';

interface NewestOptions<T> {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Between the end of one and the begin of the next. */
  readonly pauseMs: () => number;
  /** `take` gives what is newest when it is called, and gives it once. */
  readonly work: (take: () => T | undefined) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/**
 * Does something with the newest value only, one at a time: what is replaced while it waits is never done. Nothing is begun
 * while a platform asks to wait (`Busy`).
 */
export class Newest<T> {
  readonly #options: NewestOptions<T>;
  #waiting: { value: T } | undefined;
  #taken: { value: T } | undefined;
  #running = false;

  constructor(options: NewestOptions<T>) {
    this.#options = options;
  }

  push(value: T): void {
    this.#waiting = { value };
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    const { clock, signal, pauseMs, work, onError } = this.#options;
    this.#running = true;
    while (this.#waiting && !signal.aborted) {
      const { value } = this.#waiting;
      let busyMs = 0;
      try {
        await work(() => this.#take());
        // Not even looked at: it would be no other the next time.
        if (this.#waiting?.value === value) this.#waiting = undefined;
      } catch (error) {
        onError(error);
        if (error instanceof Busy) {
          busyMs = error.retryAfterMs;
          // Nothing was done: the newest is due when the platform's wait is over.
          this.#waiting ??= this.#taken;
        } else if (this.#waiting?.value === value) this.#waiting = undefined;
      }
      await pause(clock, Math.max(busyMs, pauseMs()), signal);
    }
    this.#running = false;
  }

  #take(): T | undefined {
    const waiting = this.#waiting;
    this.#taken = waiting;
    this.#waiting = undefined;
    return waiting?.value;
  }
}
