import { type Desk, postMessage } from './post-message.ts';

/**
 * Says a line to the owner: in that chat of the main group where somebody spoke last, and where machines were silenced only
 * when there is no other. False when there is none, or the key was used before.
 */
export function tellMain(desk: Desk, said: { key: string; text: string }): boolean {
  const { groups, chats } = desk.store;
  const main = groups.main();
  const now = desk.clock.now();
  const [home] = (main ? chats.ofGroup(main.folder) : [])
    .map(({ jid, lastMessageAt }) => ({ jid, at: lastMessageAt ?? 0, quiet: chats.quiet(jid).untilAt > now }))
    .sort((a, b) => Number(a.quiet) - Number(b.quiet) || b.at - a.at);
  if (!main || !home) return false;
  return postMessage(desk, { ...said, group: main.folder, place: { jid: home.jid, thread: undefined } });
}
