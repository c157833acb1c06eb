import type { InboundMessage } from '../model/message.ts';
import { messageName } from '../model/message.ts';
import type { Store } from '../store/store.ts';

/**
 * Gives an edit its place: that of its message while that one still waits, with whatever came attached to it; otherwise
 * it is context of its own. True when it wakes. Joins the caller's transaction.
 */
export function placeEdit(
  store: Store,
  edit: InboundMessage,
  to: { group: string; message: number; wakes: boolean },
): boolean {
  const rows = store.inbox.ofPlatformId(edit.jid, edit.platformId).filter((row) => row.group_folder === to.group);
  const waiting = rows.find((row) => row.state === 'waiting');
  if (!waiting) {
    const place = { jid: edit.jid, thread: edit.thread };
    store.inbox.add({ group: to.group, place, message: to.message, wakes: false });
    return false;
  }
  // A platform that repeats itself may bring edits late: what waits is newer then.
  if (waiting.revision >= edit.revision) return false;
  const taken = rows.some((row) => row.state !== 'waiting');
  const wakes = waiting.wakes === 1 || (to.wakes && !taken);
  store.inbox.replaceMessage(waiting, { message: to.message, wakes });
  return wakes;
}

/** What stands for a reaction in the chat. */
export function reactionText(store: Store, reaction: InboundMessage): string {
  const target = store.messages.find(reaction.jid, reaction.replyTo?.id ?? reaction.platformId);
  const what = target ? messageName(target.seq) : 'an older message';
  return reaction.text.trim() === '' ? `[took back a reaction to ${what}]` : `[reacted ${reaction.text} to ${what}]`;
}
