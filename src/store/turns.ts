import { randomUUID } from 'node:crypto';
import { type InputFile, type ResultError, type ResultFile, resultError } from '../../protocol/mailbox.ts';
import { readColumn } from '../lib/json.ts';
import type { Place } from '../model/chat.ts';
import type { Db } from './database.ts';

export interface TurnRow {
  readonly id: string;
  readonly group_folder: string;
  readonly chat_jid: string;
  readonly thread: string | null;
  readonly run_id: string | null;
  readonly retry_of: string | null;
  readonly state: 'running' | 'done' | 'failed' | 'stopped';
}

export interface InputRow {
  readonly seq: number;
  readonly id: string;
  /** An interrupt stops what was given before it; it is no part of the work, and its row stays `open`. */
  readonly kind: 'message' | 'interrupt';
  readonly turn_id: string;
  /** The file as it stands in the mailbox; empty once a result names it. */
  readonly body: string;
  readonly taken: number;
  readonly state: 'open' | 'answered' | 'failed';
  /** Why the result that named it failed. */
  readonly error: ResultError | undefined;
}

interface InputColumns extends Omit<InputRow, 'error' | 'kind'> {
  readonly error: string | null;
}

const interruptMark = 'stop-';

/** Turns, the inputs they gave the agent, and the results it gave back. */
export class Turns {
  readonly #begin;
  readonly #setRun;
  readonly #end;
  readonly #drop;
  readonly #dropInputs;
  readonly #get;
  readonly #running;
  readonly #addInput;
  readonly #setBody;
  readonly #inputs;
  readonly #take;
  readonly #answer;
  readonly #addResult;
  readonly #lastOrdinal;

  constructor(db: Db) {
    this.#begin = db.prepare(`INSERT INTO turns (id, group_folder, chat_jid, thread, retry_of, state, started_at)
      VALUES (@id, @group, @jid, @thread, @retryOf, 'running', @now)`);
    this.#setRun = db.prepare('UPDATE turns SET run_id = ? WHERE id = ?');
    this.#end = db.prepare(
      "UPDATE turns SET state = @state, cause = @cause, error = @error, ended_at = @now WHERE id = @id AND state = 'running'",
    );
    this.#drop = db.prepare('DELETE FROM turns WHERE id = ?');
    this.#dropInputs = db.prepare('DELETE FROM inputs WHERE turn_id = ?');
    this.#get = db.prepare<[string], TurnRow>('SELECT * FROM turns WHERE id = ?');
    this.#running = db.prepare<[], TurnRow>("SELECT * FROM turns WHERE state = 'running' ORDER BY started_at");
    this.#addInput = db.prepare("INSERT INTO inputs (id, turn_id, body) VALUES (?, ?, '')");
    this.#setBody = db.prepare('UPDATE inputs SET body = ? WHERE seq = ?');
    this.#inputs = db.prepare<[string], InputColumns>('SELECT * FROM inputs WHERE turn_id = ? ORDER BY seq');
    this.#take = db.prepare('UPDATE inputs SET taken = 1 WHERE turn_id = ? AND id = ? AND taken = 0');
    this.#answer = db.prepare("UPDATE inputs SET state = ?, error = ?, body = '' WHERE turn_id = ? AND id = ?");
    this.#addResult = db.prepare(`INSERT INTO results (turn_id, ordinal, status, answers, usage, stored_at)
      VALUES (@turnId, @ordinal, @status, @answers, @usage, @now) ON CONFLICT DO NOTHING`);
    this.#lastOrdinal = db.prepare<[string], { last: number | null }>(
      'SELECT MAX(ordinal) AS last FROM results WHERE turn_id = ?',
    );
  }

  /** A new turn, or a new attempt (`retryOf`) at an old one. */
  begin(turn: { group: string; place: Place; retryOf: string | undefined }, now: number): string {
    const id = randomUUID();
    const { jid, thread } = turn.place;
    this.#begin.run({ id, group: turn.group, jid, thread: thread ?? null, retryOf: turn.retryOf ?? null, now });
    return id;
  }

  setRun(id: string, runId: string): void {
    this.#setRun.run(runId, id);
  }

  end(id: string, end: { state: 'done' | 'failed' | 'stopped'; cause?: string; error?: string }, now: number): void {
    this.#end.run({ id, state: end.state, cause: end.cause ?? null, error: end.error ?? null, now });
  }

  /** Forgets a turn that the agent never took: it has left no trace, no result either. Its rows must have been given back. */
  discard(id: string): void {
    this.#dropInputs.run(id);
    this.#drop.run(id);
  }

  get(id: string): TurnRow | undefined {
    return this.#get.get(id);
  }

  running(): TurnRow[] {
    return this.#running.all();
  }

  /** Reserves the input's number; its body may name it. */
  addInput(turnId: string, body: (input: { seq: number; id: string }) => string): InputRow {
    return this.#add(turnId, { id: randomUUID(), body });
  }

  /** What the turn was given so far is to stop. Takes a number of the same row, for it is a file of the same mailbox. */
  addInterrupt(turnId: string): InputRow {
    const id = `${interruptMark}${randomUUID()}`;
    const body: InputFile = { v: 1, type: 'interrupt', id, turnId };
    return this.#add(turnId, { id, body: () => JSON.stringify(body) });
  }

  /** Every input of the turn, in the order given. */
  inputs(turnId: string): InputRow[] {
    return this.#inputs.all(turnId).map(({ error, ...input }) => ({
      ...input,
      kind: kindOf(input.id),
      error: readColumn(error, resultError, undefined),
    }));
  }

  /** True the first time the agent is known to have taken it. */
  take(turnId: string, inputId: string): boolean {
    return this.#take.run(turnId, inputId).changes > 0;
  }

  /** False when this very result is stored already. */
  addResult(result: ResultFile, now: number): boolean {
    const added = this.#addResult.run({
      turnId: result.turnId,
      ordinal: result.ordinal,
      status: result.status,
      answers: JSON.stringify(result.answers),
      usage: result.usage ? JSON.stringify(result.usage) : null,
      now,
    });
    if (added.changes === 0) return false;
    const state = result.status === 'error' ? 'failed' : 'answered';
    const error = result.status === 'error' && result.error ? JSON.stringify(result.error) : null;
    for (const input of result.answers) this.#answer.run(state, error, result.turnId, input);
    return true;
  }

  hasResults(turnId: string): boolean {
    return this.nextOrdinal(turnId) > 1;
  }

  nextOrdinal(turnId: string): number {
    return (this.#lastOrdinal.get(turnId)?.last ?? 0) + 1;
  }

  #add(turnId: string, input: { id: string; body: (input: { seq: number; id: string }) => string }): InputRow {
    const { id } = input;
    const seq = Number(this.#addInput.run(id, turnId).lastInsertRowid);
    const body = input.body({ seq, id });
    this.#setBody.run(body, seq);
    return { seq, id, kind: kindOf(id), turn_id: turnId, body, taken: 0, state: 'open', error: undefined };
  }
}

function kindOf(id: string): InputRow['kind'] {
  return id.startsWith(interruptMark) ? 'interrupt' : 'message';
}
