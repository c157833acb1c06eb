import type { Place } from '../model/chat.ts';
import type { Attachment, AttachmentKind, IncomingAttachment } from '../model/message.ts';
import type { Db } from './database.ts';

interface AttachmentRow {
  id: number;
  message_seq: number;
  kind: AttachmentKind;
  name: string | null;
  mime: string | null;
  size: number | null;
  ref: string;
  state: Attachment['state'];
  path: string;
  error: string | null;
  attempts: number;
  quoted: number;
}

interface DueRow extends AttachmentRow {
  group_folder: string;
  chat_jid: string;
  thread: string | null;
}

/** An attachment that is to be fetched now. */
export interface DueAttachment extends IncomingAttachment {
  readonly id: number;
  readonly path: string;
  readonly group: string;
  readonly place: Place;
  readonly attempts: number;
}

/** What came with a message, or with the one that it answers (`quoted`), and what its channel's `fetch` takes. */
export type StoredAttachment = Attachment & Pick<IncomingAttachment, 'ref'>;

/** Files that came with messages: pending, then ready or failed. */
export class Attachments {
  readonly #add;
  readonly #due;
  readonly #ready;
  readonly #failed;
  readonly #again;
  readonly #later;
  readonly #ofMessage;

  constructor(db: Db) {
    this.#add = db.prepare(`INSERT INTO attachments (message_seq, kind, name, mime, size, ref, state, path, quoted)
      VALUES (@message, @kind, @name, @mime, @size, @ref, 'pending', @path, @quoted)`);
    // The first few of each chat, so that a flood in one does not stand before all the others.
    this.#due = db.prepare<[{ now: number; perChat: number; limit: number }], DueRow>(`SELECT * FROM (
        SELECT attachments.*, inbox.group_folder, inbox.chat_jid, inbox.thread,
          ROW_NUMBER() OVER (PARTITION BY inbox.chat_jid ORDER BY attachments.id) AS nth
        FROM attachments
          JOIN inbox ON inbox.message_seq = attachments.message_seq
        WHERE attachments.state = 'pending' AND attachments.next_attempt_at <= @now)
      WHERE nth <= @perChat ORDER BY nth, id LIMIT @limit`);
    const settle = `UPDATE attachments SET attempts = attempts + 1`;
    this.#ready = db.prepare(`${settle}, state = 'ready', size = ?, error = NULL WHERE id = ?`);
    this.#failed = db.prepare(`${settle}, state = 'failed', error = ? WHERE id = ?`);
    this.#again = db.prepare(`${settle}, next_attempt_at = ? WHERE id = ?`);
    this.#later = db.prepare('UPDATE attachments SET next_attempt_at = ? WHERE id = ?');
    this.#ofMessage = db.prepare<[number], AttachmentRow>(
      'SELECT * FROM attachments WHERE message_seq = ? ORDER BY id',
    );
  }

  /** `path` is where it will be, inside the group's folder. Joins the caller's transaction. */
  add(message: number, file: IncomingAttachment & { readonly path: string; readonly quoted?: boolean }): number {
    const { kind, name = null, mime = null, size = null, ref, path } = file;
    const quoted = file.quoted ? 1 : 0;
    const added = this.#add.run({ message, kind, name, mime, size, ref, path, quoted });
    return Number(added.lastInsertRowid);
  }

  /** What is to be fetched now, no more than `perChat` of any chat. */
  due(now: number, most: { perChat: number; limit: number }): DueAttachment[] {
    return this.#due.all({ now, ...most }).map((row) => ({
      ...described(row),
      id: row.id,
      ref: row.ref,
      path: row.path,
      group: row.group_folder,
      place: { jid: row.chat_jid, thread: row.thread ?? undefined },
      attempts: row.attempts,
    }));
  }

  ready(id: number, size: number): void {
    this.#ready.run(size, id);
  }

  failed(id: number, error: string): void {
    this.#failed.run(error, id);
  }

  again(id: number, at: number): void {
    this.#again.run(at, id);
  }

  /** Nothing was tried. */
  later(id: number, at: number): void {
    this.#later.run(at, id);
  }

  /** In the order in which they came. */
  ofMessage(seq: number): StoredAttachment[] {
    return this.#ofMessage.all(seq).map((row) => ({
      ...described(row),
      state: row.state,
      path: row.path,
      error: row.error ?? undefined,
      ref: row.ref,
      quoted: row.quoted === 1,
    }));
  }
}

function described(row: AttachmentRow): Omit<IncomingAttachment, 'ref'> {
  const { kind } = row;
  return { kind, name: row.name ?? undefined, mime: row.mime ?? undefined, size: row.size ?? undefined };
}
