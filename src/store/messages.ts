import type { Place } from '../model/chat.ts';
import type { InboundMessage, Message, MessageKind, Role } from '../model/message.ts';
import type { Db } from './database.ts';
import { jidNow } from './moves.ts';

interface MessageRow {
  seq: number;
  chat_jid: string;
  direction: 'in' | 'out';
  kind: MessageKind;
  platform_id: string;
  thread: string | null;
  sender_id: string;
  sender_name: string;
  role: Role;
  text: string;
  sent_at: number;
  reply_id: string | null;
  reply_sender: string | null;
  reply_text: string | null;
  original: number | null;
  task_run: number | null;
}

/** What somebody said just before. `sentAt` is the platform's clock, `storedAt` ours. */
export interface SaidBefore {
  readonly sentAt: number;
  readonly storedAt: number;
  readonly units: number;
  readonly woke: 0 | 1;
}

export interface SaidLately {
  readonly direction: 'in' | 'out';
  readonly sender: string;
  readonly machine: 0 | 1;
  readonly role: Role;
  /** When we stored it. */
  readonly at: number;
  readonly woke: 0 | 1;
}

// An edit names the message it changes by that one's platform id.
const columns = `*, CASE WHEN kind = 'edit' THEN (SELECT first.seq FROM messages AS first
  WHERE first.chat_jid = messages.chat_jid AND first.kind = 'message' AND first.platform_id = messages.platform_id) END AS original`;

export class Messages {
  readonly #insert;
  readonly #markCommand;
  readonly #isCommand;
  readonly #get;
  readonly #newest;
  readonly #find;
  readonly #lastSaid;
  readonly #wordsNow;
  readonly #rewrite;
  readonly #before;
  readonly #recent;
  readonly #settled;

