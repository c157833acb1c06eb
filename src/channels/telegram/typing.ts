import type { Clock } from '../../lib/clock.ts';

/** Telegram shows "typing" for 5 s, or until a message of ours comes. */
const againMs = 4_000;
/** Whoever forgot to turn it off is not believed for ever. */
const longestMs = 600_000;

export interface TypingPlace {
  readonly chatId: number;
  readonly thread: number | undefined;
}

interface TypingParts {
  readonly clock: Clock;
  /** Shows it once; resolves false where it cannot be shown. Never rejects. */
  readonly show: (place: TypingPlace, signal: AbortSignal) => Promise<boolean>;
}

interface Shown {
  readonly place: TypingPlace;
  readonly end: AbortController;
  readonly until: number;
  timer?: Disposable;
}

/** Keeps "typing" alive, for each place on its own. */
export class Typing {
  readonly #parts: TypingParts;
  readonly #shown = new Map<string, Shown>();

  constructor(parts: TypingParts) {
    this.#parts = parts;
  }

  on(place: TypingPlace): void {
    const key = keyOf(place);
    if (this.#shown.has(key)) return;
    const shown = { place, end: new AbortController(), until: this.#parts.clock.now() + longestMs };
    this.#shown.set(key, shown);
    this.#repeat(shown);
  }

  /** Turned off, or something was said there. */
  off(place: TypingPlace): void {
    const key = keyOf(place);
    const shown = this.#shown.get(key);
    this.#shown.delete(key);
    shown?.timer?.[Symbol.dispose]();
    shown?.end.abort();
  }

  stop(): void {
    for (const { place } of [...this.#shown.values()]) this.off(place);
  }

  #repeat(shown: Shown): void {
    const { clock, show } = this.#parts;
    const { place, end, until } = shown;
    if (clock.now() >= until) {
      this.off(place);
      return;
    }
    shown.timer = clock.after(againMs, () => this.#repeat(shown));
    void show(place, end.signal).then((well) => {
      if (!well && !end.signal.aborted) this.off(place);
    });
  }
}

function keyOf({ chatId, thread }: TypingPlace): string {
  return `${chatId}/${thread ?? ''}`;
}
