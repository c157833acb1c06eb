import { type Desk, postMessage } from './post-message.ts';

/** Says a line to the owner: in the first chat of the main group. False when there is none, or the key was used before. */
export function tellMain(desk: Desk, said: { key: string; text: string }): boolean {
  const main = desk.store.groups.main();
  const home = main && desk.store.chats.ofGroup(main.folder)[0];
  if (!main || !home) return false;
  return postMessage(desk, { ...said, group: main.folder, place: { jid: home.jid, thread: undefined } });
}
