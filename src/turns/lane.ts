import { forgetStaleSession, isStale } from '../acts/run-facts.ts';
import { tellMain } from '../acts/tell-main.ts';
import type { Place } from '../model/chat.ts';
import { sentenceOf } from '../model/errors.ts';
import type { Group } from '../model/group.ts';
import { isOfThePlace } from '../store/trouble.ts';
import type { TurnRow } from '../store/turns.ts';
import { type Failure, failureOfError } from './causes.ts';
import { drainLast, drainMailbox } from './drain.ts';
import { failureOfLaunch, LaneContainer } from './lane-container.ts';
import { LaneFrames } from './lane-frames.ts';
import { tellBackgroundEnded, tellGaveWay } from './lane-notices.ts';
import type { LiveRun } from './live-run.ts';
import type { LaneParts, Launched } from './parts.ts';
import { endTurn, holdPlace } from './settle.ts';
import { outOfDate } from './start-line.ts';
import { StopDeadline } from './stop-turn.ts';
import { Turn } from './turn.ts';

/** One group's lane: at most one container and one turn at any time. Its truth is in the store and the mailbox. */
export class Lane {
  readonly #parts: LaneParts;
  readonly #folder: string;
  /** Called after every change that may let somebody else go on. */
  readonly #changed: () => void;
  readonly #container: LaneContainer;
  readonly #frames: LaneFrames;
  #turn: Turn | undefined;
  /** The turn's inputs are in the container's hands. */
  #given = false;
  /** Why the turn ends, for inputs that no result named. */
  #otherwise: Failure = { type: 'ours' };
  readonly #stopDeadline: StopDeadline;
  /** Where this lane spoke last. */
  #place: Place | undefined;

