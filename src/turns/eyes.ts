// 👀 on a message says that the agent has it. A hint, and stateless: whoever finishes a row takes it off, whoever put it on.
import { isOfTheHost, messageName } from '../model/message.ts';
import type { InboxRow } from '../store/inbox.ts';
import type { TurnParts } from './parts.ts';

type EyeParts = Pick<TurnParts, 'store' | 'react'>;

export function putEyesOn(parts: EyeParts, rows: readonly InboxRow[]): void {
  react(parts, rows, () => '👀');
}

/** The rows are answered, stopped or given up. What the agent itself reacted with meanwhile stays: there is but one. */
export function takeEyesOff(parts: EyeParts, rows: readonly InboxRow[]): void {
  react(parts, rows, (seq) => parts.store.said.reactionTo(messageName(seq)));
}

function react(
  { store, react }: EyeParts,
  rows: readonly InboxRow[],
  emoji: (seq: number) => string | undefined,
): void {
  for (const row of rows) {
    if (row.wakes === 0) continue;
    const message = store.messages.get(row.message_seq);
    // What the host itself wrote stands on no platform.
    if (message?.kind === 'message' && !isOfTheHost(message))
      react(message.jid, message.platformId, emoji(message.seq));
  }
}
