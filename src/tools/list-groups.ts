import { listGroupsRequest } from '../../protocol/tools/groups.ts';
import { guard } from '../acts/guard.ts';
import type { Chat } from '../model/chat.ts';
import { type Group, needsTrigger } from '../model/group.ts';
import type { Store } from '../store/store.ts';
import { defineTool, type ToolDesk } from './tool.ts';

/** Of chats that belong to nobody: the ones where somebody spoke last. */
const mostUnwired = 200;

/** Shows the group and its chats; main all of them. */
export function createTool(desk: ToolDesk) {
  const { store } = desk;
  return defineTool({
    requestType: 'list_groups',
    input: listGroupsRequest,
    handle(_request, { group }) {
      if (guard(store, group, { verb: 'groups' }) !== 'allowed') {
        return { ok: true, result: { groups: [shown(store, group)] } };
      }
      const unwired = store.chats.all().filter((chat) => chat.group === undefined);
      return {
        ok: true,
        result: {
          groups: store.groups.all().map((one) => shown(store, one)),
          chats_without_group: unwired.slice(0, mostUnwired).map(place),
        },
      };
    },
  });
}

function shown(store: Store, group: Group) {
  const { folder, name, isMain, trigger } = group;
  const chats = store.chats.ofGroup(folder).map(place);
  return { folder, name, ...(isMain ? { isMain } : {}), trigger, requiresTrigger: needsTrigger(group), chats };
}

function place({ jid, name, lastMessageAt }: Chat) {
  const spoken = lastMessageAt === undefined ? {} : { lastActivity: new Date(lastMessageAt).toISOString() };
  return { jid, name, ...spoken };
}
