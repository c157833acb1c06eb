/** Where an answer and the requests of a turn belong. */
export interface Place {
  readonly turnId: string;
  readonly chatJid: string;
}

/** How long the SDK may take from "a background task is over" to the turn that tells of it. */
const noticeMs = 2_000;

/**
 * What runs right now, and for whom. Background work belongs to the turn that began it, also when it speaks up long
 * after that turn was answered.
 */
export class Turns {
  /** The turn whose work is going on, or was last. */
  current: Place | undefined;
  /** The turn that runs is to end, although no input of it is open. */
  stopping = false;
  #running = false;
  #noticeDueAt = Number.NEGATIVE_INFINITY;
  #background: ReadonlySet<string> = new Set();
  readonly #begunBy = new Map<string, Place>();

  get running(): boolean {
    return this.#running;
  }

  /** Background tasks still going on. */
  get background(): number {
    return this.#background.size;
  }

  /** Something goes on, or is about to: a background task just ended, and the SDK takes that up by itself. */
  busyAt(now: number): boolean {
    return this.#running || now < this.#noticeDueAt + noticeMs;
  }

  /** The SDK began a turn, or took one more input into it. */
  began(place?: Place): void {
    if (place) this.current = place;
    this.#running = true;
    this.#noticeDueAt = Number.NEGATIVE_INFINITY;
  }

  ended(): void {
    this.#running = false;
    this.stopping = false;
  }

  taskBegan(key: string): void {
    if (this.current) this.#begunBy.set(key, this.current);
  }

  /** The background tasks that go on from now; one that is missing has ended. */
  inBackground(keys: ReadonlySet<string>, now: number): void {
    const ended = [...this.#background].find((key) => !keys.has(key));
    this.#background = keys;
    if (ended === undefined || this.#running) return;
    this.current = this.placeOfTask(ended) ?? this.current;
    this.#noticeDueAt = now;
  }

  placeOfTask(key: string): Place | undefined {
    return this.#begunBy.get(key);
  }
}
