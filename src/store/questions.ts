import { z } from 'zod';
import { readColumn } from '../lib/json.ts';
import type { Place } from '../model/chat.ts';
import type { Db } from './database.ts';
import { jidNow } from './moves.ts';

/** What an agent asked the people of a chat. */
export interface Question {
  readonly id: number;
  readonly group: string;
  readonly place: Place;
  readonly question: string;
  /** Empty: any words are an answer. */
  readonly options: readonly string[];
  /** The options stand there as a numbered list. */
  readonly numbered: boolean;
  /** Outbox key of the rows that ask it. */
  readonly key: string;
  readonly expiresAt: number;
  readonly state: 'open' | 'answered' | 'expired';
  /** Which option the answer chose, or its words. */
  readonly answer: string | undefined;
}

export type NewQuestion = Omit<Question, 'id' | 'state' | 'answer'>;

interface QuestionColumns {
  readonly id: number;
  readonly group_folder: string;
  readonly chat_jid: string;
  readonly thread: string | null;
  readonly question: string;
  readonly options: string;
  readonly numbered: number;
  readonly outbox_key: string;
  readonly expires_at: number;
  readonly state: Question['state'];
  readonly answer: string | null;
}

const labels = z.array(z.string());

/** Open questions, and what became of them. Each is ended once. */
export class Questions {
  readonly #add;
  readonly #get;
  readonly #openIn;
  readonly #endedBy;
  readonly #due;
  readonly #end;
  readonly #drop;
  readonly #dropOf;

  constructor(db: Db) {
    this.#add =
      db.prepare(`INSERT INTO questions (group_folder, chat_jid, thread, question, options, numbered, outbox_key, asked_at, expires_at, state)
      VALUES (@group, ${jidNow}, @thread, @question, @options, @numbered, @key, @now, @expiresAt, 'open')`);
    this.#get = db.prepare<[number], QuestionColumns>('SELECT * FROM questions WHERE id = ?');
    this.#openIn = db.prepare<[string], QuestionColumns>(
      "SELECT * FROM questions WHERE chat_jid = ? AND state = 'open' ORDER BY id DESC",
    );
    this.#endedBy = db.prepare<[number], QuestionColumns>('SELECT * FROM questions WHERE message_seq = ?');
    this.#due = db.prepare<[number], QuestionColumns>(
      "SELECT * FROM questions WHERE state = 'open' AND expires_at <= ? ORDER BY expires_at, id",
    );
    this.#end = db.prepare(
      "UPDATE questions SET state = @state, message_seq = @message, answer = @answer WHERE id = @id AND state = 'open'",
    );
    const drop = "UPDATE questions SET state = 'expired' WHERE state = 'open'";
    this.#drop = db.prepare(`${drop} AND id = ?`);
    this.#dropOf = db.prepare(`${drop} AND group_folder = ?`);
  }

  /** Its number. */
  add(asked: NewQuestion, now: number): number {
    const { group, place, question, options, numbered, key, expiresAt } = asked;
    const added = this.#add.run({
      ...{ group, question, key, expiresAt, now },
      jid: place.jid,
      thread: place.thread ?? null,
      options: JSON.stringify(options),
      numbered: numbered ? 1 : 0,
    });
    return Number(added.lastInsertRowid);
  }

  get(id: number): Question | undefined {
    const row = this.#get.get(id);
    return row && fromColumns(row);
  }

  /** The chat's open questions, whichever the thread, the newest first. */
  openIn(jid: string): Question[] {
    return this.#openIn.all(jid).map(fromColumns);
  }

  /** The question that this message answered, or whose end it tells. */
  endedBy(message: number): Question | undefined {
    const row = this.#endedBy.get(message);
    return row && fromColumns(row);
  }

  /** Open ones whose time is over. */
  due(now: number): Question[] {
    return this.#due.all(now).map(fromColumns);
  }

  /** False when it was ended before: only one answer counts. */
  end(id: number, by: { state: 'answered' | 'expired'; message: number; answer?: string }): boolean {
    return this.#end.run({ id, state: by.state, message: by.message, answer: by.answer ?? null }).changes > 0;
  }

  /** Nobody waits for the answer any more. */
  drop(id: number): void {
    this.#drop.run(id);
  }

  /** The group is no more. */
  dropOf(group: string): void {
    this.#dropOf.run(group);
  }
}

function fromColumns(row: QuestionColumns): Question {
  return {
    id: row.id,
    group: row.group_folder,
    place: { jid: row.chat_jid, thread: row.thread ?? undefined },
    question: row.question,
    options: readColumn(row.options, labels, []),
    numbered: row.numbered === 1,
    key: row.outbox_key,
    expiresAt: row.expires_at,
    state: row.state,
    answer: row.answer ?? undefined,
  };
}
