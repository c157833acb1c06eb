-- What leaves may also be done to a message that is there already. `target` names it: o45 (a row of this table) or m812 (a
-- message of the chat); what the platform calls it is looked up when the row is sent.
ALTER TABLE outbox ADD COLUMN kind TEXT NOT NULL DEFAULT 'message' CHECK (kind IN ('message', 'edit', 'reaction'));
ALTER TABLE outbox ADD COLUMN target TEXT;
-- Which row of ours a message of the platform is: asked at every answer, press and edit.
CREATE INDEX outbox_by_platform_id ON outbox (chat_jid, platform_id) WHERE platform_id IS NOT NULL;

CREATE INDEX outbox_by_target ON outbox (target) WHERE target IS NOT NULL;

-- What agents asked people. open -> answered | expired
CREATE TABLE questions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  group_folder TEXT NOT NULL,
  chat_jid TEXT NOT NULL,
  thread TEXT,
  question TEXT NOT NULL,
  -- JSON: labels; empty where any words are an answer
  options TEXT NOT NULL,
  -- They stand there as a numbered list: a number is an answer.
  numbered INTEGER NOT NULL,
  -- Of the outbox rows that ask it.
  outbox_key TEXT NOT NULL UNIQUE,
  asked_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'expired')),
  -- The message that ended it, and what it chose.
  message_seq INTEGER REFERENCES messages (seq),
  answer TEXT
) STRICT;
CREATE INDEX questions_open ON questions (chat_jid, id) WHERE state = 'open';
CREATE INDEX questions_due ON questions (expires_at) WHERE state = 'open';
CREATE INDEX questions_by_message ON questions (message_seq) WHERE message_seq IS NOT NULL;
