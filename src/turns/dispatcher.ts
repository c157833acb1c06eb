import { pause } from '../lib/clock.ts';
import { Loop } from '../lib/loop.ts';
import { Lane } from './lane.ts';
import type { TurnParts } from './parts.ts';

/** How long running turns may go on after the host was told to stop. */
const farewellMs = 30_000;
const sweepMs = 2_000;
/** A container that is kept only by background work gives way to a group that has waited so long. */
const backgroundGraceMs = 60_000;

export interface ContainerState {
  readonly group: string;
  readonly run: string;
  readonly state: 'busy' | 'idle' | 'closing';
  readonly sinceAt: number;
}

/**
 * Decides which group's turn begins now: one lane per group, at most `maxContainers` containers, the longest waiting
 * first. An idle container gives way to a waiting group.
 */
export class Dispatcher {
  readonly #parts: TurnParts;
  readonly #lanes = new Map<string, Lane>();
  readonly #loop: Loop;
  /** Since when a due group has found no room. */
  readonly #waitingSince = new Map<string, number>();
  #stopping = false;

  constructor(parts: TurnParts) {
    this.#parts = parts;
    this.#loop = new Loop({
      bell: parts.inboxBell,
      clock: parts.clock,
      everyMs: sweepMs,
      afterOthers: true,
      look: () => this.#look(),
      onError: (error) => parts.log.error({ err: error }, 'the dispatcher stumbled'),
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** Running turns get 30 s (none with `now`), then every container is ended. */
  async stop(options: { now: boolean }): Promise<void> {
    this.#stopping = true;
    await this.#loop.stop();
    if (!options.now) await this.#turnsOver();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.kill()));
    for (const [folder, lane] of this.#lanes) this.#guarded(folder, () => lane.tick(this.#parts.clock.now()));
  }

  containers(): ContainerState[] {
    return [...this.#lanes.values()].flatMap((lane) => {
      const { live } = lane;
      if (!live) return [];
      const state = live.closing ? 'closing' : lane.busy ? 'busy' : 'idle';
      return [{ group: live.group.folder, run: live.runId, state, sinceAt: lane.busy ? live.signAt : live.idleSince }];
    });
  }

  #look(): void {
    const now = this.#parts.clock.now();
    for (const [folder, lane] of this.#lanes) {
      this.#guarded(folder, () => lane.drain());
      this.#guarded(folder, () => lane.tick(now));
      if (!this.#stopping) this.#guarded(folder, () => lane.followUp());
    }
    const due = this.#parts.store.inbox.dueGroups(now);
    for (const folder of [...this.#waitingSince.keys()]) if (!due.includes(folder)) this.#waitingSince.delete(folder);
    let coming = [...this.#lanes.values()].filter((lane) => lane.live?.closing).length;
    for (const folder of due) {
      this.#guarded(folder, () => {
        if (this.#mayBegin(folder)) this.#begin(folder, now);
        else if (!this.#lane(folder).occupied && coming > 0) coming -= 1;
        else if (!this.#lane(folder).occupied) this.#makeRoom(folder, now);
      });
    }
  }

  #mayBegin(folder: string): boolean {
    const lane = this.#lane(folder);
    if (this.#stopping || lane.busy || lane.live?.closing) return false;
    if (lane.occupied) return true;
    const occupied = [...this.#lanes.values()].filter((one) => one.occupied).length;
    return occupied < this.#parts.settings.maxContainers;
  }

  #begin(folder: string, now: number): void {
    const { store } = this.#parts;
    const group = store.groups.get(folder);
    const place = store.inbox.duePlace(folder, now);
    if (group && place) void this.#lane(folder).begin(group, place);
  }

  // The longest idle container goes first. One that only has background work goes when a group has waited long enough.
  #makeRoom(folder: string, now: number): void {
    const since = this.#waitingSince.get(folder) ?? now;
    this.#waitingSince.set(folder, since);
    const resting = [...this.#lanes.values()].filter((lane) => lane.live && !lane.live.closing && !lane.busy);
    resting.sort((a, b) => (a.live?.idleSince ?? 0) - (b.live?.idleSince ?? 0));
    const idle = resting.find((lane) => lane.idle);
    if (idle) idle.close();
    else if (now - since >= backgroundGraceMs) resting[0]?.giveWay();
  }

  #lane(folder: string): Lane {
    let lane = this.#lanes.get(folder);
    if (!lane) {
      lane = new Lane(this.#parts, folder, () => {
        this.#parts.inboxBell.ring();
        this.#parts.desk.outboxBell.ring();
      });
      this.#lanes.set(folder, lane);
    }
    return lane;
  }

  // One group's trouble (a full disk, a mailbox torn apart) must not hold up the others.
  #guarded(folder: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#parts.log.error({ err: error, group: folder }, 'a lane stumbled');
    }
  }

  async #turnsOver(): Promise<void> {
    const deadline = new AbortController();
    using _timer = this.#parts.clock.after(farewellMs, () => deadline.abort());
    while ([...this.#lanes.values()].some((lane) => lane.busy) && !deadline.signal.aborted) {
      await pause(this.#parts.clock, 100, deadline.signal);
      for (const [folder, lane] of this.#lanes) {
        this.#guarded(folder, () => lane.drain());
        this.#guarded(folder, () => lane.tick(this.#parts.clock.now()));
      }
    }
  }
}
