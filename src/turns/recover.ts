import { forgetStaleSession } from '../acts/run-facts.ts';
import type { Mailbox } from '../ipc/mailbox.ts';
import type { Group } from '../model/group.ts';
import type { TurnRow } from '../store/turns.ts';
import { drainLast } from './drain.ts';
import { tellBackgroundEnded } from './lane-notices.ts';
import type { TurnParts } from './parts.ts';
import { endTurn } from './settle.ts';

/**
 * For a group whose last container is gone, before its next one: one pass over what it left in the mailbox. True when
 * there is more; else the turn that was cut off has given its rows back, unspent.
 */
export function recoverGroup(parts: TurnParts, group: Group, mailbox: Mailbox): boolean {
  const { store } = parts;
  const row = store.turns.running().find((turn) => turn.group_folder === group.folder);
  const runId = row?.run_id ?? mailbox.status()?.runId ?? 'unknown';
  const turn = row && { id: row.id, place: { jid: row.chat_jid, thread: row.thread ?? undefined } };
  if (drainLast(parts, { group, runId, mailbox, turn })) return true;
  forgetStaleSession(store, group.folder, runId);
  if (row) recoverTurn(parts, row);
  tellBackgroundEnded(parts, { folder: group.folder, runId, mailbox });
  return false;
}

export function recoverTurn(parts: TurnParts, turn: TurnRow): void {
  parts.log.info({ group: turn.group_folder, turn: turn.id }, 'a turn was cut off; its messages are taken up again');
  endTurn(parts, turn, { type: 'ours' });
}
