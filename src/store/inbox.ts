import type { Place } from '../model/chat.ts';
import type { Db } from './database.ts';

export type InboxState = 'waiting' | 'claimed' | 'done' | 'dead';

export interface InboxRow {
  readonly id: number;
  readonly group_folder: string;
  readonly chat_jid: string;
  readonly thread: string | null;
  readonly message_seq: number;
  readonly wakes: number;
  readonly state: InboxState;
  readonly turn_id: string | null;
  readonly input_id: string | null;
  /** Tries the message itself has spoiled. */
  readonly attempts: number;
  /** Claims since one was last acknowledged. */
  readonly claims: number;
  /** Why it waits, when the cause lies outside the message. */
  readonly cause: string | null;
  readonly cause_tries: number;
  readonly next_attempt_at: number;
  /** It waits for attachments until then, its own or those of a row before it in its place. */
  readonly held_until: number;
}

export interface NewRow {
  readonly group: string;
  readonly place: Place;
  readonly message: number;
  readonly wakes: boolean;
  /** It waits until then, and what follows it in its place with it. */
  readonly heldUntil?: number | undefined;
}

/** When and how a row is tried again. */
export interface Retry {
  /** The newest attempt that the agent took, if any. */
  readonly turnId: string | null;
  readonly attempts: number;
  readonly claims: number;
  readonly cause: string | undefined;
  readonly causeTries: number;
  readonly nextAttemptAt: number;
}

interface PlaceColumns {
  readonly group: string;
  readonly jid: string;
  readonly thread: string | null;
}

/** Rows waiting for a group's agent. A row points at its message; it is never removed. */
export class Inbox {
  readonly #add;
  readonly #fetching;
  readonly #release;
  readonly #dueGroups;
  readonly #oldestDue;
  readonly #waitingAt;
  readonly #claim;
  readonly #claimed;
  readonly #finish;
  readonly #reset;
  readonly #again;
  readonly #bury;
  readonly #withdraw;
  readonly #ofMessage;
  readonly #wakeCause;
  readonly #counts;
  readonly #ofPlatformId;
  readonly #replace;
  readonly #buryWaiting;
  readonly #moveAttachments;

