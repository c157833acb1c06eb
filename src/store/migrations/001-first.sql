-- Instants are milliseconds since the epoch. Order is always a rowid, never an instant.

CREATE TABLE facts (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE groups (
  folder TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  is_main INTEGER NOT NULL DEFAULT 0,
  trigger_text TEXT NOT NULL,
  requires_trigger INTEGER NOT NULL DEFAULT 1,
  model TEXT,
  egress TEXT NOT NULL,
  allow TEXT NOT NULL DEFAULT '[]',
  mounts TEXT NOT NULL DEFAULT '[]',
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX groups_one_main ON groups (is_main) WHERE is_main = 1;

CREATE TABLE chats (
  jid TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  name TEXT NOT NULL,
  is_group INTEGER NOT NULL DEFAULT 0,
  group_folder TEXT REFERENCES groups (folder) ON DELETE SET NULL,
  last_message_at INTEGER
) STRICT;
CREATE INDEX chats_by_group ON chats (group_folder);

-- Everything said in a chat, both directions, once.
CREATE TABLE messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  chat_jid TEXT NOT NULL REFERENCES chats (jid),
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
  kind TEXT NOT NULL CHECK (kind IN ('message', 'edit', 'reaction', 'click')),
  platform_id TEXT NOT NULL,
  revision INTEGER NOT NULL DEFAULT 0,
  thread TEXT,
  sender_id TEXT NOT NULL,
  sender_name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'member', 'unknown')),
  text TEXT NOT NULL,
  sent_at INTEGER NOT NULL,
  stored_at INTEGER NOT NULL,
  reply_id TEXT,
  reply_sender TEXT,
  reply_text TEXT,
  UNIQUE (chat_jid, kind, platform_id, revision)
) STRICT;
CREATE INDEX messages_by_chat ON messages (chat_jid, seq);

CREATE TABLE turns (
  id TEXT PRIMARY KEY,
  group_folder TEXT NOT NULL,
  chat_jid TEXT NOT NULL,
  thread TEXT,
  run_id TEXT,
  retry_of TEXT REFERENCES turns (id),
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'stopped')),
  cause TEXT,
  error TEXT,
  started_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE INDEX turns_running ON turns (group_folder) WHERE state = 'running';

-- waiting -> claimed (by a turn) -> done | waiting again | dead
CREATE TABLE inbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  group_folder TEXT NOT NULL,
  chat_jid TEXT NOT NULL,
  thread TEXT,
  message_seq INTEGER NOT NULL UNIQUE REFERENCES messages (seq),
  wakes INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'claimed', 'done', 'dead')),
  turn_id TEXT REFERENCES turns (id),
  input_id TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  claims INTEGER NOT NULL DEFAULT 0,
  cause TEXT,
  cause_tries INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX inbox_waking ON inbox (next_attempt_at, group_folder, id) WHERE state = 'waiting' AND wakes = 1;
CREATE INDEX inbox_waiting ON inbox (group_folder, chat_jid, id) WHERE state = 'waiting';
CREATE INDEX inbox_claimed ON inbox (turn_id, input_id) WHERE state = 'claimed';

-- seq names the files of the mailbox, so that name order is the order to read in.
CREATE TABLE inputs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  turn_id TEXT NOT NULL REFERENCES turns (id),
  body TEXT NOT NULL,
  taken INTEGER NOT NULL DEFAULT 0,
  -- What the result that failed it said, as JSON.
  error TEXT,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'failed'))
) STRICT;
CREATE INDEX inputs_by_turn ON inputs (turn_id);

CREATE TABLE results (
  turn_id TEXT NOT NULL REFERENCES turns (id),
  ordinal INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('ok', 'error', 'stopped')),
  answers TEXT NOT NULL,
  usage TEXT,
  stored_at INTEGER NOT NULL,
  PRIMARY KEY (turn_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  group_folder TEXT PRIMARY KEY,
  session_id TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- What an agent asked for, and the reply it was given: the same request is never done twice.
CREATE TABLE requests (
  run_id TEXT NOT NULL,
  id TEXT NOT NULL,
  hash TEXT NOT NULL,
  reply TEXT NOT NULL,
  stored_at INTEGER NOT NULL,
  PRIMARY KEY (run_id, id)
) STRICT, WITHOUT ROWID;

-- due -> sending -> sent | due again | dead
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL,
  part INTEGER NOT NULL,
  parts INTEGER NOT NULL,
  group_folder TEXT NOT NULL,
  chat_jid TEXT NOT NULL,
  thread TEXT,
  turn_id TEXT,
  text TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('due', 'sending', 'sent', 'dead')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL DEFAULT 0,
  platform_id TEXT,
  error TEXT,
  created_at INTEGER NOT NULL,
  sent_at INTEGER,
  UNIQUE (key, part)
) STRICT;
CREATE INDEX outbox_by_turn ON outbox (turn_id);
CREATE INDEX outbox_open ON outbox (chat_jid, id) WHERE state IN ('due', 'sending');
