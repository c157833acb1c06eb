import { type Usage, usage } from '../../protocol/mailbox.ts';
import { readColumn } from '../lib/json.ts';
import type { Db } from './database.ts';

export interface Attempt {
  readonly turn: string;
  readonly run: string | null;
  readonly state: 'running' | 'done' | 'failed' | 'stopped';
  readonly cause: string | null;
  readonly error: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export interface AttemptResult {
  readonly ordinal: number;
  readonly status: 'ok' | 'error' | 'stopped';
  /** Ids of the inputs it answers. */
  readonly answers: string;
  readonly usage: Usage | undefined;
}

/** One outbox row, as it stands. */
export interface SaidPart {
  readonly key: string;
  readonly part: number;
  readonly parts: number;
  readonly turn: string | null;
  readonly text: string;
  readonly state: string;
  readonly tries: number;
  readonly platformId: string | null;
  readonly error: string | null;
}

const saidColumns =
  'key, part, parts, turn_id AS turn, text, state, attempts AS tries, platform_id AS platformId, error';

/** What turns did and said, to be read afterwards; nothing here is ever changed. */
export class History {
  readonly #attempts;
  readonly #results;
  readonly #ofTurn;
  readonly #ofKey;
  readonly #ofPlatform;
  readonly #inTurn;

  constructor(db: Db) {
    this.#attempts = db.prepare<[string], Attempt>(`WITH RECURSIVE chain (id, depth) AS (
        SELECT ?, 0 UNION ALL SELECT turns.retry_of, depth + 1 FROM chain JOIN turns ON turns.id = chain.id
          WHERE turns.retry_of IS NOT NULL)
      SELECT turns.id AS turn, run_id AS run, state, cause, error, started_at AS startedAt, ended_at AS endedAt
      FROM chain JOIN turns ON turns.id = chain.id ORDER BY depth DESC`);
    this.#results = db.prepare<[string], Omit<AttemptResult, 'usage'> & { usage: string | null }>(
      'SELECT ordinal, status, answers, usage FROM results WHERE turn_id = ? ORDER BY ordinal',
    );
    this.#ofTurn = db.prepare<[string], SaidPart>(`SELECT ${saidColumns} FROM outbox WHERE turn_id = ? ORDER BY id`);
    this.#ofKey = db.prepare<[string], SaidPart>(`SELECT ${saidColumns} FROM outbox WHERE key = ? ORDER BY part`);
    this.#ofPlatform = db.prepare<[string, string], SaidPart>(
      `SELECT ${saidColumns} FROM outbox WHERE chat_jid = ? AND platform_id = ? AND kind = 'message' ORDER BY id DESC LIMIT 1`,
    );
    // Looked for among the chat's last messages before it: an index for this question alone would cost every message.
    this.#inTurn = db.prepare<[string, string, number], { seq: number }>(`SELECT message_seq AS seq FROM inbox
      WHERE turn_id = ? AND wakes = 1 AND message_seq IN
        (SELECT seq FROM messages WHERE chat_jid = ? AND seq < ? ORDER BY seq DESC LIMIT 200) ORDER BY id`);
  }

  /** A turn and the attempts before it, the first one first. */
  attempts(turnId: string): Attempt[] {
    return this.#attempts.all(turnId);
  }

  results(turnId: string): AttemptResult[] {
    return this.#results.all(turnId).map((row) => ({
      ...row,
      usage: readColumn(row.usage, usage, undefined),
    }));
  }

  saidBy(turnId: string): SaidPart[] {
    return this.#ofTurn.all(turnId);
  }

  saidUnder(key: string): SaidPart[] {
    return this.#ofKey.all(key);
  }

  saidAs(jid: string, platformId: string): SaidPart | undefined {
    return this.#ofPlatform.get(jid, platformId);
  }

  /** Numbers of the waking messages a turn was about, as far as they are not long before that message. */
  messagesOf(turnId: string, before: { jid: string; seq: number }): number[] {
    return this.#inTurn.all(turnId, before.jid, before.seq).map((row) => row.seq);
  }
}
