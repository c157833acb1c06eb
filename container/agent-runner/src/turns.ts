/** Where an answer and the requests of a turn belong. */
export interface Place {
  readonly turnId: string;
  readonly chatJid: string;
  readonly threadId?: string | undefined;
}

/** Background work that ended, and that nobody has heard of yet as far as we know. */
export interface Notice {
  readonly key: string;
  /** Whose work it was. */
  readonly place: Place;
  /** In the SDK's words what became of it. */
  readonly summary: string;
  readonly at: number;
  /** The SDK told the agent in the middle of another turn, whose result is all there will be. */
  readonly folded: boolean;
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
  #endedAt = Number.NEGATIVE_INFINITY;
  #background: ReadonlySet<string> = new Set();
  /** In the order in which the SDK speaks up for them by itself. */
  #notices: Notice[] = [];
  /** Of which the turn that runs probably tells. */
  #telling: Notice | undefined;
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
    return this.#running || this.#notices.length > this.#overdue(now).length;
  }

  /** The turns that began what still goes on in the background. */
  get backgroundTurns(): string[] {
    const turns = [...this.#background].flatMap((key) => this.placeOf(key)?.turnId ?? []);
    return [...new Set(turns)];
  }

  /** What goes on, or is about to, belongs to another place: what is handed over now might be answered there. */
  isElsewhere(place: Place, now: number): boolean {
    if (this.#running) return this.current !== undefined && !isSamePlace(this.current, place);
    const overdue = this.#overdue(now);
    return this.#notices.some((notice) => !overdue.includes(notice) && !isSamePlace(notice.place, place));
  }

  /** The SDK took an input into its work. */
  took(place: Place): void {
    this.current = place;
    this.#running = true;
  }

  /** The SDK began a turn. When it took no input before, nobody asked for it. */
  began(): void {
    if (!this.#running) {
      this.#telling = this.#notices[0];
      this.current = this.#telling?.place ?? this.current;
    }
    this.#running = true;
  }

  /** A tool has spoken: with its words the agent reads whatever came meanwhile. */
  readOn(): void {
    this.#notices = this.#notices.map((notice) => ({ ...notice, folded: true }));
  }

  /** `origin`: the task whose end this turn told of. */
  ended(now: number, origin: string | undefined): void {
    this.#running = false;
    this.stopping = false;
    this.#endedAt = now;
    const told = this.#notices.find(({ key }) => key === origin)?.key ?? this.#telling?.key;
    this.#telling = undefined;
    this.#notices = this.#notices.filter(({ key }) => key !== told);
    // Read in the middle of its own chat's turn, it was heard of where it belongs.
    const { current } = this;
    this.#notices = this.#notices.filter(({ folded, place }) => !folded || !current || !isSamePlace(place, current));
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
  inBackground(keys: ReadonlySet<string>, now: number, summaryOf: (key: string) => string = () => ''): void {
    for (const key of this.#background) {
      const place = keys.has(key) ? undefined : (this.placeOf(key) ?? this.current);
      if (place) this.#notices.push({ key, place, summary: summaryOf(key), at: now, folded: false });
    }
    this.#background = keys;
  }

  /** What the agent read in the middle of another chat's turn, once the SDK has had its time to speak up by itself. Given once. */
  takeFolded(now: number): Notice[] {
    const overdue = this.#overdue(now);
    this.#notices = this.#notices.filter((notice) => !overdue.includes(notice));
    return overdue.filter(({ folded }) => folded);
  }

  #overdue(now: number): Notice[] {
    if (this.#running) return [];
    return this.#notices.filter(({ at }) => now >= Math.max(at, this.#endedAt) + noticeMs);
  }
}

function isSamePlace(one: Place, other: Place): boolean {
  return one.chatJid === other.chatJid && one.threadId === other.threadId;
}
