import { postMessage } from '../acts/post-message.ts';
import type { Mailbox } from '../ipc/mailbox.ts';
import type { Place } from '../model/chat.ts';
import type { TurnParts } from './parts.ts';

const unreadable =
  '(I could not read our earlier conversation any more, so I begin a new one. Files and notes are still there.)';

/** The runner had to begin another session than it was asked for: from now on it is the group's, and the chat is told. */
export function beginSession(
  parts: TurnParts,
  begun: { folder: string; place: Place | undefined; sessionId: string },
): void {
  const { store, clock, desk } = parts;
  const { folder, place, sessionId } = begun;
  store.transaction(() => {
    store.sessions.set(folder, sessionId, clock.now());
    if (place) postMessage(desk, { key: `notice:session:${sessionId}`, group: folder, place, text: unreadable });
  });
}

/** Its container goes to another group although something ran in the background: the chat is told. */
export function tellGaveWay(parts: TurnParts, gave: { folder: string; place: Place; runId: string }): void {
  const { folder: group, place, runId } = gave;
  const text = '⏹ I have ended what was still running in my background: another group was waiting for its turn.';
  postMessage(parts.desk, { key: `notice:background:${runId}`, group, place, text });
}

/** Its container is gone, and with it what ran in the background: the chats that were to hear of it are told, once. */
export function tellBackgroundEnded(parts: TurnParts, gone: { folder: string; runId: string; mailbox: Mailbox }): void {
  const { store, desk } = parts;
  const { folder: group, runId, mailbox } = gone;
  const status = mailbox.status();
  if (status?.runId !== runId || status.background === 0 || store.outbox.knows(`notice:background:${runId}`)) return;
  for (const id of new Set(status.backgroundTurns.slice(0, 20))) {
    const turn = store.turns.get(id);
    // One that was cut off itself is run again, and knows that.
    if (turn?.state !== 'done' || turn.group_folder !== group) continue;
    // A chat that was taken from the group since hears nothing more from it.
    if (store.chats.get(turn.chat_jid)?.group !== group) continue;
    const place = { jid: turn.chat_jid, thread: turn.thread ?? undefined };
    const text =
      '⏹ What was still running in my background for you has ended with my sandbox. It will not report any more.';
    postMessage(desk, { key: `notice:background:${runId}:${id}`, group, place, text });
  }
}
