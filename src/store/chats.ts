import type { Chat } from '../model/chat.ts';
import type { Db } from './database.ts';
import { jidNow } from './moves.ts';

interface ChatRow {
  jid: string;
  channel: string;
  name: string;
  is_group: number;
  group_folder: string | null;
  last_message_at: number | null;
}

export interface Quiet {
  readonly untilAt: number;
  readonly countedFrom: number;
}

export class Chats {
  readonly #all;
  readonly #one;
  readonly #ofGroup;
  readonly #see;
  readonly #wire;
  readonly #touch;
  readonly #quiet;
  readonly #hush;

  constructor(db: Db) {
    // A chat is found by the ids it had before, too.
    this.#all = db.prepare<[], ChatRow>('SELECT * FROM chats ORDER BY last_message_at DESC, jid');
    this.#one = db.prepare<[{ jid: string }], ChatRow>(`SELECT * FROM chats WHERE jid = ${jidNow}`);
    this.#ofGroup = db.prepare<[string], ChatRow>('SELECT * FROM chats WHERE group_folder = ? ORDER BY jid');
    this.#see = db.prepare(`
      INSERT INTO chats (jid, channel, name, is_group) SELECT @jid, @channel, @name, @isGroup
        WHERE NOT EXISTS (SELECT 1 FROM moved_chats WHERE from_jid = @jid)
      ON CONFLICT (jid) DO UPDATE SET name = excluded.name, is_group = excluded.is_group`);
    this.#wire = db.prepare(`UPDATE chats SET group_folder = @folder WHERE jid = ${jidNow}`);
    this.#touch = db.prepare(`UPDATE chats SET last_message_at = @at WHERE jid = ${jidNow}`);
    this.#quiet = db.prepare<[string], Quiet>(
      'SELECT quiet_until AS untilAt, counted_from AS countedFrom FROM chats WHERE jid = ?',
    );
    this.#hush = db.prepare('UPDATE chats SET quiet_until = @untilAt, counted_from = @countedFrom WHERE jid = @jid');
  }

  all(): Chat[] {
    return this.#all.all().map(fromRow);
  }

  get(jid: string): Chat | undefined {
    const row = this.#one.get({ jid });
    return row && fromRow(row);
  }

  ofGroup(folder: string): Chat[] {
    return this.#ofGroup.all(folder).map(fromRow);
  }

  /** Remembers a chat and its present name; not under an id it no longer has. */
  see(chat: { jid: string; channel: string; name: string; isGroup: boolean }): void {
    this.#see.run({ ...chat, isGroup: chat.isGroup ? 1 : 0 });
  }

  wire(jid: string, folder: string | undefined): void {
    this.#wire.run({ jid, folder: folder ?? null });
  }

  /** Until when machines have made the chat quiet, 0 for never, and the message up to which nothing is counted. */
  quiet(jid: string): Quiet {
    return this.#quiet.get(jid) ?? { untilAt: 0, countedFrom: 0 };
  }

  hush(jid: string, quiet: Quiet): void {
    this.#hush.run({ jid, ...quiet });
  }

  touch(jid: string, at: number): void {
    this.#touch.run({ jid, at });
  }
}

function fromRow(row: ChatRow): Chat {
  return {
    jid: row.jid,
    channel: row.channel,
    name: row.name,
    isGroup: row.is_group === 1,
    group: row.group_folder ?? undefined,
    lastMessageAt: row.last_message_at ?? undefined,
  };
}
