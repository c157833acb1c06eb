import { unregisterGroupRequest } from '../../protocol/tools/groups.ts';
import { guard } from '../acts/guard.ts';
import { removeGroup } from '../acts/remove-group.ts';
import { defineTool, mainOnly, refuse, type ToolDesk } from './tool.ts';

/** Ends a group; its folder and what was said stay. */
export function createTool({ store }: ToolDesk) {
  return defineTool({
    requestType: 'unregister_group',
    input: unregisterGroupRequest,
    handle({ folder }, caller) {
      if (guard(store, caller.group, { verb: 'groups' }) !== 'allowed') return mainOnly('unregister groups');
      const group = store.groups.get(folder);
      if (!group)
        return refuse('unknown_group', `There is no group with the folder ${folder}; list_groups shows them.`);
      if (group.isMain) return refuse('is_main', 'The main group cannot be unregistered.');
      if (store.turns.running().some((turn) => turn.group_folder === folder)) {
        return refuse('busy', `The group ${folder} is at work. Try again when it has answered.`);
      }
      const chats = removeGroup(store, folder);
      const left = chats.length > 0 ? ` ${chats.join(', ')} belongs to no group now.` : '';
      return { ok: true, result: `The group ${folder} is no more; its folder is kept.${left}` };
    },
  });
}
