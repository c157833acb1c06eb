import { z } from 'zod';
import type { ToolDefinition } from './definition.ts';

const listGroups = {
  name: 'list_groups',
  description:
    'Show your group and its chats. In the main group: every group, and the chats that were seen and belong to no group yet.',
  input: z.object({}),
  place: 'tasks',
  requestType: 'list_groups',
} as const satisfies ToolDefinition;

const registerGroup = {
  name: 'register_group',
  description:
    'Main group only. Make a chat a group of its own, with a folder and a memory; list_groups shows the ids of chats. ' +
    'Called again for the same chat and folder it changes name and trigger, and the rest stays.',
  input: z.object({
    jid: z.string().min(1).max(200).describe('The chat’s id, for example tg:-1001234567 or 1203@g.us'),
    name: z.string().trim().min(1).max(100).describe('Name to show'),
    folder: z
      .string()
      .min(1)
      .max(64)
      .describe('Directory of the group: letters, digits, - and _, like telegram_family; no two groups share one'),
    trigger: z.string().trim().min(1).max(100).describe('What a message must begin with to wake it, for example @Andy'),
    requiresTrigger: z.boolean().optional().describe('false: every message wakes it. Default for a new group: true'),
  }),
  place: 'tasks',
  requestType: 'register_group',
} as const satisfies ToolDefinition;

const unregisterGroup = {
  name: 'unregister_group',
  description:
    'Main group only. End a group: its chats belong to nobody, what waits there is given up, I stay silent there. Its ' +
    'folder and messages are kept. Ask first.',
  input: z.object({ folder: z.string().min(1).max(64).describe('Its folder, as list_groups shows it') }),
  place: 'tasks',
  requestType: 'unregister_group',
} as const satisfies ToolDefinition;

const refreshGroups = {
  name: 'refresh_groups',
  description:
    'Main group only. Have the channels look for chats and their names again; list_groups shows what they find.',
  input: z.object({}),
  place: 'tasks',
  requestType: 'refresh_groups',
} as const satisfies ToolDefinition;

export const groupTools: readonly ToolDefinition[] = [listGroups, registerGroup, unregisterGroup, refreshGroups];

export const listGroupsRequest = z.object({ type: z.literal('list_groups') });
/** v1's fields; `containerConfig` is known and never followed. */
export const registerGroupRequest = z.object({
  type: z.literal('register_group'),
  ...registerGroup.input.shape,
  containerConfig: z.unknown().optional(),
});
export const unregisterGroupRequest = z.object({
  type: z.literal('unregister_group'),
  ...unregisterGroup.input.shape,
});
export const refreshGroupsRequest = z.object({ type: z.literal('refresh_groups') });
