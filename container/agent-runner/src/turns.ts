/** Where an answer and the requests of a turn belong. */
export interface Place {
  readonly turnId: string;
  readonly chatJid: string;
}

/** How long the SDK may take from "a background task is over" to the turn that tells of it. */
const noticeMs = 2_000;
/** Far more than can be going on at once; what is older has long been answered. */
const mostRemembered = 2_000;

/**
 * What runs right now, and for whom. Background work belongs to the turn that began it, also when it speaks up or asks
 * for something long after that turn was answered, while another one runs.
 */
export class Turns {
  /** The turn whose work is going on, or was last. */
  current: Place | undefined;
  /** The turn that runs is to end, although no input of it is open. */
  stopping = false;
  #running = false;
  #background: ReadonlySet<string> = new Set();
  /** For whom the SDK will speak up next by itself. */
  #notice: Place | undefined;
  #noticeDueAt = Number.NEGATIVE_INFINITY;
  /** By id of a tool call or key of a task. */
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

  /** The SDK took an input into its work. */
  took(place: Place): void {
    this.current = place;
    this.#running = true;
  }

  /** The SDK began a turn. When it took no input before, nobody asked for it. */
  began(): void {
    if (!this.#running) this.current = this.#notice ?? this.current;
    this.#running = true;
    this.#noticeDueAt = Number.NEGATIVE_INFINITY;
  }

  ended(): void {
    this.#running = false;
    this.stopping = false;
  }

  /** A tool call, or a task begun by one; `by` is the call that a subagent doing this was begun by. */
  workBegan(key: string, by: string | undefined): void {
    const place = (by === undefined ? undefined : this.placeOf(by)) ?? this.current;
    if (place) this.#begunBy.set(key, place);
    const oldest = this.#begunBy.keys().next();
    if (this.#begunBy.size > mostRemembered && !oldest.done) this.#begunBy.delete(oldest.value);
  }

  placeOf(key: string): Place | undefined {
    return this.#begunBy.get(key);
  }

  /** The background tasks that go on from now; one that is missing has ended. */
  inBackground(keys: ReadonlySet<string>, now: number): void {
    const ended = [...this.#background].find((key) => !keys.has(key));
    this.#background = keys;
    if (ended === undefined) return;
    this.#notice = this.placeOf(ended) ?? this.#notice;
    this.#noticeDueAt = now;
  }
}
