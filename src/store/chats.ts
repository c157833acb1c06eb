import type { Chat } from '../model/chat.ts';
import type { Db } from './database.ts';

interface ChatRow {
  jid: string;
  channel: string;
  name: string;
  is_group: number;
  group_folder: string | null;
  last_message_at: number | null;
}

export class Chats {
  readonly #all;
  readonly #one;
  readonly #ofGroup;
  readonly #see;
  readonly #wire;
  readonly #touch;

  constructor(db: Db) {
    this.#all = db.prepare<[], ChatRow>('SELECT * FROM chats ORDER BY last_message_at DESC, jid');
    this.#one = db.prepare<[string], ChatRow>('SELECT * FROM chats WHERE jid = ?');
    this.#ofGroup = db.prepare<[string], ChatRow>('SELECT * FROM chats WHERE group_folder = ? ORDER BY jid');
    this.#see = db.prepare(`
      INSERT INTO chats (jid, channel, name, is_group) VALUES (@jid, @channel, @name, @isGroup)
      ON CONFLICT (jid) DO UPDATE SET name = excluded.name, is_group = excluded.is_group`);
    this.#wire = db.prepare('UPDATE chats SET group_folder = ? WHERE jid = ?');
    this.#touch = db.prepare('UPDATE chats SET last_message_at = ? WHERE jid = ?');
  }

  all(): Chat[] {
    return this.#all.all().map(fromRow);
  }

  get(jid: string): Chat | undefined {
    const row = this.#one.get(jid);
    return row && fromRow(row);
  }

  ofGroup(folder: string): Chat[] {
    return this.#ofGroup.all(folder).map(fromRow);
  }

  /** Remembers a chat and its present name. */
  see(chat: { jid: string; channel: string; name: string; isGroup: boolean }): void {
    this.#see.run({ ...chat, isGroup: chat.isGroup ? 1 : 0 });
  }

  wire(jid: string, folder: string | undefined): void {
    this.#wire.run(folder ?? null, jid);
  }

  touch(jid: string, at: number): void {
    this.#touch.run(at, jid);
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
