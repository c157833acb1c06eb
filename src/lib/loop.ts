import type { Bell } from './bell.ts';
import type { Clock } from './clock.ts';

interface LoopOptions {
  readonly bell: Bell;
  readonly clock: Clock;
  /** The safety net: how often to look when no bell rings. */
  readonly everyMs: number;
  /** Looks at what is stored and does what is due. Never two at a time. */
  readonly look: () => void | Promise<void>;
  /** Its look is work: what was begun before the bell rang, such as an answer on its way out, goes first. */
  readonly afterOthers?: boolean;
  /** A look that failed; the loop goes on. */
  readonly onError: (error: unknown) => void;
}

/** Looks at start, when the bell rings, and every `everyMs` in any case: what a lost bell hides is found by the next look. */
export class Loop {
  readonly #options: LoopOptions;
  #listening: Disposable | undefined;
  #timer: Disposable | undefined;
  #asked = false;
  #looking: Promise<void> | undefined;
  #stopped = true;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopped = false;
    this.#asked = false;
    this.#listening = this.#options.bell.listen(() => this.#ask());
    this.#ask();
  }

  /** Resolves when the look under way, if any, is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#listening?.[Symbol.dispose]();
    this.#timer?.[Symbol.dispose]();
    await this.#looking;
  }

  // A microtask later at least, so that whoever rings inside a transaction has committed by the time we look.
  #ask(): void {
    if (this.#asked || this.#stopped) return;
    this.#asked = true;
    if (this.#looking !== undefined) return;
    const turn = this.#options.afterOthers ? new Promise<void>((go) => setImmediate(go)) : Promise.resolve();
    this.#looking = turn.then(() => this.#lookWhileAsked());
  }

  async #lookWhileAsked(): Promise<void> {
    while (this.#asked && !this.#stopped) {
      this.#asked = false;
      try {
        await this.#options.look();
      } catch (error) {
        this.#options.onError(error);
      }
    }
    this.#looking = undefined;
    this.#timer?.[Symbol.dispose]();
    if (!this.#stopped) this.#timer = this.#options.clock.after(this.#options.everyMs, () => this.#ask());
  }
}
