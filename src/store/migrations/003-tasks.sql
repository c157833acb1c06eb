-- Schedules that write inbox rows. seq is never given twice, and the ids t1, t2 … are made of it.
CREATE TABLE tasks (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  group_folder TEXT NOT NULL,
  chat_jid TEXT NOT NULL,
  thread TEXT,
  prompt TEXT NOT NULL,
  script TEXT,
  schedule_type TEXT NOT NULL CHECK (schedule_type IN ('cron', 'interval', 'once')),
  schedule_value TEXT NOT NULL,
  context_mode TEXT NOT NULL CHECK (context_mode IN ('group', 'isolated')),
  state TEXT NOT NULL CHECK (state IN ('active', 'paused', 'done', 'cancelled')),
  pause_reason TEXT,
  next_run_at INTEGER,
  -- Where an interval is counted from.
  anchor_at INTEGER,
  -- In a row, up to the last run.
  failures INTEGER NOT NULL DEFAULT 0,
  -- After a failure: no occurrence before then.
  not_before INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL
) STRICT;
CREATE INDEX tasks_due ON tasks (next_run_at) WHERE state = 'active' AND next_run_at IS NOT NULL;
CREATE INDEX tasks_by_group ON tasks (group_folder, state);

-- open -> ok | silent | failed, together with the inbox row of its message
CREATE TABLE task_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  task_id TEXT NOT NULL REFERENCES tasks (id),
  due_at INTEGER NOT NULL,
  fired_at INTEGER NOT NULL,
  -- How many occurrences it stands for besides its own.
  missed INTEGER NOT NULL DEFAULT 0,
  -- Somebody asked for it; the schedule has nothing to do with it.
  by_hand INTEGER NOT NULL DEFAULT 0,
  message_seq INTEGER NOT NULL UNIQUE REFERENCES messages (seq),
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'ok', 'silent', 'failed')),
  detail TEXT,
  ended_at INTEGER,
  UNIQUE (task_id, due_at)
) STRICT;
CREATE INDEX task_runs_open ON task_runs (task_id) WHERE state = 'open';

-- Null for what people say.
ALTER TABLE messages ADD COLUMN task_run INTEGER REFERENCES task_runs (id);