  constructor(db: Db) {
    const held = `group_folder = @group AND chat_jid = @jid AND thread IS @thread AND state = 'waiting' AND held_until > 0`;
    this.#add = db.prepare(`INSERT INTO inbox (group_folder, chat_jid, thread, message_seq, wakes, state, held_until)
      VALUES (@group, @jid, @thread, @message, @wakes, 'waiting',
        MAX(@heldUntil, COALESCE((SELECT MAX(held_until) FROM inbox WHERE ${held}), 0)))`);
    this.#fetching = db.prepare<[PlaceColumns & { now: number }], { id: number }>(`SELECT id FROM inbox
      WHERE ${held} AND held_until > @now AND EXISTS
        (SELECT 1 FROM attachments WHERE attachments.message_seq = inbox.message_seq AND attachments.state = 'pending')
      LIMIT 1`);
    this.#release = db.prepare<[PlaceColumns]>(`UPDATE inbox SET held_until = 0 WHERE ${held}`);
    const due = "state = 'waiting' AND wakes = 1 AND next_attempt_at <= @now AND held_until <= @now";
    this.#dueGroups = db.prepare<[{ now: number }], { group_folder: string }>(
      `SELECT group_folder FROM inbox WHERE ${due} GROUP BY group_folder ORDER BY MIN(id)`,
    );
    this.#oldestDue = db.prepare<[{ group: string; now: number }], InboxRow>(
      `SELECT * FROM inbox WHERE group_folder = @group AND ${due} ORDER BY id LIMIT 1`,
    );
    // Whatever follows a held row is held as long: what is not held stands before it.
    const here = `group_folder = @group AND chat_jid = @jid AND thread IS @thread AND state = 'waiting' AND held_until <= @now`;
    this.#waitingAt = db.prepare<[PlaceColumns & { now: number }], InboxRow>(`SELECT * FROM inbox
      WHERE ${here} AND id <= (SELECT MAX(id) FROM inbox WHERE ${here} AND wakes = 1) ORDER BY id`);
    this.#claim = db.prepare(
      "UPDATE inbox SET state = 'claimed', turn_id = ?, input_id = ?, claims = claims + 1 WHERE id = ? AND state = 'waiting'",
    );
    this.#claimed = db.prepare<[string], InboxRow>(
      "SELECT * FROM inbox WHERE turn_id = ? AND state = 'claimed' ORDER BY id",
    );
    this.#finish = db.prepare(
      "UPDATE inbox SET state = 'done', cause = NULL WHERE turn_id = ? AND input_id = ? AND state = 'claimed'",
    );
    this.#reset = db.prepare("UPDATE inbox SET claims = 0 WHERE turn_id = ? AND input_id = ? AND state = 'claimed'");
    this.#again =
      db.prepare(`UPDATE inbox SET state = 'waiting', turn_id = @turnId, input_id = NULL, attempts = @attempts, claims = @claims, cause = @cause,
      cause_tries = @causeTries, next_attempt_at = @nextAttemptAt WHERE id = @id`);
    this.#bury = db.prepare("UPDATE inbox SET state = 'dead', turn_id = ? WHERE id = ?");
    this.#withdraw = db.prepare<{
      group: string;
      jid: string;
      thread: string | null;
    }>(`UPDATE inbox SET state = 'done', cause = NULL
      WHERE group_folder = @group AND chat_jid = @jid AND thread IS @thread AND state = 'waiting' AND wakes = 1`);
    this.#ofMessage = db.prepare<[number], InboxRow>('SELECT * FROM inbox WHERE message_seq = ?');
    this.#wakeCause = db.prepare(`UPDATE inbox SET next_attempt_at = 0
      WHERE state = 'waiting' AND cause IS NOT NULL AND (@only IS NULL OR cause = @only)`);
    this.#counts = db.prepare<[], { state: InboxState; n: number }>(
      "SELECT state, COUNT(*) AS n FROM inbox WHERE state <> 'done' AND wakes = 1 GROUP BY state",
    );
    this.#ofPlatformId = db.prepare<
      [string, string],
      InboxRow & { revision: number }
    >(`SELECT inbox.*, messages.revision
      FROM messages JOIN inbox ON inbox.message_seq = messages.seq
      WHERE messages.chat_jid = ? AND messages.kind IN ('message', 'edit') AND messages.platform_id = ?
      ORDER BY inbox.id`);
    this.#buryWaiting = db.prepare("UPDATE inbox SET state = 'dead' WHERE group_folder = ? AND state = 'waiting'");
    this.#replace = db.prepare(
      "UPDATE inbox SET message_seq = @message, wakes = @wakes WHERE id = @id AND state = 'waiting'",
    );
    this.#moveAttachments = db.prepare('UPDATE attachments SET message_seq = ? WHERE message_seq = ?');
  }

  /** Waits at least as long as what is held before it in its place. */
  add(row: NewRow): void {
    const wakes = row.wakes ? 1 : 0;
    this.#add.run({ ...columnsOf(row), message: row.message, wakes, heldUntil: row.heldUntil ?? 0 });
  }

  /** Ends the waiting of a place, unless something of what waits there is still being fetched. True when it ended. */
  release(at: { group: string; place: Place }, now: number): boolean {
    if (this.#fetching.get({ ...columnsOf(at), now })) return false;
    return this.#release.run(columnsOf(at)).changes > 0;
  }

  /** Groups with a waking row that is due, the longest waiting first. */
  dueGroups(now: number): string[] {
    return this.#dueGroups.all({ now }).map((row) => row.group_folder);
  }

  /** Where the group's oldest due waking row wants its answer. */
  duePlace(group: string, now: number): Place | undefined {
    const row = this.#oldestDue.get({ group, now });
    return row && { jid: row.chat_jid, thread: row.thread ?? undefined };
  }

  /**
   * Every waiting row of that place up to its newest waking one, in order, and before the first that is held. Back-off is
   * the oldest row's affair alone.
   */
  waitingAt(group: string, place: Place, { now }: { now: number }): InboxRow[] {
    return this.#waitingAt.all({ ...columnsOf({ group, place }), now });
  }

  /** Gives the rows to a turn's input. Joins the caller's transaction. */
  claim(turn: { turnId: string; inputId: string }, rows: readonly InboxRow[]): void {
    for (const row of rows) this.#claim.run(turn.turnId, turn.inputId, row.id);
  }

  claimedBy(turnId: string): InboxRow[] {
    return this.#claimed.all(turnId);
  }

  /** Marks the rows of an input answered; how many there were. */
  finish(turnId: string, inputId: string): number {
    return this.#finish.run(turnId, inputId).changes;
  }

  /** The agent took the input: claims before that count no more. */
  acknowledge(turnId: string, inputId: string): void {
    this.#reset.run(turnId, inputId);
  }

  again(id: number, next: Retry): void {
    this.#again.run({ ...next, id, cause: next.cause ?? null });
  }

  bury(row: Pick<InboxRow, 'id' | 'turn_id'>): void {
    this.#bury.run(row.turn_id, row.id);
  }

  /** Waking rows of that place that no turn has taken are answered no more; how many there were. */
  withdraw(group: string, place: Place): number {
    return this.#withdraw.run({ group, jid: place.jid, thread: place.thread ?? null }).changes;
  }

  ofMessage(seq: number): InboxRow | undefined {
    return this.#ofMessage.get(seq);
  }

  /** Rows of a message and of its edits, by the platform's id, with the revision each now stands for. */
  ofPlatformId(jid: string, platformId: string): (InboxRow & { revision: number })[] {
    return this.#ofPlatformId.all(jid, platformId);
  }

  /** An edit takes the place of a message that still waits; its attachments come along. Joins the caller's transaction. */
  replaceMessage(row: InboxRow, by: { message: number; wakes: boolean }): void {
    this.#replace.run({ id: row.id, message: by.message, wakes: by.wakes ? 1 : 0 });
    this.#moveAttachments.run(by.message, row.message_seq);
  }

  /** The group is no more: nothing of it waits any longer. */
  buryWaiting(group: string): void {
    this.#buryWaiting.run(group);
  }

  /** Rows that wait for something outside, or for that alone, are tried at once: at start, or when it is known to be gone. */
  wakeCauses(only?: string): void {
    this.#wakeCause.run({ only: only ?? null });
  }

  counts(): { waiting: number; claimed: number; dead: number } {
    const found = new Map(this.#counts.all().map((row) => [row.state, row.n]));
    return { waiting: found.get('waiting') ?? 0, claimed: found.get('claimed') ?? 0, dead: found.get('dead') ?? 0 };
  }
}

function columnsOf({ group, place }: { group: string; place: Place }): PlaceColumns {
  return { group, jid: place.jid, thread: place.thread ?? null };
}
