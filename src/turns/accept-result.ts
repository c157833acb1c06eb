import { inputFileName, type ResultFile } from '../../protocol/mailbox.ts';
import { postMessage } from '../acts/post-message.ts';
import type { Mailbox } from '../ipc/mailbox.ts';
import { takeEyesOff } from './eyes.ts';
import type { TurnParts } from './parts.ts';

/**
 * Stores a result: its rows are done, its text is said, in one transaction, once. A result that answers no row of its
 * turn any more (they were answered or taken back) is not said. False when it is no result for this group.
 */
export function acceptResult(parts: TurnParts, folder: string, result: ResultFile): boolean {
  const { store, clock, desk, log } = parts;
  const turn = store.turns.get(result.turnId);
  if (turn?.group_folder !== folder) return false;
  const now = clock.now();
  store.transaction(() => {
    if (!store.turns.addResult(result, now)) return;
    if (result.newSessionId !== undefined) store.sessions.set(folder, result.newSessionId, now);
    if (result.status === 'error') {
      log.warn({ group: folder, turn: turn.id, error: result.error }, 'a turn gave an error');
      return;
    }
    const answered = store.inbox.claimedBy(turn.id).filter((row) => result.answers.includes(row.input_id ?? ''));
    const rows = result.answers.reduce((count, input) => count + store.inbox.finish(turn.id, input), 0);
    takeEyesOff(parts, answered);
    const text = result.result?.trim() ?? '';
    const said = { key: `result:${turn.id}-${result.ordinal}`, group: folder, turnId: turn.id };
    const place = { jid: turn.chat_jid, thread: turn.thread ?? undefined };
    if (result.answers.length > 0 && rows === 0) return;
    // A chat that was taken from the group since hears nothing more from it.
    if (store.chats.get(turn.chat_jid)?.group !== folder) return;
    if (text !== '') postMessage(desk, { ...said, place, text });
    // What is all <internal> is silence on purpose; nothing at all is not.
    else if (rows > 0 && result.status === 'ok' && store.outbox.saidBy(turn.id).length === 0) {
      postMessage(desk, { ...said, place, text: '(My agent finished without a word.)' });
    }
  });
  return true;
}

/** The input files that a stored result answers are taken away. */
export function removeAnswered(parts: TurnParts, mailbox: Mailbox, turnId: string): void {
  for (const input of parts.store.turns.inputs(turnId)) {
    if (input.state === 'open') continue;
    mailbox.removeInput(inputFileName(input.seq, input.id));
    mailbox.remove('acks', input.id);
  }
}
