-- What the agents' results cost, by the SDK's own figures, summed by the host's local day. An empty model is an unknown one.
CREATE TABLE usage (
  day TEXT NOT NULL,
  group_folder TEXT NOT NULL,
  model TEXT NOT NULL,
  results INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  cost_usd REAL NOT NULL,
  PRIMARY KEY (day, group_folder, model)
) STRICT, WITHOUT ROWID;

-- Which local day an older result belongs to, only the host knows: it sums them up when it starts.
INSERT INTO facts (key, value) SELECT 'usage', 'unsummed' WHERE EXISTS (SELECT 1 FROM results WHERE usage IS NOT NULL);

-- Dollars a day, or 'none': not even the budget of all groups holds this one.
ALTER TABLE groups ADD COLUMN budget TEXT;
