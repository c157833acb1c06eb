import { inputFileName, type MessageInput } from '../../protocol/mailbox.ts';
import type { Mailbox } from '../ipc/mailbox.ts';
import type { Place } from '../model/chat.ts';
import type { Group } from '../model/group.ts';
import type { Message } from '../model/message.ts';
import type { InboxRow } from '../store/inbox.ts';
import type { TurnRow } from '../store/turns.ts';
import { chooseRows } from './choose-rows.ts';
import type { TurnParts } from './parts.ts';
import { writePrompt } from './prompt.ts';

/** One run of the agent over its waiting rows. It has exactly one reply place; the rows and inputs are in the store. */
export class Turn {
  readonly #parts: TurnParts;
  readonly id: string;
  readonly group: Group;
  readonly place: Place;

  private constructor(parts: TurnParts, turn: { id: string; group: Group; place: Place }) {
    this.#parts = parts;
    this.id = turn.id;
    this.group = turn.group;
    this.place = turn.place;
  }

  /** Claims what waits at the place for a new turn. Undefined when nothing does any more. One transaction. */
  static begin(parts: TurnParts, group: Group, place: Place): Turn | undefined {
    const { store, clock } = parts;
    return store.transaction(() => {
      const rows = store.inbox.waitingAt(group.folder, place, { now: clock.now() });
      const retryOf = rows.find((row) => row.turn_id !== null)?.turn_id ?? undefined;
      if (rows.length === 0) return undefined;
      const turn = new Turn(parts, {
        id: store.turns.begin({ group: group.folder, place, retryOf }, clock.now()),
        group,
        place,
      });
      turn.#claim(rows, retryOf);
      return turn;
    });
  }

  /** A turn that an earlier host began and whose container lives. */
  static resume(parts: TurnParts, group: Group, row: TurnRow): Turn {
    return new Turn(parts, { id: row.id, group, place: { jid: row.chat_jid, thread: row.thread ?? undefined } });
  }

  /** Claims what has come to this turn's place since, as another input. */
  claimMore(): void {
    const { store, clock } = this.#parts;
    store.transaction(() => {
      const rows = store.inbox.waitingAt(this.group.folder, this.place, { now: clock.now() });
      if (rows.length > 0) this.#claim(rows, undefined);
    });
  }

  /** Writes the inputs the agent has not taken yet; the same files under the same names. True when there were any. */
  handOver(mailbox: Mailbox): boolean {
    const open = this.#parts.store.turns.inputs(this.id).filter((input) => input.state === 'open' && input.taken === 0);
    for (const input of open) mailbox.writeInput(inputFileName(input.seq, input.id), input.body);
    return open.length > 0;
  }

  /** True when every input stands in a stored result. */
  get over(): boolean {
    const inputs = this.#parts.store.turns.inputs(this.id);
    return inputs.every((input) => input.kind === 'interrupt' || input.state !== 'open');
  }

  #claim(rows: readonly InboxRow[], retryOf: string | undefined): void {
    const { store, settings } = this.#parts;
    const { taken, omitted } = chooseRows(rows, settings.maxMessagesPerPrompt);
    const messages = taken
      .map((row) => store.messages.get(row.message_seq))
      .filter((one): one is Message => one !== undefined)
      .map((message) => ({ ...message, attachments: store.attachments.ofMessage(message.seq) }));
    const lost = store.outbox.untold(this.group.folder);
    const text = writePrompt(messages, {
      timeZone: settings.timeZone,
      now: this.#parts.clock.now(),
      omitted: omitted.length,
      earlier: this.#earlier(retryOf),
      undelivered: lost.map(({ place, text, error }) => ({ jid: place.jid, text, why: error ?? 'unknown' })),
    });
    const model = this.group.model ?? settings.model;
    const input = store.turns.addInput(this.id, ({ id }) => {
      const body: MessageInput = {
        v: 1,
        type: 'message',
        id,
        turnId: this.id,
        chatJid: this.place.jid,
        ...(this.place.thread === undefined ? {} : { threadId: this.place.thread }),
        text,
        ...(model === undefined ? {} : { model }),
      };
      return JSON.stringify(body);
    });
    for (const row of lost) store.outbox.tellIn(input.id, row.id);
    store.inbox.claim({ turnId: this.id, inputId: input.id }, [...taken, ...omitted]);
  }

  // The chain holds only attempts that the agent took: others left no trace.
  #earlier(retryOf: string | undefined): { said: string[] } | undefined {
    if (retryOf === undefined) return undefined;
    const { store } = this.#parts;
    const said: string[] = [];
    for (let id: string | null = retryOf; id !== null; id = store.turns.get(id)?.retry_of ?? null) {
      said.unshift(...store.outbox.saidBy(id));
    }
    return { said };
  }
}
