import { z } from 'zod';
import type { Place } from '../model/chat.ts';
import type { Db } from './database.ts';

const spooled = z.object({ path: z.string(), name: z.string(), mime: z.string().optional() });
/** A file of ours that waits to be sent; `path` below `data/spool`. */
export type SpooledFile = z.infer<typeof spooled>;
const buttons = z.array(z.object({ label: z.string(), value: z.string() }));

export interface OutboxRow {
  readonly id: number;
  readonly key: string;
  readonly part: number;
  readonly parts: number;
  readonly group_folder: string;
  readonly chat_jid: string;
  readonly thread: string | null;
  readonly turn_id: string | null;
  readonly text: string;
  readonly reply_to: string | null;
  readonly file: SpooledFile | undefined;
  readonly buttons: z.infer<typeof buttons> | undefined;
  readonly state: 'due' | 'sending' | 'streaming' | 'sent' | 'dead';
  /** Known before it is due for a message that was streamed: then it is edited, not sent. */
  readonly platform_id: string | null;
  readonly attempts: number;
  readonly next_attempt_at: number;
  readonly created_at: number;
}

interface OutboxColumns extends Omit<OutboxRow, 'file' | 'buttons'> {
  readonly file: string | null;
  readonly buttons: string | null;
}

export interface NewMessage {
  readonly key: string;
  readonly group: string;
  readonly place: Place;
  /** The turn that says it; undefined for the host's own notices. */
  readonly turnId: string | undefined;
  readonly parts: readonly string[];
  /** Platform id of the message the first part answers. */
  readonly replyTo?: string | undefined;
  /** Goes with the first part. */
  readonly file?: SpooledFile | undefined;
  /** Stand under the last part. */
  readonly buttons?: z.infer<typeof buttons> | undefined;
}

/** Rows waiting for a channel, one per part. Unique by key and part, so that nothing is said twice. */
export class Outbox {
  readonly #add;
  readonly #known;
  readonly #openChats;
  readonly #head;
  readonly #sending;
  readonly #sent;
  readonly #again;
  readonly #bury;
  readonly #requeue;
  readonly #openIn;
  readonly #ofTurn;
  readonly #counts;

  constructor(db: Db) {
    this.#add =
      db.prepare(`INSERT INTO outbox (key, part, parts, group_folder, chat_jid, thread, turn_id, text, reply_to, file, buttons, state, created_at)
      VALUES (@key, @part, @parts, @group, @jid, @thread, @turnId, @text, @replyTo, @file, @buttons, 'due', @now)`);
    this.#known = db.prepare<[string], { id: number }>('SELECT id FROM outbox WHERE key = ? LIMIT 1');
    this.#openChats = db.prepare<[], { chat_jid: string }>(
      "SELECT DISTINCT chat_jid FROM outbox WHERE state IN ('due', 'sending')",
    );
    this.#head = db.prepare<[string], OutboxColumns>(
      "SELECT * FROM outbox WHERE chat_jid = ? AND state IN ('due', 'sending') ORDER BY id LIMIT 1",
    );
    this.#sending = db.prepare(
      "UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = ? AND state = 'due'",
    );
    this.#sent = db.prepare("UPDATE outbox SET state = 'sent', platform_id = ?, sent_at = ? WHERE id = ?");
    this.#again = db.prepare(
      "UPDATE outbox SET state = 'due', attempts = @attempts, next_attempt_at = @at, error = @error WHERE id = @id",
    );
    this.#bury = db.prepare("UPDATE outbox SET state = 'dead', error = ? WHERE id = ?");
    this.#requeue = db.prepare("UPDATE outbox SET state = 'due' WHERE state = 'sending'");
    this.#openIn = db.prepare<[string], { n: number }>(
      "SELECT COUNT(*) AS n FROM outbox WHERE chat_jid = ? AND state IN ('due', 'sending')",
    );
    this.#ofTurn = db.prepare<[string], { text: string }>('SELECT text FROM outbox WHERE turn_id = ? ORDER BY id');
    this.#counts = db.prepare<[], { state: string; n: number }>(
      "SELECT state, COUNT(*) AS n FROM outbox WHERE state IN ('due', 'sending', 'dead') GROUP BY state",
    );
  }

  /** Stores all parts of one message. False when its key is known: it was said before. */
  add(message: NewMessage, now: number): boolean {
    if (this.#known.get(message.key)) return false;
    const { place, parts } = message;
    for (const [index, text] of parts.entries()) {
      this.#add.run({
        key: message.key,
        part: index + 1,
        parts: parts.length,
        group: message.group,
        jid: place.jid,
        thread: place.thread ?? null,
        turnId: message.turnId ?? null,
        text,
        replyTo: index === 0 ? (message.replyTo ?? null) : null,
        file: index === 0 && message.file ? JSON.stringify(message.file) : null,
        buttons: index === parts.length - 1 && message.buttons ? JSON.stringify(message.buttons) : null,
        now,
      });
    }
    return true;
  }

  /** Chats with something to deliver. */
  openChats(): string[] {
    return this.#openChats.all().map((row) => row.chat_jid);
  }

  /** The next row of a chat, due or not: nothing overtakes it. */
  head(jid: string): OutboxRow | undefined {
    const row = this.#head.get(jid);
    return row && fromColumns(row);
  }

  // Counted before the platform is called, not after: if we die inside the call, the next run must know of the try.
  markSending(id: number): void {
    this.#sending.run(id);
  }

  markSent(id: number, platformId: string, now: number): void {
    this.#sent.run(platformId, now, id);
  }

  again(id: number, next: { attempts: number; at: number; error: string }): void {
    this.#again.run({ id, ...next });
  }

  bury(id: number, error: string): void {
    this.#bury.run(error, id);
  }

  /** At start: what was being sent when the host died is due again. */
  requeueSending(): void {
    this.#requeue.run();
  }

  openIn(jid: string): number {
    return this.#openIn.get(jid)?.n ?? 0;
  }

  /** What a turn has said so far. */
  saidBy(turnId: string): string[] {
    return this.#ofTurn.all(turnId).map((row) => row.text);
  }

  counts(): { due: number; dead: number } {
    const found = new Map(this.#counts.all().map((row) => [row.state, row.n]));
    return { due: (found.get('due') ?? 0) + (found.get('sending') ?? 0), dead: found.get('dead') ?? 0 };
  }
}

function fromColumns(row: OutboxColumns): OutboxRow {
  return {
    ...row,
    file: row.file === null ? undefined : spooled.parse(JSON.parse(row.file)),
    buttons: row.buttons === null ? undefined : buttons.parse(JSON.parse(row.buttons)),
  };
}
