-- 1: said by a machine, by its own word or the platform's.
ALTER TABLE messages ADD COLUMN machine INTEGER NOT NULL DEFAULT 0;

-- 1: it belongs to the message that this one answers.
ALTER TABLE attachments ADD COLUMN quoted INTEGER NOT NULL DEFAULT 0;

-- Until then nobody but an owner wakes the group there; exchanges up to that message are not counted again.
ALTER TABLE chats ADD COLUMN quiet_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN counted_from INTEGER NOT NULL DEFAULT 0;

-- When the first of its tries failed: a row that goes on failing no longer holds up what follows it.
ALTER TABLE outbox ADD COLUMN failing_since INTEGER;

-- Chats that the platform calls by another id now. What is still said under the old one belongs to the new one.
CREATE TABLE moved_chats (
  from_jid TEXT PRIMARY KEY,
  to_jid TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Without its uniqueness: a chat that moved into another one is found by the words of both.
CREATE TABLE search_chats_2 (
  id INTEGER PRIMARY KEY,
  jid TEXT NOT NULL REFERENCES chats (jid)
) STRICT;
INSERT INTO search_chats_2 (id, jid) SELECT id, jid FROM search_chats;
DROP TABLE search_chats;
ALTER TABLE search_chats_2 RENAME TO search_chats;
CREATE INDEX search_chats_by_jid ON search_chats (jid);
