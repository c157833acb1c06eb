import { randomUUID } from 'node:crypto';
import type { ResultFile } from '../../protocol/mailbox.ts';
import type { Mailbox } from '../ipc/mailbox.ts';
import type { Place } from '../model/chat.ts';
import type { Group } from '../model/group.ts';
import { acceptResult, removeAnswered } from './accept-result.ts';
import { resultOfBareFrame } from './bare-frame.ts';
import { type Failure, failureOfError } from './causes.ts';
import { drainLast, drainMailbox, takeInput } from './drain.ts';
import { beginSession, tellGaveWay } from './lane-notices.ts';
import { type BareFrame, type LiveFrame, LiveRun } from './live-run.ts';
import type { TurnParts } from './parts.ts';
import { endTurn, holdPlace } from './settle.ts';
import { startLineFor } from './start-line.ts';
import { Turn } from './turn.ts';

/** One group's lane: at most one container and one turn at any time. Its truth is in the store and the mailbox. */
export class Lane {
  readonly #parts: TurnParts;
  readonly #folder: string;
  /** Called after every change that may let somebody else go on. */
  readonly #changed: () => void;
  #live: LiveRun | undefined;
  #coming: Promise<LiveRun> | undefined;
  /** The container has ended and what it left is not judged yet. */
  #gone: { live: LiveRun; code: number | null; endedByUs: boolean } | undefined;
  #turn: Turn | undefined;
  /** Why the turn ends, for inputs that no result named. */
  #otherwise: Failure = { type: 'ours' };
  /** Where this lane spoke last. */
  #place: Place | undefined;
  /** Results that frames have told of, until they are stored: a full disk can keep file and row from being written. */
  readonly #told: ResultFile[] = [];

  constructor(parts: TurnParts, folder: string, changed: () => void) {
    this.#parts = parts;
    this.#folder = folder;
    this.#changed = changed;
  }

  get live(): LiveRun | undefined {
    return this.#live;
  }

  get busy(): boolean {
    return this.#turn !== undefined;
  }

