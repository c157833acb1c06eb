import type { ResultFile } from '../../protocol/mailbox.ts';
import type { Mailbox } from '../ipc/mailbox.ts';
import type { Place } from '../model/chat.ts';
import { acceptResult, removeAnswered } from './accept-result.ts';
import { resultOfBareFrame } from './bare-frame.ts';
import { takeInput } from './drain.ts';
import { beginSession } from './lane-notices.ts';
import type { BareFrame, LiveFrame } from './live-run.ts';
import type { TurnParts } from './parts.ts';
import type { Turn } from './turn.ts';

/** What a lane's container says on its stdout. A frame repeats a file or rings; where the file is missing, it is enough. */
export class LaneFrames {
  readonly #parts: TurnParts;
  readonly #folder: string;
  /** Results that frames have told of, until they are stored: a full disk can keep file and row from being written. */
  readonly #told: ResultFile[] = [];
  /** A session the runner began by itself while there was nobody to tell. */
  #untold: string | undefined;

  constructor(parts: TurnParts, folder: string) {
    this.#parts = parts;
    this.#folder = folder;
  }

  /** True when it is time to look into the mailbox. */
  take(frame: LiveFrame, turn: Turn | undefined): boolean {
    switch (frame.type) {
      case 'ack':
        if (turn) takeInput(this.#parts, turn.id, frame.input);
        return false;
      case 'ready':
        if (frame.newSessionId !== undefined) this.#begin(frame.newSessionId, turn?.place);
        return false;
      case 'partial':
        if (turn?.id === frame.turnId) this.#parts.onPartial(turn, frame.text);
        return false;
      case 'bell':
        return true;
      case 'result':
        this.#told.push(frame);
        return true;
      case undefined:
        this.#takeBare(frame, turn);
        return true;
      case 'activity':
        // Nobody needs to see that a task goes on.
        if (turn?.isAwaited) this.#parts.onActivity(turn, frame.tool);
        return false;
      case 'error':
        return false;
    }
  }

  /** Somebody is there to be told now. */
  tellSession(place: Place): void {
    if (this.#untold !== undefined) this.#begin(this.#untold, place);
  }

  /** The container is gone. */
  reset(): void {
    this.#untold = undefined;
  }

  storeTold(mailbox: Mailbox): void {
    for (let [result] = this.#told; result; [result] = this.#told) {
      if (acceptResult(this.#parts, this.#folder, result)) removeAnswered(this.#parts, mailbox, result.turnId);
      this.#told.shift();
    }
  }

  #begin(sessionId: string, place: Place | undefined): void {
    this.#untold = place === undefined ? sessionId : undefined;
    beginSession(this.#parts, { folder: this.#folder, place, sessionId });
  }

  #takeBare(frame: BareFrame, turn: Turn | undefined): void {
    const { store, clock } = this.#parts;
    if (frame.newSessionId !== undefined) store.sessions.set(this.#folder, frame.newSessionId, clock.now());
    const result = turn && resultOfBareFrame(this.#parts, turn.id, frame);
    if (result) this.#told.push(result);
  }
}
