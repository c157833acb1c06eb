-- Wrong codes of each sender for the code that is open, so that a stranger's guesses silence that stranger alone.
CREATE TABLE pairing_tries (
  channel TEXT NOT NULL,
  sender_id TEXT NOT NULL,
  tries INTEGER NOT NULL,
  PRIMARY KEY (channel, sender_id)
) STRICT, WITHOUT ROWID;
ALTER TABLE pairings DROP COLUMN tries;

-- The input in which the agent is told of a message that was given up; it has been told once it has taken that input.
ALTER TABLE outbox ADD COLUMN told_in TEXT;
CREATE INDEX outbox_told_in ON outbox (told_in) WHERE told_in IS NOT NULL;
