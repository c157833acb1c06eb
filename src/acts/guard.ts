import type { Group } from '../model/group.ts';
import type { Store } from '../store/store.ts';

/** What somebody inside a sandbox wants to do to something that may not be its own. */
export type Deed =
  /** Say, send, react or ask in a chat, or change what we said there. */
  | { readonly verb: 'speak'; readonly jid: string }
  /** Have a schedule speak in a chat. */
  | { readonly verb: 'schedule'; readonly jid: string }
  /** See or change the schedule of a group. */
  | { readonly verb: 'task'; readonly group: string }
  /** Read what was said in a chat. */
  | { readonly verb: 'read'; readonly jid: string }
  /** Make, change or take away a group, or look at them all. */
  | { readonly verb: 'groups' };

/** `unknown`: there is no such thing to do it to. `foreign`: it belongs to another group. `main-only`: only main may. */
export type Verdict = 'allowed' | 'unknown' | 'foreign' | 'main-only';

/**
 * Who may do what, for every path on which an agent reaches the host: each group in its own chats and with its own
 * schedules, main everywhere. The one place that decides it; nothing an agent writes about itself is looked at.
 */
export function guard(store: Store, asker: Pick<Group, 'folder'>, deed: Deed): Verdict {
  // By its folder and what the store knows of it now: a group that was removed meanwhile may do nothing.
  const group = store.groups.get(asker.folder);
  if (!group) return 'unknown';
  switch (deed.verb) {
    case 'speak':
    case 'schedule':
    case 'read': {
      const owner = store.chats.get(deed.jid)?.group;
      if (owner === undefined) return 'unknown';
      return owner === group.folder || group.isMain ? 'allowed' : 'foreign';
    }
    case 'task':
      return deed.group === group.folder || group.isMain ? 'allowed' : 'foreign';
    case 'groups':
      return group.isMain ? 'allowed' : 'main-only';
  }
}
