import type { Lane } from './lane.ts';

/** A container that is kept only by background work gives way to a group that has waited so long. */
const backgroundGraceMs = 60_000;

/** Who may have a container while there are fewer of them than groups. */
export class Slots {
  readonly #lanes: ReadonlyMap<string, Lane>;
  readonly #most: number;
  /** Since when a due group has found no room. */
  readonly #waitingSince = new Map<string, number>();
  /** Containers on their way out that nobody counts on yet. */
  #leaving = 0;

  constructor(lanes: ReadonlyMap<string, Lane>, most: number) {
    this.#lanes = lanes;
    this.#most = most;
  }

  /** Begins a round over the groups that want to begin something. */
  round(due: readonly string[]): void {
    for (const folder of [...this.#waitingSince.keys()]) if (!due.includes(folder)) this.#waitingSince.delete(folder);
    this.#leaving = [...this.#lanes.values()].filter((lane) => lane.live?.closing).length;
  }

  get free(): boolean {
    return [...this.#lanes.values()].filter((lane) => lane.occupied).length < this.#most;
  }

  /** Somebody waits for a container, with or without one leaving for it. */
  get wanted(): boolean {
    return this.#waitingSince.size > 0;
  }

  /** The group found no room: the next one that leaves is its, or one is asked to leave. */
  await(folder: string, now: number): void {
    const since = this.#waitingSince.get(folder) ?? now;
    this.#waitingSince.set(folder, since);
    if (this.#leaving > 0) this.#leaving -= 1;
    else this.#makeRoom(now - since >= backgroundGraceMs);
  }

  /** Nobody has waited while the machine was asleep. */
  forgetWaits(): void {
    this.#waitingSince.clear();
  }

  // One that was made ahead and is not used yet goes first, then the longest idle. One that only has background work goes
  // when a group has waited long enough.
  #makeRoom(waitedLong: boolean): void {
    const resting = [...this.#lanes.values()].filter((lane) => lane.live && !lane.live.closing && !lane.busy);
    resting.sort((a, b) => rank(a) - rank(b));
    const idle = resting.find((lane) => lane.idle);
    if (idle) idle.live?.close();
    else if (waitedLong) resting[0]?.giveWay();
  }
}

function rank({ live }: Lane): number {
  return live?.ahead ? Number.NEGATIVE_INFINITY : (live?.idleSince ?? 0);
}
