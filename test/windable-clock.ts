import type { Clock } from '../src/lib/clock.ts';

/** Real time that a test can also push forward: `advance` fires at once whatever falls due. */
export class WindableClock implements Clock {
  #offset = 0;
  readonly #waiting = new Set<{ at: number; run: () => void; timer: NodeJS.Timeout }>();

  now(): number {
    return Date.now() + this.#offset;
  }

  after(ms: number, run: () => void): Disposable {
    const waiting = {
      at: this.now() + ms,
      run,
      timer: setTimeout(() => this.#fire(waiting), Math.min(ms, 2_147_483_647)).unref(),
    };
    this.#waiting.add(waiting);
    return {
      [Symbol.dispose]: () => {
        clearTimeout(waiting.timer);
        this.#waiting.delete(waiting);
      },
    };
  }

  advance(ms: number): void {
    this.#offset += ms;
    const due = [...this.#waiting].filter((one) => one.at <= this.now()).sort((a, b) => a.at - b.at);
    for (const one of due) this.#fire(one);
  }

  /** As somebody who corrects the clock does: what was set goes on counting. */
  setBack(ms: number): void {
    this.#offset -= ms;
    for (const one of this.#waiting) one.at -= ms;
  }

  #fire(one: { run: () => void; timer: NodeJS.Timeout; at: number }): void {
    clearTimeout(one.timer);
    if (this.#waiting.delete(one)) one.run();
  }
}
