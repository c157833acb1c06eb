import type { Place } from '../model/chat.ts';
import type { Db } from './database.ts';
import { jidNow } from './moves.ts';
import {
  type ButtonRow,
  fromColumns,
  type OutboxColumns,
  type OutboxKind,
  type OutboxRow,
  type SpooledFile,
} from './outbox-row.ts';

export interface NewMessage {
  readonly key: string;
  readonly group: string;
  readonly place: Place;
  /** The turn that says it; undefined for the host's own notices. */
  readonly turnId: string | undefined;
  readonly parts: readonly string[];
  /** Default: message. The others have one part and a target. */
  readonly kind?: OutboxKind | undefined;
  readonly target?: string | undefined;
  /** Platform id of the message the first part answers. */
  readonly replyTo?: string | undefined;
  /** Goes with the first part. */
  readonly file?: SpooledFile | undefined;
  /** Stand under the last part. */
  readonly buttons?: ButtonRow | undefined;
}

/** So long a row that fails holds up what follows it: long enough for whatever mends itself. */
const holdsUpMs = 120_000;

/** Rows waiting for a channel, one per part. Unique by key and part, so that nothing is said twice. */
export class Outbox {
  readonly #add;
  readonly #known;
  readonly #openPlaces;
  readonly #head;
  readonly #aside;
  readonly #nextDue;
  readonly #sending;
  readonly #sent;
  readonly #rewrite;
  readonly #forget;
  readonly #again;
  readonly #bury;
  readonly #wereSending;
  readonly #requeue;
  readonly #openIn;
  readonly #ofTurn;
  readonly #files;
  readonly #untold;
  readonly #tell;
  readonly #told;
  readonly #untell;
  readonly #filesFor;
  readonly #counts;

