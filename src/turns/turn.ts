import { inputFileName, type MessageInput } from '../../protocol/mailbox.ts';
import { wantsRecall } from '../acts/run-facts.ts';
import type { Mailbox } from '../ipc/mailbox.ts';
import type { Place } from '../model/chat.ts';
import type { Group } from '../model/group.ts';
import { type Message, messageName } from '../model/message.ts';
import type { InboxRow } from '../store/inbox.ts';
import { wordsOfRow } from '../store/outbox-row.ts';
import { isOfThePlace } from '../store/trouble.ts';
import type { TurnRow } from '../store/turns.ts';
import { cutInBatches } from './batches.ts';
import type { Failure } from './causes.ts';
import { chooseRows } from './choose-rows.ts';
import type { TurnParts } from './parts.ts';
import { type PromptMessage, type PromptOptions, writePrompt } from './prompt.ts';
import { endTurn, giveUpUnread } from './settle.ts';
import { modelOf } from './start-line.ts';
import { taskOf } from './task-row.ts';

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

  /**
   * Claims what waits at the place for a new turn. Undefined when nothing does any more. One transaction. A message that
   * cannot be put before the agent is given up, and the others go on without it.
   */
  static begin(parts: TurnParts, group: Group, place: Place): Turn | undefined {
    return withoutPoison(parts, { group, place }, () =>
      parts.store.transaction(() => {
        const rows = rowsAt(parts, group.folder, place);
        if (rows.length === 0) return undefined;
        const turn = Turn.#new(parts, { group, place, rows });
        turn.#claim(rows);
        return turn;
      }),
    );
  }

  /** Counts a turn that could not even begin, as one that failed: what waits at the place is tried again or given up. One transaction. */
  static fail(parts: TurnParts, at: { group: Group; place: Place }, failure: Failure): void {
    const { store } = parts;
    store.transaction(() => {
      const rows = rowsAt(parts, at.group.folder, at.place);
      if (rows.length === 0) return;
      const { id } = Turn.#new(parts, { ...at, rows });
      const input = store.turns.addInput(id, () => '');
      store.inbox.claim({ turnId: id, inputId: input.id }, rows);
      // As if the agent had taken it: only then it counts.
      store.turns.take(id, input.id);
      const row = store.turns.get(id);
      if (row) endTurn(parts, row, failure);
    });
  }

  static #new(parts: TurnParts, { group, place, rows }: At & { rows: readonly InboxRow[] }): Turn {
    const retryOf = rows.find((row) => row.turn_id !== null)?.turn_id ?? undefined;
    const id = parts.store.turns.begin({ group: group.folder, place, retryOf }, parts.clock.now());
    return new Turn(parts, { id, group, place });
  }

  /** Whether its words can be put before the agent: why not, if not. */
  static troubleWith(parts: TurnParts, at: At, row: InboxRow): unknown {
    try {
      new Turn(parts, { id: '', ...at }).#promptOf([row], { omitted: 0, undelivered: [] });
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** A turn that an earlier host began and whose container lives. */
  static resume(parts: TurnParts, group: Group, row: TurnRow): Turn {
    return new Turn(parts, { id: row.id, group, place: { jid: row.chat_jid, thread: row.thread ?? undefined } });
  }

  /** Claims what has come to this turn's place since, as more inputs. True when there was any. */
  claimMore(): boolean {
    const { store } = this.#parts;
    return withoutPoison(this.#parts, this, () =>
      store.transaction(() => {
        // Its chat may have another id by now.
        const place = { ...this.place, jid: store.moves.nowOf(this.place.jid) };
        const rows = rowsAt(this.#parts, this.group.folder, place);
        if (rows.length > 0) this.#claim(rows);
        return rows.length > 0;
      }),
    );
  }

  /** A person waits for what is not answered yet, not a schedule alone. */
  get isAwaited(): boolean {
    const { store } = this.#parts;
    return store.inbox.claimedBy(this.id).some((row) => row.wakes === 1 && !taskOf(store, row));
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

  #claim(rows: readonly InboxRow[]): void {
    const { store, settings } = this.#parts;
    const { taken, omitted } = chooseRows(rows, settings.maxMessagesPerPrompt);
    const { batches } = cutInBatches(taken, (row) => taskOf(store, row) !== undefined);
    const people = batches.find(([first]) => first && !taskOf(store, first));
    const lost = store.outbox.untold(this.group.folder);
    const undelivered = lost.map((row) => ({ jid: row.place.jid, text: wordsOfRow(row), why: row.error ?? 'unknown' }));
    for (const [index, batch] of batches.entries()) {
      const older = batch === people ? omitted : [];
      const input = this.#addInput(batch, {
        omitted: older.length,
        undelivered: index === 0 ? undelivered : [],
      });
      if (index === 0) for (const row of lost) store.outbox.tellIn(input.id, row.id);
      store.inbox.claim({ turnId: this.id, inputId: input.id }, [...batch, ...older]);
    }
  }

  #addInput(rows: readonly InboxRow[], more: Pick<PromptOptions, 'omitted' | 'undelivered'>): { id: string } {
    const { store, settings } = this.#parts;
    const text = this.#promptOf(rows, more);
    const model = modelOf(store.groups.get(this.group.folder) ?? this.group, settings);
    const { task } = (rows[0] && taskOf(store, rows[0])) ?? {};
    return store.turns.addInput(this.id, ({ id }) => {
      const body: MessageInput = {
        v: 1,
        type: 'message',
        id,
        turnId: this.id,
        chatJid: this.place.jid,
        ...(this.place.thread === undefined ? {} : { threadId: this.place.thread }),
        text,
        model,
        ...(task && { task: { id: task.id, contextMode: task.contextMode, script: task.script } }),
      };
      return JSON.stringify(body);
    });
  }

  #promptOf(rows: readonly InboxRow[], more: Pick<PromptOptions, 'omitted' | 'undelivered'>): string {
    const { store, clock, settings } = this.#parts;
    const messages = rows.flatMap((row) => this.#messageOf(row) ?? []);
    const earlier = this.#earlier(rows.find((row) => row.turn_id !== null)?.turn_id ?? undefined);
    const { egress } = store.groups.get(this.group.folder) ?? this.group;
    const { task } = (rows[0] && taskOf(store, rows[0])) ?? {};
    const knowsNothing = task?.contextMode !== 'isolated' && wantsRecall(store, this.group.folder);
    const recalled = knowsNothing ? store.messages.settledIn(this.group.folder, 30) : [];
    return writePrompt(messages, { timeZone: settings.timeZone, now: clock.now(), egress, earlier, recalled, ...more });
  }

  #messageOf(row: InboxRow): PromptMessage | undefined {
    const { store } = this.#parts;
    const message = store.messages.get(row.message_seq);
    if (!message) return undefined;
    const run = taskOf(store, row)?.run;
    return {
      ...message,
      replyTo: this.#ownNameFor(message),
      attachments: store.attachments.ofMessage(message.seq),
      question: store.questions.endedBy(message.seq),
      ...(run && { task: run }),
    };
  }

  // By the name the agent knows it under, where we have it; the platform's id says nothing to anybody.
  #ownNameFor({ jid, replyTo }: Message): Message['replyTo'] {
    const known = replyTo && this.#parts.store.messages.find(jid, replyTo.id);
    return known ? { ...replyTo, id: messageName(known.seq) } : replyTo;
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

