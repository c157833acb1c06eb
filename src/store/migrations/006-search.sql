-- Full text of what was said, by the numbers of messages; the text itself stands in messages alone. `chat` holds one word,
-- `c<id>` of search_chats. What is already stored is taken in by the host while it runs, a few messages at a time: the fact
-- `search` is the last one that is in.
CREATE VIRTUAL TABLE search USING fts5 (chat, text, content = '', contentless_delete = 1,
  tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co So'");

-- Every word of it, where longer forms of one are looked for.
CREATE VIRTUAL TABLE search_words USING fts5vocab (search, instance);

CREATE TABLE search_chats (
  id INTEGER PRIMARY KEY,
  jid TEXT NOT NULL UNIQUE REFERENCES chats (jid)
) STRICT;

-- 1: a command to the host, or its reply. It is never found.
ALTER TABLE messages ADD COLUMN command INTEGER NOT NULL DEFAULT 0;
UPDATE messages SET command = 1 WHERE seq IN
  (SELECT CAST(substr(key, 9) AS INTEGER) FROM outbox WHERE key GLOB 'command:[0-9]*');
UPDATE messages SET command = 1 WHERE direction = 'out' AND kind = 'message' AND (chat_jid, platform_id) IN
  (SELECT chat_jid, platform_id FROM outbox WHERE key GLOB 'command:[0-9]*' AND platform_id IS NOT NULL);
