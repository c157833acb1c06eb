import { randomUUID } from 'node:crypto';
import type { Db } from './database.ts';

/** The SDK session id of each group; the host chooses it and stores it before the first input. */
export class Sessions {
  readonly #get;
  readonly #set;
  readonly #forget;

  constructor(db: Db) {
    this.#get = db.prepare<[string], { session_id: string }>('SELECT session_id FROM sessions WHERE group_folder = ?');
    this.#set = db.prepare(`INSERT INTO sessions (group_folder, session_id, updated_at) VALUES (?, ?, ?)
      ON CONFLICT (group_folder) DO UPDATE SET session_id = excluded.session_id, updated_at = excluded.updated_at`);
    this.#forget = db.prepare('DELETE FROM sessions WHERE group_folder = ?');
  }

  ofGroup(folder: string, now: number): string {
    const known = this.#get.get(folder);
    if (known) return known.session_id;
    const id = randomUUID();
    this.#set.run(folder, id, now);
    return id;
  }

  set(folder: string, id: string, now: number): void {
    this.#set.run(folder, id, now);
  }

  /** The group's next container begins a session of its own. */
  forget(folder: string): void {
    this.#forget.run(folder);
  }
}
