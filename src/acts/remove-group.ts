import { NanoclawError } from '../model/errors.ts';
import type { Store } from '../store/store.ts';
import { forgetSession } from './run-facts.ts';

/**
 * Takes a group away: its chats are wired to nothing, what still waits is given up, its session is forgotten with the container that holds it, its schedules are cancelled; folder,
 * messages and turns stay. Gives the chats it had. Throws `group.unknown`, `group.main`, `group.busy`.
 */
export function removeGroup(store: Store, folder: string): string[] {
  return store.transaction(() => {
    const group = store.groups.get(folder);
    if (!group) {
      throw new NanoclawError('group.unknown', `There is no group with the folder ${folder}.`, {
        cure: '"./nanoclaw groups list" shows them all.',
      });
    }
    if (group.isMain) throw new NanoclawError('group.main', 'The main group cannot be removed.');
    if (store.turns.running().some((turn) => turn.group_folder === folder)) {
      throw new NanoclawError('group.busy', `The group ${folder} is at work.`, {
        cure: 'Try again when it has answered, or end its turn with /stop in its chat.',
      });
    }
    const chats = store.chats.ofGroup(folder).map((chat) => chat.jid);
    store.inbox.buryWaiting(folder);
    store.questions.dropOf(folder);
    forgetSession(store, folder);
    store.tasks.cancelOf(folder);
    store.groups.remove(folder);
    return chats;
  });
}
