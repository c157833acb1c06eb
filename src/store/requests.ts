import { type ReplyFile, replyFile } from '../../protocol/mailbox.ts';
import { readColumn } from '../lib/json.ts';
import type { Db } from './database.ts';

/** Replies already given: (run, id) is done once. */
export class Requests {
  readonly #get;
  readonly #add;

  constructor(db: Db) {
    this.#get = db.prepare<[string, string], { hash: string; reply: string }>(
      'SELECT hash, reply FROM requests WHERE run_id = ? AND id = ?',
    );
    this.#add = db.prepare('INSERT INTO requests (run_id, id, hash, reply, stored_at) VALUES (?, ?, ?, ?, ?)');
  }

  /** Without the reply where that is damaged. */
  get(runId: string, id: string): { hash: string; reply: ReplyFile | undefined } | undefined {
    const row = this.#get.get(runId, id);
    return row && { hash: row.hash, reply: readColumn(row.reply, replyFile, undefined) };
  }

  add(request: { runId: string; id: string; hash: string; reply: ReplyFile }, now: number): void {
    this.#add.run(request.runId, request.id, request.hash, JSON.stringify(request.reply), now);
  }
}
