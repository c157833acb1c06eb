import { forgetSession } from '../acts/run-facts.ts';
import { pause } from '../lib/clock.ts';
import { Loop } from '../lib/loop.ts';
import type { Place } from '../model/chat.ts';
import { type Adopted, Adoption } from './adopt.ts';
import { Lane } from './lane.ts';
import type { LaneParts, TurnParts } from './parts.ts';
import { Prewarmer } from './prewarm.ts';
import { holdPlace } from './settle.ts';
import { Slots } from './slots.ts';
import { storeStop } from './stop-turn.ts';

/** How long running turns may go on after the host was told to stop. */
const farewellMs = 30_000;
/** How long a container may take then to be made or taken over. */
const makingMs = 5_000;
const sweepMs = 2_000;
/** A look that comes so much later than planned comes after a sleep of the whole machine. */
const sleepMs = 60_000;

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
  readonly #parts: LaneParts;
  readonly #calledOff = new AbortController();
  readonly #lanes = new Map<string, Lane>();
  readonly #loop: Loop;
  readonly #slots: Slots;
  readonly #prewarmer: Prewarmer;
  readonly #adoption: Adoption;
  #lookedAt: number;
  #stopping = false;
  #problem: string | undefined;

  constructor(parts: TurnParts) {
    const onMade = (problem: string | undefined) => {
      this.#problem = problem;
    };
    this.#parts = { ...parts, calledOff: this.#calledOff.signal, onMade };
    this.#slots = new Slots(this.#lanes, parts.settings.maxContainers);
    this.#prewarmer = new Prewarmer(parts);
    this.#adoption = new Adoption(this.#parts, (adopted) => this.#adopt(adopted));
    this.#lookedAt = parts.clock.now();
    this.#loop = new Loop({
      bell: parts.inboxBell,
      clock: parts.clock,
      everyMs: sweepMs,
      afterOthers: true,
      look: () => this.#look(),
      onError: (error) => parts.log.error({ err: error }, 'the dispatcher stumbled'),
    });
  }

  /**
   * Before `start`, and as early as can be: takes over what an earlier host left alive, whose agents wait for their way
   * out. Returns at once; nothing begins in a group before that is settled.
   */
  adopt(): void {
    this.#adoption.search();
  }

  start(): void {
    for (const lane of this.#lanes.values()) lane.showTyping();
    this.#lookedAt = this.#parts.clock.now();
    this.#loop.start();
  }

  /**
   * Running turns get 30 s. Then containers that work are left to the next host where they can be, all others end; with
   * `now` (also when it comes in the meantime) every container is ended at once. An engine that does not answer is given
   * 10 s: what is left is found by the next start.
   */
  async stop(now: AbortSignal): Promise<void> {
    this.#stopping = true;
    using _patience = this.#parts.clock.after(makingMs, () => this.#calledOff.abort());
    await Promise.all([this.#loop.stop(), this.#adoption.stop()]);
    await this.#turnsOver(now);
    const { adopts } = this.#parts.launcher;
    await Promise.all([...this.#lanes.values()].map((lane) => (now.aborted ? lane.kill() : lane.leave(adopts))));
    for (const [folder, lane] of this.#lanes) this.#guarded(folder, () => lane.tick(this.#parts.clock.now()));
  }

  /** Ends what runs or waits at exactly that chat and thread; its messages are not answered. False: there was nothing. */
  stopTurn(place: Place): boolean {
    const after = this.storeStop(place);
    after?.();
    return after !== undefined;
  }

  /** As `stopTurn`, but joins the caller's transaction: what it gives is to be called after the commit. */
  storeStop(place: Place): (() => void) | undefined {
    const running = storeStop(this.#parts, place);
    return (
      running &&
      (() => {
        for (const { group_folder: folder, id } of running) {
          this.#guarded(folder, () => this.#lanes.get(folder)?.interrupt(id));
        }
      })
    );
  }

  /** The group's next turn begins a new session. What runs is finished first. */
  renew(folder: string): void {
    this.storeRenew(folder)();
  }

  /** As `renew`, but joins the caller's transaction: what it gives is to be called after the commit. */
  storeRenew(folder: string): () => void {
    const { store, inboxBell } = this.#parts;
    store.transaction(() => forgetSession(store, folder));
    return () => inboxBell.ring();
  }

  /** Why no turn can begin: what the engine said when it was asked last, undefined when it did what it should. */
  get problem(): string | undefined {
    return this.#adoption.problem?.detail ?? this.#problem;
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
    this.#noticeSleep(this.#parts.clock.now());
    this.#adoption.search();
    this.#adoption.recover();
    // Read only now: what a cut-off turn has given back this very moment is due in this look, not in the next sweep.
    const now = this.#parts.clock.now();
    for (const [folder, lane] of this.#lanes) {
      this.#guarded(folder, () => lane.drain());
      this.#guarded(folder, () => lane.tick(now));
      if (!this.#stopping) this.#guarded(folder, () => lane.followUp());
    }
    const due = this.#parts.store.inbox.dueGroups(now);
    this.#slots.round(due);
    for (const folder of due) this.#guarded(folder, () => this.#see(folder, now));
    if (!this.#stopping && !this.#slots.wanted) this.#prewarm();
  }

  /** The group has something to begin. */
  #see(folder: string, now: number): void {
    const lane = this.#lane(folder);
    if (this.#stopping || lane.busy || lane.live?.closing) return;
    if (this.#adoption.holds(folder)) this.#hold(folder, now);
    else if (lane.occupied || this.#slots.free) this.#begin(folder, now);
    else this.#slots.await(folder, now);
  }

  #begin(folder: string, now: number): void {
    const { store } = this.#parts;
    const group = store.groups.get(folder);
    const place = store.inbox.duePlace(folder, now);
    if (group && place) void this.#lane(folder).begin(group, place);
    // A group that is gone takes what waits for it along; only what came in that very moment is still here.
    else if (!group) store.inbox.buryWaiting(folder);
  }

  #hold(folder: string, now: number): void {
    const { problem } = this.#adoption;
    const place = this.#parts.store.inbox.duePlace(folder, now);
    if (problem && place) holdPlace(this.#parts, folder, place, problem);
  }

  #prewarm(): void {
    for (const group of this.#prewarmer.wanted()) {
      const lane = this.#lane(group.folder);
      const mayBegin = lane.occupied || (this.#slots.free && !this.#adoption.holds(group.folder));
      if (mayBegin) this.#guarded(group.folder, () => this.#prewarmer.see(group, lane));
    }
  }

  #adopt({ group, runId, launched, turn, unused }: Adopted): void {
    const ahead = unused && this.#prewarmer.wants(group);
    this.#lane(group.folder).adopt(group, { runId, launched, turn, ahead });
  }

  // A lid that was closed is no silence of the agent: it slept as well.
  #noticeSleep(now: number): void {
    const slept = now - this.#lookedAt > sweepMs + sleepMs;
    const setBack = now < this.#lookedAt;
    this.#lookedAt = now;
    if (setBack) this.#followClock(now);
    if (!slept) return;
    this.#parts.log.info('the machine seems to have slept');
    this.#slots.forgetWaits();
    for (const { live } of this.#lanes.values()) if (live) live.signAt = now;
  }

  // What was to happen at an instant that lies ahead again would wait for it.
  #followClock(now: number): void {
    const { store, log } = this.#parts;
    log.warn('the clock was set back');
    store.transaction(() => {
      store.instants.clamp(now, { setBack: true });
      // Whatever they wait for is looked at anew, by the clock there is.
      store.inbox.wakeCauses();
    });
    this.#slots.forgetWaits();
    this.#prewarmer.forgetTries();
    this.#adoption.forgetWait();
    for (const { live } of this.#lanes.values()) live?.followClock(now);
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

  async #turnsOver(now: AbortSignal): Promise<void> {
    const deadline = new AbortController();
    using _timer = this.#parts.clock.after(farewellMs, () => deadline.abort());
    const enough = AbortSignal.any([now, deadline.signal]);
    while ([...this.#lanes.values()].some((lane) => lane.busy) && !enough.aborted) {
      await pause(this.#parts.clock, 100, enough);
      for (const [folder, lane] of this.#lanes) {
        this.#guarded(folder, () => lane.drain());
        this.#guarded(folder, () => lane.tick(this.#parts.clock.now()));
      }
    }
  }
}
