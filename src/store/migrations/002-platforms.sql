-- Who may command this host, by the platform's own sender ids.
CREATE TABLE owners (
  channel TEXT NOT NULL,
  sender_id TEXT NOT NULL,
  name TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  PRIMARY KEY (channel, sender_id)
) STRICT, WITHOUT ROWID;

-- One open one-time code per channel; only its hash is kept.
CREATE TABLE pairings (
  channel TEXT PRIMARY KEY,
  code_hash TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Files that came with messages. pending -> ready (path, inside the group's folder) | failed (error)
CREATE TABLE attachments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message_seq INTEGER NOT NULL REFERENCES messages (seq),
  kind TEXT NOT NULL CHECK (kind IN ('photo', 'voice', 'audio', 'video', 'document', 'sticker')),
  name TEXT,
  mime TEXT,
  size INTEGER,
  ref TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'failed')),
  path TEXT,
  error TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX attachments_by_message ON attachments (message_seq);
CREATE INDEX attachments_pending ON attachments (next_attempt_at) WHERE state = 'pending';

-- Until then a row, and what follows it in its place, waits for its attachments.
ALTER TABLE inbox ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;
CREATE INDEX inbox_held ON inbox (chat_jid, held_until) WHERE state = 'waiting' AND held_until > 0;
-- Again, so that the look for due groups reads this index alone, and never the context that waits beside it.
DROP INDEX inbox_waking;
CREATE INDEX inbox_waking ON inbox (group_folder, id, next_attempt_at, held_until) WHERE state = 'waiting' AND wakes = 1;

-- The outbox again, with streaming rows (their platform_id is known before they are due), files, buttons, and whether
-- the agent was told of a message that was given up.
-- due -> sending -> sent | due again | dead      streaming -> due (the last edit) -> sending -> sent
CREATE TABLE outbox_2 (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL,
  part INTEGER NOT NULL,
  parts INTEGER NOT NULL,
  group_folder TEXT NOT NULL,
  chat_jid TEXT NOT NULL,
  thread TEXT,
  turn_id TEXT,
  text TEXT NOT NULL,
  reply_to TEXT,
  -- JSON: {path, name, mime}, path below data/spool
  file TEXT,
  -- JSON: [{label, value}]
  buttons TEXT,
  state TEXT NOT NULL CHECK (state IN ('due', 'sending', 'streaming', 'sent', 'dead')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL DEFAULT 0,
  platform_id TEXT,
  error TEXT,
  agent_told INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  sent_at INTEGER,
  UNIQUE (key, part)
) STRICT;
INSERT INTO outbox_2 (id, key, part, parts, group_folder, chat_jid, thread, turn_id, text, state, attempts, next_attempt_at,
  platform_id, error, created_at, sent_at)
  SELECT id, key, part, parts, group_folder, chat_jid, thread, turn_id, text, state, attempts, next_attempt_at,
    platform_id, error, created_at, sent_at FROM outbox ORDER BY id;
DROP TABLE outbox;
ALTER TABLE outbox_2 RENAME TO outbox;
CREATE INDEX outbox_by_turn ON outbox (turn_id);
CREATE INDEX outbox_open ON outbox (chat_jid, id) WHERE state IN ('due', 'sending');
CREATE INDEX outbox_streaming ON outbox (turn_id) WHERE state = 'streaming';
CREATE INDEX outbox_dead_untold ON outbox (group_folder) WHERE state = 'dead' AND agent_told = 0;

-- A turn that is forgotten must not be looked for in every row, nor what is open among all that is done.
CREATE INDEX inbox_by_turn ON inbox (turn_id) WHERE turn_id IS NOT NULL;
CREATE INDEX turns_by_retry ON turns (retry_of) WHERE retry_of IS NOT NULL;
CREATE INDEX inbox_not_done ON inbox (state) WHERE state <> 'done' AND wakes = 1;
