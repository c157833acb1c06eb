import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Db, openDatabase, readMigrations } from '../../src/store/database.ts';
import { Store } from '../../src/store/store.ts';
import { checkout } from '../checkout.ts';
import { moment } from '../moment.ts';
import { type Family, rowOf } from '../row.ts';

const tasks = 100_000;
const groups = 1_000;
/** Overdue, but their last run still goes on: they are looked through every time. */
const atWork = 500;
const samples = 300;
const now = 1_700_000_000_000;

const idle = 'due-task look-up, 100 000 tasks, nothing due';
const busy = 'due-task look-up, 100 000 tasks, 200 due';

/** What the scheduler asks the store whenever it wakes: what is due, what has ended unheard, and how long it may sleep. */
export const family: Family = {
  rows: [idle, busy],
  async *run() {
    const directory = mkdtempSync(join(tmpdir(), 'bench-'));
    using _directory = { [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
    const path = join(directory, 'messages.db');
    fill(path);
    const store = Store.open(path);
    using _store = { [Symbol.dispose]: () => store.close() };
    yield rowOf(idle, { unit: 'ms', ours: Array.from({ length: samples }, () => look(store, now, 0)) });
    // The times lie a second apart.
    const later = now + 200_000;
    yield rowOf(busy, { unit: 'ms', ours: Array.from({ length: samples }, () => look(store, later, 200)) });
  },
};

function look(store: Store, at: number, expected: number): number {
  const startedAt = moment();
  const unheard = store.taskRuns.settled().length;
  const due = store.tasks.due(at, 200).length;
  const next = store.tasks.nextAfter(at);
  const ms = moment() - startedAt;
  if (unheard > 0 || due !== expected || next === undefined) throw new Error(`${due} are due, not ${expected}`);
  return ms;
}

function fill(path: string): void {
  const db: Db = openDatabase(path, readMigrations(join(checkout, 'src', 'store', 'migrations')));
  const each = (to: number) => `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${to})`;
  db.transaction(() => {
    db.exec(`${each(groups)} INSERT INTO groups (folder, name, trigger_text, egress, created_at)
        SELECT 'group-' || (i - 1), 'Group ' || i, '@Andy', 'llm-only', 0 FROM n;
      ${each(groups)} INSERT INTO chats (jid, channel, name, group_folder)
        SELECT 'tg:' || (i - 1), 'telegram', 'Chat ' || i, 'group-' || (i - 1) FROM n;
      ${each(tasks)} INSERT INTO tasks (id, group_folder, chat_jid, prompt, schedule_type, schedule_value, context_mode,
          state, next_run_at, created_at, created_by)
        SELECT 't' || i, 'group-' || (i % ${groups}), 'tg:' || (i % ${groups}), 'Is it going to rain?', 'cron',
          '0 9 * * *', 'group', 'active', iif(i <= ${atWork}, ${now} - i, ${now} + (i - ${atWork}) * 1000), 0, 'bench' FROM n;
      ${each(tasks)} INSERT INTO messages (seq, chat_jid, direction, kind, platform_id, sender_id, sender_name, role, text,
          sent_at, stored_at)
        SELECT i, 'tg:' || (i % ${groups}), 'in', 'message', 'task:t' || i, 'task:t' || i, 'schedule', 'member',
          'Is it going to rain?', 0, 0 FROM n;
      ${each(tasks)} INSERT INTO inbox (group_folder, chat_jid, message_seq, wakes, state)
        SELECT 'group-' || (i % ${groups}), 'tg:' || (i % ${groups}), i, 1, iif(i <= ${atWork}, 'waiting', 'done') FROM n;
      ${each(tasks)} INSERT INTO task_runs (id, task_id, due_at, fired_at, message_seq, state)
        SELECT i, 't' || i, 0, 0, i, iif(i <= ${atWork}, 'open', 'ok') FROM n;
      UPDATE messages SET task_run = seq`);
  })();
  db.close();
}
