import type { TaskOutcome, TaskRun } from '../model/task.ts';
import type { Db } from './database.ts';

interface RunRow {
  id: number;
  task_id: string;
  due_at: number;
  fired_at: number;
  missed: number;
  by_hand: number;
  message_seq: number;
  state: TaskRun['state'];
  detail: string | null;
  ended_at: number | null;
}

/** What became of the occurrences of tasks: each is a message, at most one for a task and an instant. */
export class TaskRuns {
  readonly #add;
  readonly #mark;
  readonly #end;
  readonly #ofMessage;
  readonly #newest;
  readonly #open;
  readonly #known;
  readonly #settled;

  constructor(db: Db) {
    this.#add = db.prepare(`INSERT INTO task_runs (task_id, due_at, fired_at, missed, by_hand, message_seq)
      VALUES (@taskId, @dueAt, @firedAt, @missed, @byHand, @message)`);
    this.#mark = db.prepare('UPDATE messages SET task_run = ? WHERE seq = ?');
    this.#end = db.prepare(
      "UPDATE task_runs SET state = @state, detail = @detail, ended_at = @now WHERE id = @id AND state = 'open'",
    );
    this.#ofMessage = db.prepare<[number], RunRow>(
      'SELECT task_runs.* FROM messages JOIN task_runs ON task_runs.id = messages.task_run WHERE messages.seq = ?',
    );
    this.#newest = db.prepare<[string, number], RunRow>(
      'SELECT * FROM task_runs WHERE task_id = ? ORDER BY id DESC LIMIT ?',
    );
    this.#open = db.prepare<[string], RunRow>(
      "SELECT * FROM task_runs INDEXED BY task_runs_open WHERE task_id = ? AND state = 'open'",
    );
    this.#known = db.prepare<[string, number], { n: number }>(
      'SELECT 1 AS n FROM task_runs WHERE task_id = ? AND due_at = ?',
    );
    this.#settled = db.prepare<
      [],
      { message: number; state: 'done' | 'dead' }
    >(`SELECT task_runs.message_seq AS message, inbox.state
      FROM task_runs INDEXED BY task_runs_open JOIN inbox ON inbox.message_seq = task_runs.message_seq
      WHERE task_runs.state = 'open' AND inbox.state IN ('done', 'dead')`);
  }

  /** Opens the run of a message that was just stored. Joins the caller's transaction. */
  add(run: Pick<TaskRun, 'taskId' | 'dueAt' | 'firedAt' | 'missed' | 'byHand' | 'message'>): void {
    const done = this.#add.run({ ...run, byHand: run.byHand ? 1 : 0 });
    this.#mark.run(done.lastInsertRowid, run.message);
  }

  /** False when it had ended before. */
  end(id: number, how: { outcome: TaskOutcome; detail: string | undefined }, now: number): boolean {
    return this.#end.run({ id, state: how.outcome, detail: how.detail ?? null, now }).changes > 0;
  }

  /** Undefined for what a person said. */
  ofMessage(seq: number): TaskRun | undefined {
    const row = this.#ofMessage.get(seq);
    return row && fromRow(row);
  }

  /** The newest first. */
  newest(taskId: string, limit: number): TaskRun[] {
    return this.#newest.all(taskId, limit).map(fromRow);
  }

  openOf(taskId: string): TaskRun | undefined {
    const row = this.#open.get(taskId);
    return row && fromRow(row);
  }

  knows(taskId: string, dueAt: number): boolean {
    return this.#known.get(taskId, dueAt) !== undefined;
  }

  /** Messages of open runs whose inbox row has ended without a word about the run: what was stopped, or buried with its group. */
  settled(): { message: number; state: 'done' | 'dead' }[] {
    return this.#settled.all();
  }
}

function fromRow(row: RunRow): TaskRun {
  return {
    id: row.id,
    taskId: row.task_id,
    dueAt: row.due_at,
    firedAt: row.fired_at,
    missed: row.missed,
    byHand: row.by_hand === 1,
    message: row.message_seq,
    state: row.state,
    detail: row.detail ?? undefined,
    endedAt: row.ended_at ?? undefined,
  };
}