  constructor(db: Db) {
    this.#add =
      db.prepare(`INSERT INTO outbox (key, part, parts, group_folder, chat_jid, thread, turn_id, kind, target, text, reply_to, file, buttons, state, created_at)
      VALUES (@key, @part, @parts, @group, ${jidNow}, @thread, @turnId, @kind, @target, @text, @replyTo, @file, @buttons, 'due', @now)`);
    this.#known = db.prepare<[string], { id: number }>('SELECT id FROM outbox WHERE key = ? LIMIT 1');
    this.#openPlaces = db.prepare<[], { chat_jid: string; thread: string | null }>(
      "SELECT DISTINCT chat_jid, thread FROM outbox WHERE state IN ('due', 'sending')",
    );
    const here = "chat_jid = @jid AND thread IS @thread AND state IN ('due', 'sending')";
    const aside = 'COALESCE(failing_since <= @asideSince, 0)';
    this.#head = db.prepare<[PlaceNow], OutboxColumns>(
      `SELECT * FROM outbox WHERE ${here} AND NOT ${aside} ORDER BY id LIMIT 1`,
    );
    this.#aside = db.prepare<[PlaceNow], OutboxColumns>(
      `SELECT * FROM outbox WHERE ${here} AND ${aside} AND next_attempt_at <= @now ORDER BY next_attempt_at LIMIT 1`,
    );
    this.#nextDue = db.prepare<[number], { at: number | null }>(
      "SELECT MIN(next_attempt_at) AS at FROM outbox WHERE state IN ('due', 'sending') AND next_attempt_at > ?",
    );
    this.#sending = db.prepare(
      "UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = ? AND state = 'due'",
    );
    this.#sent = db.prepare(
      "UPDATE outbox SET state = 'sent', platform_id = ?, sent_at = ?, error = NULL WHERE id = ?",
    );
    this.#rewrite =
      db.prepare(`UPDATE outbox SET text = ?, state = 'due', attempts = 0, next_attempt_at = 0, failing_since = NULL
      WHERE key = ? AND state IN ('due', 'sent')`);
    this.#forget = db.prepare('UPDATE outbox SET platform_id = NULL WHERE id = ?');
    this.#again = db.prepare(
      "UPDATE outbox SET state = 'due', attempts = @attempts, next_attempt_at = @at, failing_since = @failingSince, error = @error WHERE id = @id",
    );
    this.#bury = db.prepare(
      "UPDATE outbox SET state = 'dead', error = ?, agent_told = (key LIKE 'notice:%') WHERE id = ?",
    );
    // The wider condition is the index's own: without it all that was ever said would be read.
    const wasSending = "state IN ('due', 'sending') AND state = 'sending'";
    this.#wereSending = db.prepare<[], OutboxColumns>(`SELECT * FROM outbox WHERE ${wasSending}`);
    this.#requeue = db.prepare(`UPDATE outbox SET state = 'due', next_attempt_at = 0 WHERE ${wasSending}`);
    this.#openIn = db.prepare<[string], { key: string }>(
      "SELECT key || '/' || part AS key FROM outbox WHERE chat_jid = ? AND state IN ('due', 'sending')",
    );
    this.#ofTurn = db.prepare<[string], { text: string }>(`SELECT
      CASE WHEN kind = 'edit' THEN '[changed ' || target || ' to] ' || text
        WHEN kind = 'reaction' THEN '[reacted ' || text || ' to ' || target || ']'
        WHEN file IS NULL OR NOT json_valid(file) THEN text ELSE '[file ' || json_extract(file, '$.name') || '] ' || text END AS text
      FROM outbox WHERE turn_id = ? AND state <> 'streaming' ORDER BY id`);
    this.#files = db.prepare<[], OutboxColumns>(
      "SELECT * FROM outbox WHERE state IN ('due', 'sending') AND file IS NOT NULL",
    );
    this.#filesFor = db.prepare<[string], OutboxColumns>(
      "SELECT * FROM outbox WHERE chat_jid = ? AND state IN ('due', 'sending') AND file IS NOT NULL",
    );
    this.#untold = db.prepare<[string], OutboxColumns>(
      "SELECT * FROM outbox WHERE group_folder = ? AND state = 'dead' AND agent_told = 0 AND told_in IS NULL ORDER BY id",
    );
    this.#tell = db.prepare('UPDATE outbox SET told_in = ? WHERE id = ?');
    this.#told = db.prepare('UPDATE outbox SET agent_told = 1, told_in = NULL WHERE told_in = ?');
    this.#untell = db.prepare('UPDATE outbox SET told_in = NULL WHERE told_in = ?');
    this.#counts = db.prepare<[], { state: string; n: number }>(
      "SELECT state, COUNT(*) AS n FROM outbox WHERE state IN ('due', 'sending', 'dead') GROUP BY state",
    );
  }

  /** Stores all parts of one message, or those from part `from` on. False when its key is known: it was said before. */
  add(message: NewMessage, now: number, { from = 1 }: { from?: number } = {}): boolean {
    if (from === 1 && this.knows(message.key)) return false;
    const { place, parts } = message;
    for (const [index, text] of parts.entries()) {
      if (index + 1 < from) continue;
      this.#add.run({
        key: message.key,
        part: index + 1,
        parts: parts.length,
        group: message.group,
        jid: place.jid,
        thread: place.thread ?? null,
        turnId: message.turnId ?? null,
        kind: message.kind ?? 'message',
        target: message.target ?? null,
        text,
        replyTo: index === 0 ? (message.replyTo ?? null) : null,
        file: index === 0 && message.file ? JSON.stringify(message.file) : null,
        buttons: index === parts.length - 1 && message.buttons ? JSON.stringify(message.buttons) : null,
        now,
      });
    }
    return true;
  }

  knows(key: string): boolean {
    return this.#known.get(key) !== undefined;
  }

  /** Where there is something to deliver. */
  openPlaces(): Place[] {
    return this.#openPlaces.all().map(({ chat_jid: jid, thread }) => ({ jid, thread: thread ?? undefined }));
  }

  /**
   * The next row of a chat and thread, due or not: nothing overtakes it. Once its tries have failed for two minutes it steps
   * aside, and what follows it is next.
   */
  head(place: Place, now: number): OutboxRow | undefined {
    const row = this.#head.get(placeNow(place, now));
    return row && fromColumns(row);
  }

  /** One that has stepped aside and is to be tried again now. */
  asideAt(place: Place, now: number): OutboxRow | undefined {
    const row = this.#aside.get(placeNow(place, now));
    return row && fromColumns(row);
  }

  /** When the next row is due that is not yet. */
  nextDueAt(now: number): number | undefined {
    return this.#nextDue.get(now)?.at ?? undefined;
  }

  // Counted before the platform is called, not after: if we die inside the call, the next run must know of the try.
  markSending(id: number): void {
    this.#sending.run(id);
  }

  markSent(id: number, platformId: string, now: number): void {
    this.#sent.run(platformId, now, id);
  }

  /** Another text for what is known under the key: what has been sent is edited. False when it cannot be changed now. */
  rewrite(key: string, text: string): boolean {
    return this.#rewrite.run(text, key).changes > 0;
  }

  /** The message it stood for is gone: it is sent, not edited. */
  forgetPlatformId(id: number): void {
    this.#forget.run(id);
  }

  again(id: number, next: { attempts: number; at: number; failingSince: number | undefined; error: string }): void {
    this.#again.run({ id, ...next, failingSince: next.failingSince ?? null });
  }

  /** Given up. The group's agent is told on its next turn; of a notice it is not. */
  bury(id: number, error: string): void {
    this.#bury.run(error, id);
  }

  /** At start: what was being sent when the host died is due again; perhaps the platform has it. */
  requeueSending(): OutboxRow[] {
    const rows = this.#wereSending.all().map(fromColumns);
    this.#requeue.run();
    return rows;
  }

  openIn(jid: string): number {
    return this.openKeys(jid).length;
  }

  /** The keys that its parts are sent under. */
  openKeys(jid: string): string[] {
    return this.#openIn.all(jid).map(({ key }) => key);
  }

  /** What a turn has said so far; not what it is still writing. */
  saidBy(turnId: string): string[] {
    return this.#ofTurn.all(turnId).map((row) => row.text);
  }

  /** Files that wait to be sent. */
  files(): SpooledFile[] {
    return this.#files.all().flatMap((row) => fromColumns(row).file ?? []);
  }

  /** Messages of the group that were given up and of which its agent has not been told. */
  untold(group: string): OutboxRow[] {
    return this.#untold.all(group).map(fromColumns);
  }

  /** The agent is told of it in that input; it has been once it took the input. */
  tellIn(inputId: string, id: number): void {
    this.#tell.run(inputId, id);
  }

  markTold(inputId: string): void {
    this.#told.run(inputId);
  }

  /** The agent never took the input: it is told in another one. */
  untell(inputId: string): void {
    this.#untell.run(inputId);
  }

  /** Files that wait to be sent to a chat. */
  filesFor(jid: string): SpooledFile[] {
    return this.#filesFor.all(jid).flatMap((row) => fromColumns(row).file ?? []);
  }

  counts(): { due: number; dead: number } {
    const found = new Map(this.#counts.all().map((row) => [row.state, row.n]));
    return { due: (found.get('due') ?? 0) + (found.get('sending') ?? 0), dead: found.get('dead') ?? 0 };
  }
}

interface PlaceNow {
  readonly jid: string;
  readonly thread: string | null;
  readonly now: number;
  readonly asideSince: number;
}

function placeNow({ jid, thread }: Place, now: number): PlaceNow {
  return { jid, thread: thread ?? null, now, asideSince: now - holdsUpMs };
}