  /** It has a container, or is making one. */
  get occupied(): boolean {
    return (this.#live ?? this.#coming) !== undefined;
  }

  /** Nothing runs in its container, not even in the background. */
  get idle(): boolean {
    return !this.#turn && this.#live?.closing === false && this.#live.background === 0;
  }

  /** Begins a turn for what waits at the place, in the living container or a new one. Never rejects. */
  async begin(group: Group, place: Place): Promise<void> {
    const parts = this.#parts;
    try {
      const held = parts.heldBy(place);
      if (held) return holdPlace(parts, group.folder, place, held);
      const turn = Turn.begin(parts, group, place);
      if (!turn) return;
      this.#turn = turn;
      this.#place = place;
      this.#otherwise = { type: 'ours' };
      parts.setTyping(place, true);
      this.#coming = this.#live ? undefined : this.#launch(group);
      const live = this.#live ?? (await this.#coming);
      if (!live || live.closing) return;
      parts.store.turns.setRun(turn.id, live.runId);
      live.signAt = parts.clock.now();
      this.#handOver(turn, live);
    } catch (error) {
      parts.log.error({ err: error, group: this.#folder }, 'a turn could not begin');
      this.#coming = undefined;
      this.#otherwise = failureOfError(error);
      // What may have been handed over must not be worked on: the turn ends when its container is gone.
      if (this.#live) void this.#live.kill({ endedByUs: false });
      else this.#endOrLater();
    } finally {
      this.#coming = undefined;
    }
  }

  // Where even giving up cannot be stored (a full disk), `tick` tries again.
  #endOrLater(): void {
    try {
      this.#end();
    } catch (error) {
      this.#parts.log.error({ err: error, group: this.#folder }, 'a turn could not be ended yet');
    }
  }

  /** Hands the running agent what has come to its place meanwhile, and again what could not be handed over before. */
  followUp(): void {
    const live = this.#live;
    if (!this.#turn || live?.closing) return;
    this.#turn.claimMore();
    // While the container is being made the new input is handed over with the first ones.
    if (live && !this.#coming) this.#handOver(this.#turn, live);
  }

  #handOver(turn: Turn, live: LiveRun): void {
    if (turn.handOver(live.mailbox)) live.ring();
  }

  /** Takes what lies in the mailbox and ends the turn when all of it is answered. */
  drain(): void {
    const live = this.#live;
    if (!live || this.#gone) return;
    const { group, runId, mailbox } = live;
    if (drainMailbox(this.#parts, { group, runId, mailbox, turn: this.#turn })) live.ring();
    this.#storeTold(mailbox);
    if (mailbox.takeMore()) this.#lookAgain();
    live.background = mailbox.status()?.background ?? live.background;
    this.#endIfOver();
  }

  /** Judges what has ended, ends what shows no sign of life, closes what was idle long enough. */
  tick(now: number): void {
    this.#judgeGone();
    const live = this.#live;
    if (this.#turn && !live && !this.#coming) this.#end();
    if (!live || live.closing) return;
    const { signOfLifeMs, idleMs } = this.#parts.settings;
    if (this.#turn && now - live.signAt >= signOfLifeMs) {
      const seconds = Math.round(signOfLifeMs / 1000);
      this.#otherwise = { type: 'message', reason: `my agent showed no sign of life for ${seconds} s` };
      void live.kill({ endedByUs: false });
    } else if (!this.#turn && now - live.idleSince >= idleMs) live.close();
  }

  /** Gives the container up for another group although something runs in its background; its chat is told. */
  giveWay(): void {
    if (!this.#live || !this.#place) return;
    tellGaveWay(this.#parts, { folder: this.#folder, place: this.#place, runId: this.#live.runId });
    this.#live.close();
  }

  close(): void {
    this.#live?.close();
  }

  /** Ends container and turn at once; nothing is spent. Resolves when the container is gone. */
  async kill(): Promise<void> {
    const live = this.#live ?? (await this.#coming?.catch(() => undefined));
    if (!live) return;
    await live.kill({ endedByUs: true });
    await live.exited;
  }

  async #launch(group: Group): Promise<LiveRun> {
    const parts = this.#parts;
    const runId = randomUUID();
    const launched = await parts.launcher.launch(group, runId);
    const { clock, log, settings } = parts;
    const onFrame = (frame: LiveFrame) => this.#onFrame(frame);
    const live = new LiveRun({ group, runId, launched, clock, log, maxOutputBytes: settings.maxOutputBytes, onFrame });
    this.#live = live;
    void live.exited.then((exit) => {
      this.#gone = { live, ...exit };
      this.#changed();
    });
    live.begin(startLineFor(parts, { group, runId, jid: this.#turn?.place.jid ?? '' }));
    return live;
  }

  #onFrame(frame: LiveFrame): void {
    const turn = this.#turn;
    switch (frame.type) {
      case 'ack':
        if (turn) takeInput(this.#parts, turn.id, frame.input);
        return;
      case 'ready':
        if (frame.newSessionId !== undefined) {
          beginSession(this.#parts, { folder: this.#folder, place: turn?.place, sessionId: frame.newSessionId });
        }
        return;
      case 'partial':
        if (turn?.id === frame.turnId) this.#parts.onPartial(turn, frame.text);
        return;
      case 'bell':
        this.drain();
        return;
      case 'result':
        this.#told.push(frame);
        this.drain();
        return;
      case undefined:
        this.#acceptBareFrame(frame);
    }
  }

  #acceptBareFrame(frame: BareFrame): void {
    const { store, clock } = this.#parts;
    if (frame.newSessionId !== undefined) store.sessions.set(this.#folder, frame.newSessionId, clock.now());
    const result = this.#turn && resultOfBareFrame(this.#parts, this.#turn.id, frame);
    if (result) this.#told.push(result);
    this.drain();
  }

  // A frame repeats a file; when the file is not there (yet), the frame alone is good enough.
  #storeTold(mailbox: Mailbox): void {
    for (let [result] = this.#told; result; [result] = this.#told) {
      if (acceptResult(this.#parts, this.#folder, result)) removeAnswered(this.#parts, mailbox, result.turnId);
      this.#told.shift();
    }
  }

  // Called until it succeeds: a disk that is full must not leave the lane with a turn that never ends.
  #judgeGone(): void {
    if (!this.#gone) return;
    const { live, code, endedByUs } = this.#gone;
    const { group, runId, mailbox } = live;
    const more = drainLast(this.#parts, { group, runId, mailbox, turn: this.#turn });
    if (more) this.#lookAgain();
    if (more) return;
    this.#storeTold(mailbox);
    if (this.#turn) {
      const reason = live.lastError?.message ?? `my container ended early (code ${code ?? 'none'})`;
      if (!endedByUs && this.#otherwise.type === 'ours') this.#otherwise = { type: 'message', reason };
      this.#end();
    }
    this.#gone = undefined;
    this.#live = undefined;
    this.#changed();
  }

  // After a breath, so that a flood in one mailbox leaves the host free for everybody else.
  #lookAgain(): void {
    this.#parts.clock.after(20, () => this.#changed());
  }

  #endIfOver(): void {
    if (this.#turn?.over) this.#end();
  }

  #end(): void {
    const turn = this.#turn;
    if (!turn) return;
    const { store, clock, setTyping } = this.#parts;
    const row = store.turns.get(turn.id);
    if (row) endTurn(this.#parts, row, this.#otherwise);
    this.#turn = undefined;
    setTyping(turn.place, false);
    if (this.#live) this.#live.idleSince = clock.now();
    this.#changed();
  }
}
