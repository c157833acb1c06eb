import { outboxName } from '../model/message.ts';
import type { Db } from './database.ts';
import { fromColumns, type OutboxColumns, type OutboxRow } from './outbox-row.ts';

/** Outbox rows one by one, as something that can be changed, answered or reacted to. */
export class Said {
  readonly #get;
  readonly #ofKey;
  readonly #ofPlatformId;
  readonly #change;
  readonly #reaction;
  readonly #edit;

  constructor(db: Db) {
    this.#get = db.prepare<[number], OutboxColumns>('SELECT * FROM outbox WHERE id = ?');
    this.#ofKey = db.prepare<[string], OutboxColumns>('SELECT * FROM outbox WHERE key = ? ORDER BY part');
    this.#ofPlatformId = db.prepare<[string, string], OutboxColumns>(
      "SELECT * FROM outbox WHERE chat_jid = ? AND platform_id = ? AND kind = 'message' ORDER BY id DESC LIMIT 1",
    );
    this.#edit = db.prepare<[string], { text: string }>(
      "SELECT text FROM outbox WHERE target = ? AND kind = 'edit' AND state <> 'dead' ORDER BY id DESC LIMIT 1",
    );
    this.#change = db.prepare(
      "UPDATE outbox SET text = ? WHERE id = ? AND state = 'due' AND platform_id IS NULL AND attempts = 0",
    );
    this.#reaction = db.prepare<[string], { text: string }>(
      "SELECT text FROM outbox WHERE target = ? AND kind = 'reaction' ORDER BY id DESC LIMIT 1",
    );
  }

  get(id: number): OutboxRow | undefined {
    const row = this.#get.get(id);
    return row && fromColumns(row);
  }

  /** The parts of what was said under the key. */
  ofKey(key: string): OutboxRow[] {
    return this.#ofKey.all(key).map(fromColumns);
  }

  /** The row that a message on the platform is; undefined for one that is not ours. */
  ofPlatformId(jid: string, platformId: string): OutboxRow | undefined {
    const row = this.#ofPlatformId.get(jid, platformId);
    return row && fromColumns(row);
  }

  /** What it says after every edit, those on their way included. */
  textNow(row: Pick<OutboxRow, 'id' | 'text'>): string {
    return this.#edit.get(outboxName(row.id))?.text ?? row.text;
  }

  /** Another text for a message that no platform has seen yet. False when one may have. */
  change(id: number, text: string): boolean {
    return this.#change.run(text, id).changes > 0;
  }

  /** The agent's own reaction to that message; undefined when there is none, or it was taken back. */
  reactionTo(target: string): string | undefined {
    return this.#reaction.get(target)?.text || undefined;
  }
}
