import { refreshGroupsRequest } from '../../protocol/tools/groups.ts';
import { guard } from '../acts/guard.ts';
import { defineTool, mainOnly, type ToolDesk } from './tool.ts';

/** Has the channels look for chats and their names again. */
export function createTool({ store, refreshChats }: ToolDesk) {
  return defineTool({
    requestType: 'refresh_groups',
    input: refreshGroupsRequest,
    handle(_request, caller) {
      if (guard(store, caller.group, { verb: 'groups' }) !== 'allowed') return mainOnly('look for chats');
      refreshChats();
      return { ok: true, result: 'The channels look again. list_groups shows what they find, in a few seconds.' };
    },
  });
}
