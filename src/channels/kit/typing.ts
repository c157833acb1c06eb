import type { Clock } from '../../lib/clock.ts';
import type { ChannelPlace } from '../channel.ts';

/** Whoever forgot to turn it off is not believed for ever. */
const longestMs = 600_000;

interface TypingParts {
  readonly clock: Clock;
  readonly everyMs: number;
  /** Shows it once; resolves false where it cannot be shown. Never rejects. */
  readonly show: (place: ChannelPlace, signal: AbortSignal) => Promise<boolean>;
}

interface Shown {
  readonly place: ChannelPlace;
  readonly end: AbortController;
  readonly until: number;
  timer?: Disposable;
}

/** Keeps "typing" alive, for each chat and thread on its own. */
export class Typing {
  readonly #parts: TypingParts;
  readonly #shown = new Map<string, Shown>();

  constructor(parts: TypingParts) {
    this.#parts = parts;
  }

  on(place: ChannelPlace): void {
    const key = keyOf(place);
    if (this.#shown.has(key)) return;
    const shown = { place, end: new AbortController(), until: this.#parts.clock.now() + longestMs };
    this.#shown.set(key, shown);
    this.#repeat(shown);
  }

  /** Turned off, or something was said there. */
  off(place: ChannelPlace): void {
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
    const { clock, show, everyMs } = this.#parts;
    const { place, end, until } = shown;
    if (clock.now() >= until) {
      this.off(place);
      return;
    }
    shown.timer = clock.after(everyMs, () => this.#repeat(shown));
    void show(place, end.signal).then((well) => {
      if (!well && !end.signal.aborted) this.off(place);
    });
  }
}

function keyOf({ jid, thread }: ChannelPlace): string {
  return `${jid}\n${thread ?? ''}`;
}
