import { Newest } from './newest.ts';
import type { Showing, ShowingParts, Sight } from './showing.ts';
import { shownText } from './visible-text.ts';

/** Drafts vanish after 30 s. */
const refreshMs = 20_000;

/** A draft that vanishes by itself; the answer is sent as a message of its own. */
export class DraftedAnswer implements Showing {
  readonly #parts: ShowingParts;
  readonly #newest: Newest<{ text: string; ordinal: number }>;
  #shown: { text: string; ordinal: number; at: number } | undefined;

  constructor(parts: ShowingParts) {
    const { clock, signal, log, place, everyMs } = parts;
    this.#parts = parts;
    this.#newest = new Newest({
      clock,
      signal,
      pauseMs: () => everyMs,
      work: (take) => this.#put(take()),
      onError: (error) => log.debug({ err: error, jid: place.jid }, 'a draft could not be shown'),
    });
  }

  show({ text, line }: Sight): void {
    const { store, turnId, limits } = this.#parts;
    this.#newest.push({ text: shownText(text, line, limits), ordinal: store.turns.nextOrdinal(turnId) });
  }

  refresh(): void {
    const shown = this.#shown;
    if (!shown || shown.text === '' || this.#parts.clock.now() - shown.at < refreshMs) return;
    this.#newest.push({ text: shown.text, ordinal: shown.ordinal });
  }

  async #put(draft: { text: string; ordinal: number } | undefined): Promise<void> {
    const { store, clock, channel, place, turnId } = this.#parts;
    if (!draft || !channel.isOpen(place.jid)) return;
    // The result is there: a draft would stand below the answer.
    if (store.turns.nextOrdinal(turnId) !== draft.ordinal) return;
    if (draft.text === '' && !this.#shown) return;
    this.#shown = { ...draft, at: clock.now() };
    await channel.draft(place, { id: draftId(turnId), text: draft.text });
  }
}

/** A positive number of 31 bits, the same for the whole turn. */
function draftId(turnId: string): number {
  return Number.parseInt(turnId.slice(0, 8), 16) & 0x7fffffff || 1;
}