  constructor(db: Db) {
    this.#insert = db.prepare(`
      INSERT INTO messages (chat_jid, direction, kind, platform_id, revision, thread, sender_id, sender_name, role, text,
        sent_at, stored_at, reply_id, reply_sender, reply_text, command, machine)
      VALUES (${jidNow}, @direction, @kind, @platformId, @revision, @thread, @senderId, @senderName, @role, @text,
        @sentAt, @now, @replyId, @replySender, @replyText, @command, @machine)
      ON CONFLICT (chat_jid, kind, platform_id, revision) DO NOTHING`);
    this.#markCommand = db.prepare('UPDATE messages SET command = 1 WHERE seq = ?');
    this.#isCommand = db.prepare<[number], { n: number }>('SELECT 1 AS n FROM messages WHERE seq = ? AND command = 1');
    this.#get = db.prepare<[number], MessageRow>(`SELECT ${columns} FROM messages WHERE seq = ?`);
    this.#newest = db.prepare<[string, number], MessageRow>(
      `SELECT ${columns} FROM messages WHERE chat_jid = ? ORDER BY seq DESC LIMIT ?`,
    );
    this.#find = db.prepare<[string, string], MessageRow>(`SELECT ${columns} FROM messages
      WHERE chat_jid = ? AND kind IN ('message', 'edit', 'reaction', 'click') AND platform_id = ? ORDER BY kind = 'message' DESC, seq DESC LIMIT 1`);
    // A command from before the mark is one that has a reply of its own.
    this.#lastSaid = db.prepare<
      { jid: string; thread: string | null; before: number },
      MessageRow
    >(`SELECT ${columns} FROM messages
      WHERE chat_jid = @jid AND thread IS @thread AND direction = 'in' AND kind = 'message' AND seq < @before
        AND command = 0 AND NOT EXISTS (SELECT 1 FROM outbox WHERE key = 'command:' || messages.seq)
      ORDER BY seq DESC LIMIT 1`);
    this.#wordsNow = db.prepare<[string, string], { text: string; name: string }>(`SELECT text, sender_name AS name
      FROM messages WHERE chat_jid = ? AND kind IN ('message', 'edit') AND platform_id = ? ORDER BY revision DESC LIMIT 1`);
    this.#rewrite = db.prepare('UPDATE messages SET text = ? WHERE seq = ?');
    // Among the chat's last ones: an index for this question alone would cost every message.
    this.#before = db.prepare<{ jid: string; thread: string | null; sender: string }, SaidBefore>(`SELECT
        messages.sent_at AS sentAt, messages.stored_at AS storedAt, length(messages.text) AS units, inbox.wakes = 1 AS woke
      FROM (SELECT * FROM messages WHERE chat_jid = @jid ORDER BY seq DESC LIMIT 50) AS messages
        JOIN inbox ON inbox.message_seq = messages.seq
      WHERE messages.thread IS @thread AND messages.sender_id = @sender AND messages.kind = 'message'
      ORDER BY messages.seq DESC LIMIT 1`);
    this.#recent = db.prepare<{ jid: string; after: number; since: number }, SaidLately>(`SELECT messages.direction,
        messages.sender_id AS sender, messages.machine, messages.role, messages.stored_at AS at, COALESCE(inbox.wakes, 0) AS woke
      FROM messages LEFT JOIN inbox ON inbox.message_seq = messages.seq
      WHERE messages.chat_jid = @jid AND messages.seq > @after AND messages.stored_at > @since AND messages.kind = 'message'
      ORDER BY messages.seq DESC LIMIT 1000`);
    // Looked for among the last ones only, so that it costs the same however long a chat is.
    this.#settled = db.prepare<[string, number], MessageRow>(`SELECT ${columns} FROM (
        SELECT * FROM messages WHERE chat_jid IN (SELECT jid FROM chats WHERE group_folder = ?) ORDER BY seq DESC LIMIT 200
      ) AS messages
      WHERE kind IN ('message', 'edit') AND text <> '' AND command = 0
        AND NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.message_seq = messages.seq AND inbox.state <> 'done')
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.chat_jid = messages.chat_jid
          AND outbox.platform_id = messages.platform_id AND outbox.key LIKE 'notice:%')
      ORDER BY seq DESC LIMIT ?`);
  }

  /** The new message's number, or undefined when this very message is known already. */
  insertInbound(message: InboundMessage, role: Role, now: number): number | undefined {
    const done = this.#insert.run({
      jid: message.jid,
      direction: 'in',
      kind: message.kind,
      platformId: message.platformId,
      revision: message.revision,
      thread: message.thread ?? null,
      senderId: message.senderId,
      senderName: message.senderName,
      role,
      text: message.text,
      sentAt: message.sentAt,
      now,
      replyId: message.replyTo?.id ?? null,
      replySender: message.replyTo?.sender ?? null,
      replyText: message.replyTo?.text ?? null,
      command: 0,
      machine: message.senderIsBot ? 1 : 0,
    });
    return done.changes === 0 ? undefined : Number(done.lastInsertRowid);
  }

  /** It was for the host itself: no search finds it. Joins the transaction that stores it. */
  markCommand(seq: number): void {
    this.#markCommand.run(seq);
  }

  isCommand(seq: number): boolean {
    return this.#isCommand.get(seq) !== undefined;
  }

  /**
   * What we said or did, once the platform has taken it. An edit or a reaction bears the id of the message it is about;
   * `command`: the host's own reply to one.
   */
  insertOutbound(
    said: Place & {
      platformId: string;
      name: string;
      text: string;
      kind: 'message' | 'edit' | 'reaction';
      command?: boolean;
    },
    now: number,
  ): void {
    const { kind, platformId } = said;
    this.#insert.run({
      jid: said.jid,
      direction: 'out',
      kind,
      platformId: kind === 'reaction' ? `${platformId}/assistant` : platformId,
      revision: kind === 'message' ? 0 : now,
      thread: said.thread ?? null,
      senderId: 'assistant',
      senderName: said.name,
      role: 'member',
      text: said.text,
      sentAt: now,
      now,
      replyId: kind === 'reaction' ? platformId : null,
      replySender: null,
      replyText: null,
      command: said.command ? 1 : 0,
      machine: 0,
    });
  }

  get(seq: number): Message | undefined {
    const row = this.#get.get(seq);
    return row && fromRow(row);
  }

  /** The newest of a chat, oldest first. */
  newest(jid: string, limit: number): Message[] {
    return this.#newest.all(jid, limit).reverse().map(fromRow);
  }

  /**
   * What was said lately in a group's chats and is settled, oldest first: nothing that still waits or was given up, and no
   * notice of the host's.
   */
  settledIn(group: string, limit: number): Message[] {
    return this.#settled.all(group, limit).reverse().map(fromRow);
  }

  /** By the platform's own id: a message rather than what was done to it later. */
  find(jid: string, platformId: string): Message | undefined {
    const row = this.#find.get(jid, platformId);
    return row && fromRow(row);
  }

  /** What a message of the chat says now, after every edit, and who said it. */
  wordsNow(jid: string, platformId: string): { text: string; name: string } | undefined {
    return this.#wordsNow.get(jid, platformId);
  }

  /** Joins the transaction that stores it. */
  rewrite(seq: number, text: string): void {
    this.#rewrite.run(text, seq);
  }

  /** The last thing that this sender said at that place, as far as it is not long ago. */
  lastOf(place: Place, sender: string): SaidBefore | undefined {
    return this.#before.get({ jid: place.jid, thread: place.thread ?? null, sender });
  }

  /** What was said in the chat since then, by whom, the newest last; a thousand at most. */
  since(jid: string, { after, since }: { after: number; since: number }): SaidLately[] {
    return this.#recent.all({ jid, after, since }).reverse();
  }

  /** The last thing a person said there, before that message, that was no command. */
  lastSaid(place: Place, before: number): Message | undefined {
    const row = this.#lastSaid.get({ jid: place.jid, thread: place.thread ?? null, before });
    return row && fromRow(row);
  }
}

function fromRow(row: MessageRow): Message {
  return {
    seq: row.seq,
    jid: row.chat_jid,
    direction: row.direction,
    kind: row.kind,
    platformId: row.platform_id,
    thread: row.thread ?? undefined,
    senderId: row.sender_id,
    senderName: row.sender_name,
    role: row.role,
    text: row.text,
    sentAt: row.sent_at,
    replyTo:
      row.reply_id === null
        ? undefined
        : { id: row.reply_id, sender: row.reply_sender ?? undefined, text: row.reply_text ?? undefined },
    original: row.original ?? undefined,
    taskRun: row.task_run ?? undefined,
  };
}
