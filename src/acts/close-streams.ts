import type { OutboxRow } from '../store/outbox-row.ts';
import { type Desk, postMessage } from './post-message.ts';

export const wordless = '(My agent finished without a word.)';

/** Answers that nobody goes on writing are finished as they stand. Joins the caller's transaction. */
export function closeStreams(desk: Desk): void {
  for (const row of desk.store.streams.over()) {
    if (isShown(row)) finishStream(desk, row, { key: `${row.key}-${row.id}`, text: row.text || wordless });
    else desk.store.streams.remove(row.id);
  }
}

/** Completes what is shown of an answer with these words. Joins the caller's transaction. */
export function finishStream(desk: Desk, row: OutboxRow, last: { key: string; text: string }): void {
  const { group, place, turnId } = row;
  postMessage(desk, { ...last, group, place, turnId, completes: row });
}

/** Something of it may stand in the chat. */
export function isShown(row: OutboxRow): boolean {
  return row.platformId !== undefined || row.attempts > 0;
}