  constructor(parts: LaneParts, folder: string, changed: () => void) {
    this.#parts = parts;
    this.#folder = folder;
    this.#changed = changed;
    this.#frames = new LaneFrames(parts, folder, () => this.drain());
    this.#stopDeadline = new StopDeadline(parts, changed);
    this.#container = new LaneContainer(parts, {
      onFrame: (frame) => this.#frames.take(frame, this.#turn),
      changed,
    });
  }

  get live(): LiveRun | undefined {
    return this.#container.live;
  }

  get busy(): boolean {
    return this.#turn !== undefined;
  }

  /** It has a container, or is making one. */
  get occupied(): boolean {
    return this.#container.occupied;
  }

  /** Nothing runs in its container, not even in the background. */
  get idle(): boolean {
    return !this.#turn && this.live?.closing === false && this.live.background === 0;
  }

  /** Begins a turn for what waits at the place, in the living container or a new one. Never rejects. */
  async begin(group: Group, place: Place): Promise<void> {
    const parts = this.#parts;
    const turn = this.#claim(group, place);
    if (!turn) return;
    try {
      await this.#run(turn);
    } catch (error) {
      parts.log.error({ err: error, group: this.#folder }, 'a turn could not begin');
      this.#otherwise = parts.calledOff.aborted ? { type: 'ours' } : failureOfLaunch(error);
      // What may have been handed over must not be worked on: the turn ends when its container is gone.
      if (this.live) void this.live.kill({ endedByUs: false });
      else this.#endOrLater();
    }
  }

  #claim(group: Group, place: Place): Turn | undefined {
    const parts = this.#parts;
    try {
      const held = parts.heldBy(group, place);
      if (!held) return Turn.begin(parts, group, place);
      holdPlace(parts, group.folder, place, held);
    } catch (error) {
      this.#countLost(group, place, error);
    }
    return undefined;
  }

  // Nothing is claimed yet, so nobody else would count it: it would be tried for ever, and nobody told.
  #countLost(group: Group, place: Place, error: unknown): void {
    const { log, store, desk, clock } = this.#parts;
    const hour = Math.floor(clock.now() / 3_600_000);
    log.error({ err: error, group: this.#folder }, 'a turn could not be prepared');
    try {
      const outside = failureOfError(error);
      if (outside.type === 'outside') holdPlace(this.#parts, group.folder, place, outside);
      if (outside.type === 'outside' || isOfThePlace(error)) return;
      store.transaction(() => {
        Turn.fail(this.#parts, { group, place }, { type: 'message', reason: 'my host could not prepare it' });
        const text = `⚠️ A turn in ${place.jid} could not be prepared: ${sentenceOf(error).replaceAll('<', '‹')}`;
        tellMain(desk, { key: `notice:owner:prepare:${group.folder}:${hour}`, text });
      });
    } catch (second) {
      log.error({ err: second, group: this.#folder }, 'that could not be stored either; it is tried again');
    }
  }

  async #run(turn: Turn): Promise<void> {
    const { store, clock } = this.#parts;
    this.#take(turn);
    const live = await this.#container.obtain(turn.group, turn.place.jid);
    // It was stopped meanwhile: the container waits for the next one.
    if (this.#turn !== turn || live.closing) return;
    store.turns.setRun(turn.id, live.runId);
    live.signAt = clock.now();
    live.ahead = false;
    this.#given = true;
    this.#frames.tellSession(turn.place);
    this.#handOver(turn, live);
  }

  /** Takes over a container that outlived its host, and the turn it works on. */
  adopt(group: Group, run: { runId: string; launched: Launched; turn: TurnRow | undefined; ahead: boolean }): void {
    const live = this.#container.adopt(group, run);
    live.ahead = run.ahead;
    live.background = live.mailbox.status()?.background ?? 0;
    if (!run.turn) return;
    this.#take(Turn.resume(this.#parts, group, run.turn));
    this.#given = true;
    this.#stopDeadline.set();
  }

  /** Makes its container ahead of a message. Rejects when it cannot be made. */
  async prewarm(group: Group, jid: string): Promise<void> {
    const live = await this.#container.obtain(group, jid);
    live.ahead = !this.#turn;
  }

  /** The platform is there (again), or somebody waits: what it shows is to be true. Of a task alone nothing is shown. */
  showTyping(): void {
    if (this.#turn?.isAwaited) this.#parts.setTyping(this.#turn.place, true);
  }

  /** Hands the running agent what has come to its place meanwhile, and again what could not be handed over before. */
  followUp(): void {
    const live = this.live;
    if (!this.#turn || live?.closing) return;
    // What is said after a new conversation was asked for is not for the old one.
    const mayTake = !live || !isStale(this.#parts.store, this.#folder, live.runId);
    if (mayTake && this.#turn.claimMore()) this.showTyping();
    // While the container is being made the new input is handed over with the first ones.
    if (live && this.#given) this.#handOver(this.#turn, live);
  }

  /** The turn was stopped, and that is stored: tells the agent, or ends what never reached it. */
  interrupt(turnId: string): void {
    const live = this.live;
    if (this.#turn?.id !== turnId || live?.closing) return;
    if (live && this.#given) {
      this.#stopDeadline.set();
      this.#handOver(this.#turn, live);
    } else this.#end();
  }

  /** Takes what lies in the mailbox and ends the turn when all of it is answered. */
  drain(): void {
    const live = this.live;
    if (!live || this.#container.ended) return;
    const { group, runId, mailbox } = live;
    if (drainMailbox(this.#parts, { group, runId, mailbox, turn: this.#turn })) live.ring();
    this.#frames.storeTold(mailbox);
    if (mailbox.takeMore()) this.#lookAgain();
    live.background = mailbox.status()?.background ?? live.background;
    if (this.#turn?.over) this.#end();
  }

  /** Judges what has ended, ends what shows no sign of life, closes what was idle long enough or is out of date. */
  tick(now: number): void {
    this.#judgeEnded();
    const live = this.live;
    if (this.#turn && !this.occupied) this.#end();
    if (live) this.#parts.launcher.recheckEgress(this.#folder);
    if (!live || live.closing) return;
    const { signOfLifeMs, idleMs } = this.#parts.settings;
    if (this.#turn && now - live.signAt >= signOfLifeMs) {
      const reason = `my agent showed no sign of life for ${Math.round(signOfLifeMs / 1000)} s`;
      this.#otherwise = { type: 'message', reason };
      void live.kill({ endedByUs: false });
    } else if (this.#turn && this.#stopDeadline.missedBy(this.#turn.id, now)) void live.kill({ endedByUs: true });
    else if (!this.#turn && this.#isOver(live)) live.close();
    else if (!this.#turn && !live.ahead && now - live.idleSince >= idleMs) live.close();
  }

  // What runs in its background may be told of later; what it was made with is of no more use to anybody then.
  #isOver({ runId, background }: LiveRun): boolean {
    const folder = this.#folder;
    return isStale(this.#parts.store, folder, runId) || (background === 0 && outOfDate(this.#parts, { folder, runId }));
  }

  /** Gives the container up for another group although something runs in its background; its chat is told. */
  giveWay(): void {
    const place = this.#place;
    if (this.live && place) tellGaveWay(this.#parts, { folder: this.#folder, place, runId: this.live.runId });
    this.live?.close();
  }

  /** Ends container and turn at once; nothing is spent. Resolves when the container is gone, or after 10 s. */
  kill(): Promise<void> {
    return this.#container.kill();
  }

  /** The host goes. What works goes on without it where it can (`adopts`), the rest ends. */
  async leave(adopts: boolean): Promise<void> {
    const live = await this.#container.settled();
    if (!live) return;
    const works = this.#turn !== undefined || live.background > 0;
    if (works && (!adopts || live.closing)) return this.kill();
    if (!works) return this.#container.close();
    this.#container.detach();
    if (this.#turn) this.#parts.setTyping(this.#turn.place, false);
    // It stays `running` in the store: whoever adopts the container goes on with it.
    this.#turn = undefined;
  }

  #take(turn: Turn): void {
    this.#turn = turn;
    this.#given = false;
    this.#place = turn.place;
    this.#otherwise = { type: 'ours' };
    this.showTyping();
  }

  #handOver(turn: Turn, live: LiveRun): void {
    if (turn.handOver(live.mailbox)) live.ring();
  }

  // Called until it succeeds: a disk that is full must not leave the lane with a turn that never ends.
  #judgeEnded(): void {
    const ended = this.#container.ended;
    if (!ended) return;
    const { live, code, endedByUs } = ended;
    const { group, runId, mailbox } = live;
    if (drainLast(this.#parts, { group, runId, mailbox, turn: this.#turn })) {
      this.#lookAgain();
      return;
    }
    this.#frames.storeTold(mailbox);
    forgetStaleSession(this.#parts.store, this.#folder, runId);
    if (this.#turn) {
      const reason = live.lastError?.message ?? `my container ended early (code ${code ?? 'none'})`;
      if (!endedByUs && this.#otherwise.type === 'ours') this.#otherwise = { type: 'message', reason };
      this.#end();
    }
    tellBackgroundEnded(this.#parts, { folder: this.#folder, runId, mailbox });
    this.#frames.reset();
    this.#container.forget();
    this.#changed();
  }

  // After a breath, so that a flood in one mailbox leaves the host free for everybody else.
  #lookAgain(): void {
    this.#parts.clock.after(20, () => this.#changed());
  }

  // Where even giving up cannot be stored (a full disk), `tick` tries again.
  #endOrLater(): void {
    try {
      this.#end();
    } catch (error) {
      this.#parts.log.error({ err: error, group: this.#folder }, 'a turn could not be ended yet');
    }
  }

  #end(): void {
    const turn = this.#turn;
    if (!turn) return;
    const { store, clock, setTyping } = this.#parts;
    const row = store.turns.get(turn.id);
    if (row) endTurn(this.#parts, row, this.#otherwise);
    this.#turn = undefined;
    setTyping(turn.place, false);
    if (this.live) this.live.idleSince = clock.now();
    this.#changed();
  }
}