interface At {
  readonly group: Group;
  readonly place: Place;
}

/** Does it again without what stood in its way, where that is a message; throws where it is something else. */
function withoutPoison<T>(parts: TurnParts, at: At, claim: () => T): T {
  try {
    return claim();
  } catch (error) {
    if (isOfThePlace(error) || !giveUpPoison(parts, at)) throw error;
    return withoutPoison(parts, at, claim);
  }
}

/** One message that nobody can put into words must not keep from the agent what others said. True when there was one. */
function giveUpPoison(parts: TurnParts, at: At): boolean {
  const { store, log } = parts;
  return store.transaction(() => {
    const rows = rowsAt(parts, at.group.folder, at.place).flatMap((row) => {
      const error = Turn.troubleWith(parts, at, row);
      return error === undefined ? [] : [{ row, error }];
    });
    for (const { row, error } of rows) {
      if (isOfThePlace(error)) throw error;
      log.error({ err: error, group: at.group.folder, message: row.message_seq }, 'a message cannot be read');
      giveUpUnread(parts, row, 'I cannot read what is stored of it');
    }
    return rows.length > 0;
  });
}

/** What waits at the place. A task that failed waits for its own time, whatever else is said there. */
function rowsAt({ store, clock }: TurnParts, group: string, place: Place): InboxRow[] {
  const now = clock.now();
  const rows = store.inbox.waitingAt(group, place, { now });
  const due = rows.filter((row) => row.next_attempt_at <= now || !taskOf(store, row));
  return due.slice(0, due.findLastIndex((row) => row.wakes === 1) + 1);
}
