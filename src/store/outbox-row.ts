// A row of the outbox as its table has it and as the rooms know it.
import { z } from 'zod';
import { readColumn } from '../lib/json.ts';
import type { Place } from '../model/chat.ts';

const spooled = z.object({ path: z.string(), name: z.string(), mime: z.string().optional() });
/** A file of ours that waits to be sent; `path` is its name in `data/spool`. */
export type SpooledFile = z.infer<typeof spooled>;
const buttons = z.array(z.object({ label: z.string(), value: z.string() }));
export type ButtonRow = z.infer<typeof buttons>;

export type OutboxKind = 'message' | 'edit' | 'reaction';

export interface OutboxRow {
  readonly id: number;
  readonly key: string;
  readonly part: number;
  readonly parts: number;
  readonly group: string;
  readonly place: Place;
  readonly turnId: string | undefined;
  /** What it does: says something, changes what we said, or puts our reaction (its text) to a message. */
  readonly kind: OutboxKind;
  /** The message that an edit or a reaction is about: `o45`, an outbox row, or `m812`, a stored message. */
  readonly target: string | undefined;
  readonly text: string;
  readonly replyTo: string | undefined;
  readonly file: SpooledFile | undefined;
  readonly buttons: ButtonRow | undefined;
  readonly state: 'due' | 'sending' | 'streaming' | 'sent' | 'dead';
  /** Known before it is due for a message that is on the platform already: then it is edited, not sent. */
  readonly platformId: string | undefined;
  readonly attempts: number;
  readonly nextAttemptAt: number;
  /** When the first of its tries failed. */
  readonly failingSince: number | undefined;
  readonly error: string | undefined;
  readonly createdAt: number;
}

export interface OutboxColumns
  extends Pick<OutboxRow, 'id' | 'key' | 'part' | 'parts' | 'kind' | 'text' | 'state' | 'attempts'> {
  readonly group_folder: string;
  readonly chat_jid: string;
  readonly thread: string | null;
  readonly turn_id: string | null;
  readonly target: string | null;
  readonly reply_to: string | null;
  readonly file: string | null;
  readonly buttons: string | null;
  readonly platform_id: string | null;
  readonly next_attempt_at: number;
  readonly failing_since: number | null;
  readonly error: string | null;
  readonly created_at: number;
}

export function fromColumns(row: OutboxColumns): OutboxRow {
  const { id, key, part, parts, kind, text, state, attempts } = row;
  return {
    ...{ id, key, part, parts, kind, text, state, attempts },
    target: row.target ?? undefined,
    group: row.group_folder,
    place: { jid: row.chat_jid, thread: row.thread ?? undefined },
    turnId: row.turn_id ?? undefined,
    replyTo: row.reply_to ?? undefined,
    file: readColumn(row.file, spooled, undefined),
    buttons: readColumn(row.buttons, buttons, undefined),
    platformId: row.platform_id ?? undefined,
    nextAttemptAt: row.next_attempt_at,
    failingSince: row.failing_since ?? undefined,
    error: row.error ?? undefined,
    createdAt: row.created_at,
  };
}

/** As a chat's history and the agent are shown it. */
export function wordsOfRow({ kind, text, target }: Pick<OutboxRow, 'kind' | 'text' | 'target'>): string {
  if (kind !== 'reaction') return text;
  return text === '' ? `[took back a reaction to ${target}]` : `[reacted ${text} to ${target}]`;
}
