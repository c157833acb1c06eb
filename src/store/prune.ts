import type { Db } from './database.ts';

const dayMs = 86_400_000;
/** So few at once that nobody waits for it. */
const batch = 200;

/**
 * What is taken away when it is old: replies to agents' requests (30 days), inputs, results and delivered parts (90 days).
 * Messages, turns, usage, and notices that are told once in a lifetime stay. SQLite uses the room again.
 */
export class Prune {
  readonly #statements;

  constructor(db: Db) {
    const old = (days: number, sql: string) => ({ days, statement: db.prepare<{ before: number }>(sql) });
    this.#statements = [
      old(
        30,
        `DELETE FROM requests WHERE (run_id, id) IN
        (SELECT run_id, id FROM requests WHERE stored_at < @before LIMIT ${batch})`,
      ),
      old(
        90,
        `DELETE FROM results WHERE (turn_id, ordinal) IN
        (SELECT turn_id, ordinal FROM results WHERE stored_at < @before LIMIT ${batch})`,
      ),
      old(
        90,
        `DELETE FROM inputs WHERE seq IN (SELECT inputs.seq FROM inputs JOIN turns ON turns.id = inputs.turn_id
        WHERE turns.state <> 'running' AND turns.ended_at < @before LIMIT ${batch})`,
      ),
      old(
        90,
        `DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE created_at < @before
        AND (state = 'sent' OR (state = 'dead' AND agent_told = 1)) AND key NOT LIKE 'notice:%' LIMIT ${batch})`,
      ),
    ];
  }

  /** A few of what is old. True when there may be more. */
  step(now: number): boolean {
    return this.#statements
      .map(({ days, statement }) => statement.run({ before: now - days * dayMs }).changes)
      .some((changes) => changes === batch);
  }
}
