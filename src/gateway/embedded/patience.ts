import type { Clock } from '../../lib/clock.ts';

/** Calls `onSilence` once when nothing was heard for `ms`. One timer at a time, however often `heard` is called. */
export class Patience implements Disposable {
  readonly #clock: Clock;
  readonly #onSilence: () => void;
  #ms: number;
  #lastAt: number;
  #timer: Disposable;

  constructor(clock: Clock, ms: number, onSilence: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onSilence = onSilence;
    this.#lastAt = clock.now();
    this.#timer = clock.after(ms, () => this.#look());
  }

  heard(): void {
    this.#lastAt = this.#clock.now();
  }

  /** Begins anew with another length. */
  restart(ms: number): void {
    this.#timer[Symbol.dispose]();
    this.#ms = ms;
    this.heard();
    this.#timer = this.#clock.after(ms, () => this.#look());
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #look(): void {
    const leftMs = this.#lastAt + this.#ms - this.#clock.now();
    if (leftMs > 0) this.#timer = this.#clock.after(leftMs, () => this.#look());
    else this.#onSilence();
  }
}
