import type { ResultFile } from '../../protocol/mailbox.ts';
import type { Mailbox } from '../ipc/mailbox.ts';
import { Gather } from '../lib/gather.ts';
import type { Place } from '../model/chat.ts';
import { acceptResult, removeAnswered } from './accept-result.ts';
import { resultOfBareFrame } from './bare-frame.ts';
import { priced, takeInput } from './drain.ts';
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
  /** However often a container rings, its mailbox is looked through once in a while; a result is taken at once. */
  readonly #drains: Gather;

  /** `drain` looks into the mailbox and stores what was told. */
  constructor(parts: TurnParts, folder: string, drain: () => void) {
    this.#parts = parts;
    this.#folder = folder;
    this.#drains = new Gather(drain, (error) => {
      parts.log.error({ err: error, group: folder }, 'a mailbox could not be looked through');
    });
  }

  take(frame: LiveFrame, turn: Turn | undefined): void {
    switch (frame.type) {
      case 'ack':
        if (turn) takeInput(this.#parts, turn.id, frame.input);
        break;
      case 'ready':
        if (frame.newSessionId !== undefined) this.#begin(frame.newSessionId, turn?.place);
        break;
      case 'partial':
        if (turn?.id === frame.turnId) this.#parts.onPartial(turn, frame.text);
        break;
      case 'bell':
        this.#drains.soon();
        break;
      case 'result':
        this.#told.push(frame);
        this.#drains.now();
        break;
      case undefined:
        this.#takeBare(frame, turn);
        this.#drains.now();
        break;
      case 'activity':
        // Nobody needs to see that a task goes on.
        if (turn?.isAwaited) this.#parts.onActivity(turn, frame.tool);
        break;
      case 'error':
        break;
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
      if (acceptResult(this.#parts, this.#folder, priced(this.#parts, result)) !== 'foreign')
        removeAnswered(this.#parts, mailbox, result.turnId);
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
