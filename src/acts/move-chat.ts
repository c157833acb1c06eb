import { nameInWords } from './announce-chat.ts';
import type { Desk } from './post-message.ts';
import { tellMain } from './tell-main.ts';

/**
 * The platform calls a chat by another id: everything that is kept under the old one stands under the new one from now on,
 * and whoever still uses the old one means the new one. The owner is told once. False when there was nothing to do.
 */
export function moveChat(desk: Desk, { from, to }: { from: string; to: string }): boolean {
  const { store } = desk;
  return store.transaction(() => {
    if (!store.moves.move(from, to)) return false;
    const chat = store.chats.get(to);
    const group = chat?.group === undefined ? undefined : store.groups.get(chat.group);
    desk.outboxBell.ring();
    if (!chat || !group) return true;
    tellMain(desk, {
      key: `notice:moved:${from}`,
      text: `ℹ️ “${nameInWords(chat.name) || to}” has a new id on ${chat.channel}: ${from} is ${to} now. Its group ${nameInWords(group.name)}, its schedules and what was said there have followed; there is nothing to do.`,
    });
    return true;
  });
}
