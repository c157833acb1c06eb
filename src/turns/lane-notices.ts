import { postMessage } from '../acts/post-message.ts';
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
