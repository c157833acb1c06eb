import type { Place } from '../model/chat.ts';
import type { Db } from './database.ts';
import { jidNow } from './moves.ts';
import type { NewMessage } from './outbox.ts';
import { fromColumns, type OutboxColumns, type OutboxRow } from './outbox-row.ts';

interface Begun {
  readonly turnId: string;
  readonly group: string;
  readonly place: Place;
  readonly text: string;
  readonly replyTo: string | undefined;
}

/**
 * Outbox rows of answers that are still being written: at most one for a turn and the attempts before it. `text` is what
 * the agent has written so far; what is shown may be less (cut to one message) or a line that stands for it. A row that
 * counts a try but has no platform id is being sent at this moment.
 */
export class Streams {
  readonly #begin;
  readonly #ofTurn;
  readonly #write;
  readonly #sending;
  readonly #sent;
  readonly #failed;
  readonly #complete;
  readonly #wereSending;
  readonly #requeue;
  readonly #over;
  readonly #remove;

  constructor(db: Db) {
    this.#begin =
      db.prepare(`INSERT INTO outbox (key, part, parts, group_folder, chat_jid, thread, turn_id, text, reply_to, state, created_at)
      VALUES (@key, 1, 1, @group, ${jidNow}, @thread, @turnId, @text, @replyTo, 'streaming', @now)`);
    this.#ofTurn = db.prepare<[string], OutboxColumns>(`WITH RECURSIVE attempts (id) AS (
        SELECT ? UNION SELECT retry_of FROM turns JOIN attempts ON turns.id = attempts.id WHERE retry_of IS NOT NULL)
      SELECT * FROM outbox WHERE state = 'streaming' AND turn_id IN (SELECT id FROM attempts) ORDER BY id DESC LIMIT 1`);
    this.#write = db.prepare("UPDATE outbox SET text = ? WHERE id = ? AND state = 'streaming'");
    this.#sending = db.prepare("UPDATE outbox SET attempts = 1 WHERE id = ? AND state = 'streaming'");
    // Whatever its state: a result may have completed the row while it was being sent.
    this.#sent = db.prepare('UPDATE outbox SET platform_id = ? WHERE id = ?');
    this.#failed = db.prepare("UPDATE outbox SET attempts = 0 WHERE id = ? AND state = 'streaming'");
    this.#complete = db.prepare(`UPDATE outbox SET key = @key, parts = @parts, group_folder = @group, turn_id = @turnId,
      text = @text, state = CASE WHEN platform_id IS NULL THEN 'sending' ELSE 'due' END, attempts = 0, next_attempt_at = 0, failing_since = NULL
      WHERE id = @id`);
    const lost = "state = 'streaming' AND platform_id IS NULL AND attempts > 0";
    this.#wereSending = db.prepare<[], OutboxColumns>(`SELECT * FROM outbox WHERE ${lost}`);
    this.#requeue = db.prepare(`UPDATE outbox SET attempts = 0 WHERE ${lost}`);
    // Asked at every end of a turn: without the hints it would read all of three tables.
    this.#over = db.prepare<[], OutboxColumns>(`WITH RECURSIVE alive (id) AS (
        SELECT id FROM turns INDEXED BY turns_running WHERE state = 'running'
        UNION SELECT turn_id FROM inbox INDEXED BY inbox_waking WHERE state = 'waiting' AND wakes = 1 AND turn_id IS NOT NULL
        UNION SELECT retry_of FROM turns JOIN alive ON turns.id = alive.id WHERE retry_of IS NOT NULL)
      SELECT * FROM outbox INDEXED BY outbox_streaming
        WHERE state = 'streaming' AND turn_id NOT IN (SELECT id FROM alive)`);
    this.#remove = db.prepare('DELETE FROM outbox WHERE id = ?');
  }

  begin(row: Begun, now: number): void {
    this.#begin.run({
      key: `stream:${row.turnId}`,
      group: row.group,
      jid: row.place.jid,
      thread: row.place.thread ?? null,
      turnId: row.turnId,
      text: row.text,
      replyTo: row.replyTo ?? null,
      now,
    });
  }

  /** What this turn, or an earlier attempt at it, has left in the chat to be completed. */
  ofTurn(turnId: string): OutboxRow | undefined {
    const row = this.#ofTurn.get(turnId);
    return row && fromColumns(row);
  }

  write(id: number, text: string): void {
    this.#write.run(text, id);
  }

  // Counted before the platform is called: if we die inside the call, the next run must know that it may have it.
  markSending(id: number): void {
    this.#sending.run(id);
  }

  markSent(id: number, platformId: string): void {
    this.#sent.run(platformId, id);
  }

  markFailed(id: number): void {
    this.#failed.run(id);
  }

  /**
   * Makes the row the message's first part, to be edited. False, and the row is gone, when nothing of it has reached the
   * platform: the message is to be stored as any other, in its order.
   */
  complete(row: OutboxRow, message: NewMessage): boolean {
    if (row.platformId === undefined && row.attempts === 0) {
      this.remove(row.id);
      return false;
    }
    this.#complete.run({
      id: row.id,
      key: message.key,
      parts: message.parts.length,
      group: message.group,
      turnId: message.turnId ?? null,
      text: message.parts[0] ?? '',
    });
    return true;
  }

  /** At start: rows that were being sent when the host died. Perhaps the platform has them; they count as not sent. */
  requeueSending(): OutboxRow[] {
    const rows = this.#wereSending.all().map(fromColumns);
    this.#requeue.run();
    return rows;
  }

  /** Rows that no turn and no waiting message will complete any more. */
  over(): OutboxRow[] {
    return this.#over.all().map(fromColumns);
  }

  remove(id: number): void {
    this.#remove.run(id);
  }
}
