import type { Db } from './database.ts';

const minuteMs = 60_000;

/**
 * Instants that are waited for, and the longest their own rule explains: from later than that they come from a clock that
 * has been set back since. (Waits that last until something happens, or until a day named by somebody else, are none.)
 */
const rules = [
  // 80 s is the longest wait of a message that failed by itself, 5 min of one that waits for something outside.
  ['inbox', 'next_attempt_at', "state = 'waiting' AND cause IS NULL", 2 * minuteMs],
  [
    'inbox',
    'next_attempt_at',
    "state = 'waiting' AND cause IN ('network', 'overloaded', 'disk', 'sandbox')",
    5 * minuteMs,
  ],
  ['inbox', 'next_attempt_at', "state = 'waiting' AND cause = 'budget' AND next_attempt_at < 9e15", 26 * 60 * minuteMs],
  ['inbox', 'held_until', "state = 'waiting'", minuteMs],
  ['attachments', 'next_attempt_at', "state = 'pending'", minuteMs],
  ['tasks', 'not_before', "state = 'active'", 6 * 60 * minuteMs],
  ['pairings', 'expires_at', 'TRUE', 10 * minuteMs],
] as const;

/** What was stored under another clock. */
export class Instants {
  readonly #clamps;
  readonly #questions;
  readonly #outbox;

  constructor(db: Db) {
    this.#clamps = rules.map(([table, column, where, ms]) =>
      db.prepare<{ now: number }>(
        `UPDATE ${table} SET ${column} = @now + ${ms} WHERE ${where} AND ${column} > @now + ${ms}`,
      ),
    );
    this.#questions = db.prepare<{ now: number }>(`UPDATE questions SET expires_at = expires_at - asked_at + @now,
      asked_at = @now WHERE state = 'open' AND asked_at > @now`);
    // A wait that can be right is kept, so that a start spends no try.
    this.#outbox = db.prepare<{ now: number; setBack: number }>(`UPDATE outbox SET next_attempt_at = 0
      WHERE state = 'due' AND next_attempt_at > @now
        AND (@setBack = 1 OR created_at > @now OR next_attempt_at > @now + ${12 * 60 * minuteMs})`);
  }

  /** At start, and when the clock was set back: nothing waits longer than it would had it been stored now. One transaction. */
  clamp(now: number, { setBack = false } = {}): void {
    for (const statement of [...this.#clamps, this.#questions]) statement.run({ now });
    this.#outbox.run({ now, setBack: setBack ? 1 : 0 });
  }
}
