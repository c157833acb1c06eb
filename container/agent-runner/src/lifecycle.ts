import type { MessageInput } from '../../../protocol/mailbox.ts';

/** What a report of the SDK about one of our uuids means for its input. */
export type Step =
  | { readonly type: 'none' }
  | { readonly type: 'started'; readonly input: MessageInput; readonly stopping: boolean }
  /** It was swallowed: no request, no result will come. Hand it over under a new uuid. */
  | { readonly type: 'again'; readonly input: MessageInput }
  /** It will never run; nobody but us can answer it. */
  | { readonly type: 'dropped'; readonly input: MessageInput; readonly stopping: boolean };

/** One input that was handed over. */
export interface Entry {
  readonly input: MessageInput;
  readonly stopping: boolean;
  readonly started: boolean;
}

/** A uuid known from an earlier life is swallowed once; more than a few times means something else is wrong. */
const mostTries = 3;

/**
 * Which inputs a result answers: those that the SDK `started` and no earlier result named. `completed` is no help, it
 * comes after the result of the input that woke the turn. Pure bookkeeping, in the order things were handed over.
 */
export class Lifecycle {
  readonly #open = new Map<string, Entry>();
  readonly #tries = new Map<string, number>();

  /** Was this input ever handed over? Then it never is again from the mailbox. */
  knows(id: string): boolean {
    return this.#tries.has(id);
  }

  hand(input: MessageInput, uuid: string): void {
    this.#tries.set(input.id, (this.#tries.get(input.id) ?? 0) + 1);
    this.#open.set(uuid, { input, stopping: false, started: false });
  }

  /** The SDK reported `state` for `uuid`. */
  heard(uuid: string, state: string): Step {
    const entry = this.#open.get(uuid);
    if (!entry || entry.started) return { type: 'none' };
    const { input, stopping } = entry;
    if (state === 'started') {
      this.#open.set(uuid, { ...entry, started: true });
      return { type: 'started', input, stopping };
    }
    if (state !== 'completed' && state !== 'cancelled') return { type: 'none' };
    this.#open.delete(uuid);
    const again = !stopping && (this.#tries.get(input.id) ?? 0) < mostTries;
    return again ? { type: 'again', input } : { type: 'dropped', input, stopping };
  }

  /** A result came: what it answers. Those are closed from now on. */
  answered(): readonly Entry[] {
    const started = [...this.#open].filter(([, entry]) => entry.started);
    for (const [uuid] of started) this.#open.delete(uuid);
    return started.map(([, entry]) => entry);
  }

  /** Every open input of the turn is to end, also one that has not begun. False when there is none. */
  stop(turnId: string): boolean {
    const wanted = [...this.#open].filter(([, entry]) => entry.input.turnId === turnId);
    for (const [uuid, entry] of wanted) this.#open.set(uuid, { ...entry, stopping: true });
    return wanted.length > 0;
  }

  get open(): readonly MessageInput[] {
    return [...this.#open.values()].map((entry) => entry.input);
  }
}
