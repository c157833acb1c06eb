import { drainLast } from './drain.ts';
import type { TurnParts } from './parts.ts';
import { endTurn } from './settle.ts';

/**
 * At start, before any turn begins and after the last host's containers are gone: what they left in their mailboxes is
 * taken, and turns that were cut off give their rows back, unspent.
 */
export function recoverTurns(parts: TurnParts): void {
  const { store, launcher, log } = parts;
  const running = new Map(store.turns.running().map((turn) => [turn.group_folder, turn]));
  for (const group of store.groups.all()) {
    const row = running.get(group.folder);
    const mailbox = launcher.mailboxOf(group);
    const runId = row?.run_id ?? mailbox.status()?.runId ?? 'unknown';
    const turn = row && { id: row.id, place: { jid: row.chat_jid, thread: row.thread ?? undefined } };
    while (drainLast(parts, { group, runId, mailbox, turn }));
  }
  for (const turn of store.turns.running()) {
    log.info({ group: turn.group_folder, turn: turn.id }, 'a turn was cut off; its messages are taken up again');
    endTurn(parts, turn, { type: 'ours' });
  }
  store.inbox.wakeCauses();
}
