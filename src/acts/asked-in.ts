import { isOfTheHost } from '../model/message.ts';
import type { Store } from '../store/store.ts';

/**
 * Platform id of the message that an answer should quote: the newest of the turn's open messages that woke the group,
 * where several people speak. `inputs`: only those of these inputs.
 */
export function askedIn(
  store: Store,
  turn: { id: string; jid: string },
  inputs?: readonly string[],
): string | undefined {
  if (!store.chats.get(turn.jid)?.isGroup) return undefined;
  const rows = store.inbox.claimedBy(turn.id).filter((row) => row.wakes === 1);
  const asked = rows.findLast((row) => inputs === undefined || inputs.includes(row.input_id ?? ''));
  const message = asked && store.messages.get(asked.message_seq);
  // What the host itself wrote stands on no platform: nothing can quote it.
  return message?.kind === 'message' && !isOfTheHost(message) ? message.platformId : undefined;
}
