import type { ContextMode, Schedule, Task, TaskState } from '../model/task.ts';
import type { Db } from './database.ts';
import { jidNow } from './moves.ts';

interface TaskRow {
  id: string;
  group_folder: string;
  chat_jid: string;
  thread: string | null;
  prompt: string;
  script: string | null;
  schedule_type: Schedule['type'];
  schedule_value: string;
  context_mode: ContextMode;
  state: TaskState;
  pause_reason: string | null;
  next_run_at: number | null;
  anchor_at: number | null;
  failures: number;
  not_before: number;
  created_at: number;
  created_by: string;
}

/** What a task is made from; what is not here begins as nothing. */
export type NewTask = Omit<Task, 'id' | 'state' | 'pauseReason' | 'failures' | 'notBefore'> & {
  /** v1's files bring their own. */
  readonly id?: string | undefined;
};

/** Schedules. A row is never removed: one that was cancelled stays with its runs. */
export class Tasks {
  readonly #nextId;
  readonly #add;
  readonly #save;
  readonly #get;
  readonly #all;
  readonly #ofGroup;
  readonly #standing;
  readonly #newestDone;
  readonly #due;
  readonly #next;
  readonly #active;
  readonly #cancel;

  constructor(db: Db) {
    this.#nextId = db.prepare<[], { seq: number }>(
      "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'tasks'), 0) + 1 AS seq",
    );
    this.#add = db.prepare(`INSERT INTO tasks (id, group_folder, chat_jid, thread, prompt, script, schedule_type,
        schedule_value, context_mode, state, next_run_at, anchor_at, created_at, created_by)
      VALUES (@id, @group, ${jidNow}, @thread, @prompt, @script, @type, @value, @contextMode, 'active', @nextRunAt, @anchorAt,
        @createdAt, @createdBy)`);
    this.#save = db.prepare(`UPDATE tasks SET prompt = @prompt, script = @script, schedule_type = @type,
        schedule_value = @value, state = @state, pause_reason = @pauseReason, next_run_at = @nextRunAt,
        anchor_at = @anchorAt, failures = @failures, not_before = @notBefore WHERE id = @id`);
    this.#get = db.prepare<[string], TaskRow>('SELECT * FROM tasks WHERE id = ?');
    this.#all = db.prepare<[], TaskRow>('SELECT * FROM tasks ORDER BY seq');
    this.#ofGroup = db.prepare<[string], TaskRow>('SELECT * FROM tasks WHERE group_folder = ? ORDER BY seq');
    const ofGroup = '(@group IS NULL OR group_folder = @group)';
    this.#standing = db.prepare<{ group: string | null }, TaskRow>(
      `SELECT * FROM tasks WHERE ${ofGroup} AND state IN ('active', 'paused') ORDER BY seq`,
    );
    this.#newestDone = db.prepare<{ group: string | null; limit: number }, TaskRow>(
      `SELECT * FROM tasks WHERE ${ofGroup} AND state = 'done' ORDER BY seq DESC LIMIT @limit`,
    );
    // By name, or SQLite reads all the runs a task ever had instead of the few that are open.
    this.#due = db.prepare<[number, number], TaskRow>(`SELECT * FROM tasks
      WHERE state = 'active' AND next_run_at IS NOT NULL AND next_run_at <= ?
        AND NOT EXISTS (SELECT 1 FROM task_runs INDEXED BY task_runs_open WHERE task_runs.task_id = tasks.id AND task_runs.state = 'open')
      ORDER BY next_run_at LIMIT ?`);
    this.#next = db.prepare<[number], { at: number | null }>(`SELECT MIN(next_run_at) AS at FROM tasks
      WHERE state = 'active' AND next_run_at IS NOT NULL AND next_run_at > ?`);
    this.#active = db.prepare<[string], { n: number }>(
      "SELECT COUNT(*) AS n FROM tasks WHERE group_folder = ? AND state = 'active'",
    );
    this.#cancel = db.prepare("UPDATE tasks SET state = 'cancelled' WHERE group_folder = ? AND state <> 'done'");
  }

  /** Joins the caller's transaction. An id that is taken violates the table. */
  add(task: NewTask): Task {
    const id = task.id ?? `t${this.#nextId.get()?.seq ?? 1}`;
    const made: Task = { ...task, id, state: 'active', pauseReason: undefined, failures: 0, notBefore: 0 };
    this.#add.run(columnsOf(made));
    return made;
  }

  /** Writes what of a task may change: its words, its schedule, its state. */
  save(task: Task): void {
    this.#save.run(columnsOf(task));
  }

  get(id: string): Task | undefined {
    const row = this.#get.get(id);
    return row && fromRow(row);
  }

  all(): Task[] {
    return this.#all.all().map(fromRow);
  }

  ofGroup(folder: string): Task[] {
    return this.#ofGroup.all(folder).map(fromRow);
  }

  /** Those that are still to come, or paused; of all groups unless one is named. */
  standing(folder?: string): Task[] {
    return this.#standing.all({ group: folder ?? null }).map(fromRow);
  }

  /** The newest that come no more, the oldest of them first. */
  newestDone(limit: number, folder?: string): Task[] {
    return this.#newestDone
      .all({ group: folder ?? null, limit })
      .reverse()
      .map(fromRow);
  }

  /** Active ones whose time has come, the longest overdue first; those whose last run still goes on are not among them. */
  due(now: number, limit: number): Task[] {
    return this.#due.all(now, limit).map(fromRow);
  }

  /** The first time after `now` at which one is due. */
  nextAfter(now: number): number | undefined {
    return this.#next.get(now)?.at ?? undefined;
  }

  activeOf(folder: string): number {
    return this.#active.get(folder)?.n ?? 0;
  }

  /** The group is no more. */
  cancelOf(folder: string): void {
    this.#cancel.run(folder);
  }
}

function columnsOf(task: Task): Record<string, string | number | null> {
  const { place, schedule } = task;
  return {
    id: task.id,
    group: task.group,
    jid: place.jid,
    thread: place.thread ?? null,
    prompt: task.prompt,
    script: task.script ?? null,
    type: schedule.type,
    value: schedule.value,
    contextMode: task.contextMode,
    state: task.state,
    pauseReason: task.pauseReason ?? null,
    nextRunAt: task.nextRunAt ?? null,
    anchorAt: task.anchorAt ?? null,
    failures: task.failures,
    notBefore: task.notBefore,
    createdAt: task.createdAt,
    createdBy: task.createdBy,
  };
}

function fromRow(row: TaskRow): Task {
  return {
    id: row.id,
    group: row.group_folder,
    place: { jid: row.chat_jid, thread: row.thread ?? undefined },
    prompt: row.prompt,
    script: row.script ?? undefined,
    schedule: { type: row.schedule_type, value: row.schedule_value },
    contextMode: row.context_mode,
    state: row.state,
    pauseReason: row.pause_reason ?? undefined,
    nextRunAt: row.next_run_at ?? undefined,
    anchorAt: row.anchor_at ?? undefined,
    failures: row.failures,
    notBefore: row.not_before,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
