import type { z } from 'zod';
import { registerGroupRequest } from '../../protocol/tools/groups.ts';
import { guard } from '../acts/guard.ts';
import { registerGroup } from '../acts/register-group.ts';
import { setGroup } from '../acts/set-group.ts';
import { isGroupFolder } from '../model/group.ts';
import { defineTool, mainOnly, refuse, type ToolDesk, type ToolReply } from './tool.ts';

type Wanted = z.infer<typeof registerGroupRequest>;

/** Makes a chat a group of its own, or changes the group it is. */
export function createTool(desk: ToolDesk) {
  const { store, clock, registry } = desk;
  return defineTool({
    requestType: 'register_group',
    input: registerGroupRequest,
    handle(wanted, caller) {
      if (guard(store, caller.group, { verb: 'groups' }) !== 'allowed') return mainOnly('register groups');
      const { jid, folder, name, trigger, requiresTrigger } = wanted;
      const refusal = whyNot(desk, wanted);
      if (refusal) return refusal;
      const said = { name, trigger, requiresTrigger };
      if (store.groups.get(folder)) {
        setGroup(store, { folder, now: clock.now(), ...said });
        return done(
          wanted,
          `${jid} was the group ${folder} already: name and trigger are changed, the rest is as it was.`,
        );
      }
      registerGroup(registry, { folder, jid, ...said });
      const wakes =
        requiresTrigger === false ? 'Every message there wakes it' : `Messages that begin with ${trigger} wake it`;
      return done(wanted, `${jid} is the group ${folder} now. ${wakes}.`);
    },
  });
}

function done({ containerConfig }: Wanted, what: string): ToolReply {
  if (containerConfig === undefined) return { ok: true, result: what };
  return { ok: true, result: `${what} containerConfig was not followed: only the owner decides on it.` };
}

function whyNot({ store, registry }: ToolDesk, { jid, folder }: Wanted): ToolReply | undefined {
  if (registry.channelOf(jid) === undefined) {
    return refuse('unknown_chat', `"${jid}" is no chat id. They look like tg:-1001234567; list_groups shows them.`);
  }
  if (!isGroupFolder(folder)) {
    return refuse(
      'invalid_folder',
      `"${folder}" cannot be a folder: letters, digits, - and _ only, like telegram_family; "global" and "errors" are taken.`,
    );
  }
  const owner = store.chats.get(jid)?.group;
  if (owner !== undefined && owner !== folder) {
    return refuse('chat_taken', `${jid} belongs to the group ${owner}. Unregister that one first, or leave it.`);
  }
  // Some file systems do not tell Team from team.
  const taken = store.groups.all().find((one) => one.folder.toLowerCase() === folder.toLowerCase());
  if (taken && owner === undefined) {
    return refuse(
      'folder_taken',
      `The folder ${taken.folder} belongs to the group “${taken.name}”. Choose another one.`,
    );
  }
  return undefined;
}
