import { type Desk, postMessage } from './post-message.ts';

/** Says a line to the owner: in that chat of the main group where somebody spoke last. False when there is none, or the key was used before. */
export function tellMain(desk: Desk, said: { key: string; text: string }): boolean {
  const main = desk.store.groups.main();
  const chats = main ? desk.store.chats.ofGroup(main.folder) : [];
  const [home] = chats.sort((a, b) => (b.lastMessageAt ?? 0) - (a.lastMessageAt ?? 0));
  if (!main || !home) return false;
  return postMessage(desk, { ...said, group: main.folder, place: { jid: home.jid, thread: undefined } });
}
