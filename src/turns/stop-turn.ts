// A person wants a turn to end. That is stored before anything is done about it, so no crash and no retry brings it back.
import type { Place } from '../model/chat.ts';
import type { TurnRow } from '../store/turns.ts';
import { acceptResult, type SayParts } from './accept-result.ts';
import type { TurnParts } from './parts.ts';

/** Everything of that chat and thread: the turns that run there, and what waits for one. Undefined when there is nothing. */
export function storeStop(parts: TurnParts, place: Place): readonly TurnRow[] | undefined {
  const { store } = parts;
  return store.transaction(() => {
    const here = store.turns.running().filter((turn) => isAt(turn, place));
    for (const turn of here) store.turns.addInterrupt(turn.id);
    const group = store.chats.get(place.jid)?.group;
    const withdrawn = group === undefined ? 0 : store.inbox.withdraw(group, place);
    return here.length + withdrawn > 0 ? here : undefined;
  });
}

/** What was given to the agent before it was stopped and has no result yet. */
function stoppedInputs(parts: SayParts, turnId: string): string[] {
  const inputs = parts.store.turns.inputs(turnId);
  const interrupt = inputs.findLast((input) => input.kind === 'interrupt');
  if (!interrupt) return [];
  const before = inputs.filter((input) => input.kind === 'message' && input.seq < interrupt.seq);
  return before.filter((input) => input.state !== 'answered').map((input) => input.id);
}

/** However the turn ended: its stopped rows are done, not tried again. */
export function settleStopped(parts: SayParts, turn: TurnRow): void {
  const answers = stoppedInputs(parts, turn.id);
  if (answers.length === 0) return;
  const ordinal = parts.store.turns.nextOrdinal(turn.id);
  acceptResult(parts, turn.group_folder, {
    v: 1,
    turnId: turn.id,
    ordinal,
    answers,
    status: 'stopped',
    result: null,
  });
}

/** A container that was told to stop and does not is ended after this. */
const stopMs = 5_000;

/** Sees to it that an agent heeds a stop, also one that an earlier host told it. */
export class StopDeadline {
  readonly #parts: TurnParts;
  readonly #changed: () => void;
  #at = Number.POSITIVE_INFINITY;

  constructor(parts: TurnParts, changed: () => void) {
    this.#parts = parts;
    this.#changed = changed;
  }

  set(): void {
    this.#at = this.#parts.clock.now() + stopMs;
    this.#parts.clock.after(stopMs, () => this.#changed());
  }

  /** True when the time is over and something of the turn that should have stopped goes on. */
  missedBy(turnId: string, now: number): boolean {
    // Not later than it would be were it set now: the clock may have been set back.
    this.#at = Number.isFinite(this.#at) ? Math.min(this.#at, now + stopMs) : this.#at;
    if (now < this.#at) return false;
    this.#at = Number.POSITIVE_INFINITY;
    return stoppedInputs(this.#parts, turnId).length > 0;
  }
}

function isAt(turn: TurnRow, place: Place): boolean {
  return turn.chat_jid === place.jid && (turn.thread ?? undefined) === place.thread;
}
