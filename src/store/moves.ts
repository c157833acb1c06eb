import type { Db } from './database.ts';

/** In a statement that is given `@jid`: the id which that chat has now, whichever of its ids it is given. */
export const jidNow = 'COALESCE((SELECT to_jid FROM moved_chats WHERE from_jid = @jid), @jid)';

/** Chats that a platform calls by another id than before, and everything that is kept under a chat's id. */
export class Moves {
  readonly #to;
  readonly #from;
  readonly #seen;
  readonly #steps;

  constructor(db: Db) {
    this.#to = db.prepare<[string], { jid: string }>('SELECT to_jid AS jid FROM moved_chats WHERE from_jid = ?');
    this.#from = db.prepare<[string], { jid: string }>('SELECT from_jid AS jid FROM moved_chats WHERE to_jid = ?');
    this.#seen = db.prepare<[string], { n: number }>('SELECT 1 AS n FROM chats WHERE jid = ?');
    this.#steps = statements.map((sql) => db.prepare<{ from: string; to: string }>(sql));
  }

  /** The id that a chat has now. */
  nowOf(jid: string): string {
    return this.#to.get(jid)?.jid ?? jid;
  }

  /** Ids that the chat had before. */
  formerOf(jid: string): string[] {
    return this.#from.all(jid).map((row) => row.jid);
  }

  /**
   * What is kept under the one id stands under the other from now on; where both are known they become one. False, and
   * nothing is changed, when that was done before or nothing is known of the first. Joins the caller's transaction.
   */
  move(from: string, to: string): boolean {
    if (from === to || this.nowOf(from) === to) return false;
    const known = this.#seen.get(from) !== undefined;
    for (const step of this.#steps) step.run({ from, to });
    return known;
  }
}

// A platform that numbers the messages of each chat begins anew in the other one: a bare number is given the old chat's
// name, or a new message would be taken for an old one. An id that is unique everywhere stays.
const renamed = (column: string) =>
  `CASE WHEN ${column} <> '' AND ${column} NOT GLOB '*[^0-9]*' THEN @from || '#' || ${column} ELSE ${column} END`;

const statements = [
  `INSERT INTO chats (jid, channel, name, is_group, group_folder, last_message_at, quiet_until, counted_from)
    SELECT @to, channel, name, is_group, group_folder, last_message_at, quiet_until, counted_from FROM chats WHERE jid = @from
    ON CONFLICT (jid) DO UPDATE SET group_folder = COALESCE(chats.group_folder, excluded.group_folder),
      last_message_at = MAX(COALESCE(chats.last_message_at, excluded.last_message_at), COALESCE(excluded.last_message_at, chats.last_message_at)),
      quiet_until = MAX(chats.quiet_until, excluded.quiet_until), counted_from = MAX(chats.counted_from, excluded.counted_from)`,
  // What stands there already under that very id is the same message.
  `UPDATE OR IGNORE messages SET chat_jid = @to, platform_id = ${renamed('platform_id')}, reply_id = ${renamed('reply_id')}
    WHERE chat_jid = @from`,
  `UPDATE messages SET chat_jid = @to, platform_id = @from || '#' || platform_id WHERE chat_jid = @from`,
  'UPDATE inbox SET chat_jid = @to WHERE chat_jid = @from',
  'UPDATE turns SET chat_jid = @to WHERE chat_jid = @from',
  `UPDATE outbox SET chat_jid = @to, platform_id = ${renamed('platform_id')}, reply_to = ${renamed('reply_to')},
    next_attempt_at = CASE WHEN state = 'due' THEN 0 ELSE next_attempt_at END WHERE chat_jid = @from`,
  'UPDATE tasks SET chat_jid = @to WHERE chat_jid = @from',
  'UPDATE questions SET chat_jid = @to WHERE chat_jid = @from',
  'UPDATE search_chats SET jid = @to WHERE jid = @from',
  'DELETE FROM chats WHERE jid = @from',
  'DELETE FROM moved_chats WHERE from_jid = @to',
  'UPDATE moved_chats SET to_jid = @to WHERE to_jid = @from',
  'INSERT INTO moved_chats (from_jid, to_jid) VALUES (@from, @to)',
];

/** The name that a message has which is still told of under its chat's old id. */
export function idInOldChat(from: string, platformId: string): string {
  return /^\d+$/.test(platformId) ? `${from}#${platformId}` : platformId;
}
