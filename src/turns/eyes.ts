// 👀 on a message says that the agent has it. A hint, and stateless: whoever finishes a row takes it off, whoever put it on.
import type { InboxRow } from '../store/inbox.ts';
import type { TurnParts } from './parts.ts';

type EyeParts = Pick<TurnParts, 'store' | 'react'>;

export function putEyesOn(parts: EyeParts, rows: readonly InboxRow[]): void {
  react(parts, rows, '👀');
}

/** The rows are answered, stopped or given up. */
export function takeEyesOff(parts: EyeParts, rows: readonly InboxRow[]): void {
  react(parts, rows, undefined);
}

function react({ store, react }: EyeParts, rows: readonly InboxRow[], emoji: string | undefined): void {
  for (const row of rows) {
    if (row.wakes === 0) continue;
    const message = store.messages.get(row.message_seq);
    // What a schedule wrote stands on no platform.
    if (message?.kind === 'message' && message.taskRun === undefined) react(message.jid, message.platformId, emoji);
  }
}
