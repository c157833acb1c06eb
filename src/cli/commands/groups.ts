import { defineCommand } from 'citty';
import type { AdminResult } from '../../../protocol/admin.ts';
import type { Egress } from '../../model/group.ts';
import { type Cli, usageError } from '../cli.ts';
import { table } from '../table.ts';

const jid = {
  type: 'string',
  required: true,
  valueHint: 'jid',
  description: 'The chat, as `chats list` names it',
} as const;
const folder = { type: 'string', required: true, valueHint: 'folder', description: "The group's folder" } as const;

const named = { type: 'positional', required: true, valueHint: 'folder', description: "The group's folder" } as const;
const egress: { type: 'enum'; options: Egress[]; description: string } = {
  type: 'enum',
  options: ['llm-only', 'allowlist', 'open-public'],
  description: 'What its sandbox may reach',
};

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'groups', description: 'Groups and the chats wired to them' },
    subCommands: {
      list: list(cli),
      add: add(cli),
      wire: wire(cli),
      unwire: unwire(cli),
      set: set(cli),
      remove: remove(cli),
    },
  });

const list = (cli: Cli) =>
  defineCommand({
    meta: { name: 'list', description: 'All groups' },
    args: { json: { type: 'boolean', description: 'As JSON' } },
    async run({ args }) {
      const groups = await cli.withHost((host) => host.call('groups.list', {}));
      cli.print(groups, { json: args.json, words: inWords });
    },
  });

const add = (cli: Cli) =>
  defineCommand({
    meta: { name: 'add', description: 'Makes a group and wires a chat to it' },
    args: {
      jid,
      name: { type: 'string', required: true, valueHint: 'name', description: 'What people call it' },
      folder: { ...folder, description: 'Its folder under groups/, and its name everywhere' },
      trigger: { type: 'string', valueHint: 'text', description: 'What wakes it; default: @ and the assistant’s name' },
      'trigger-required': {
        type: 'boolean',
        default: true,
        description: 'Only messages with the trigger wake it',
        negativeDescription: 'Every message wakes it',
      },
      main: { type: 'boolean', description: 'The group that controls the others' },
      model: { type: 'string', valueHint: 'model', description: 'Its own model' },
      egress,
    },
    async run({ args }) {
      const { trigger, model, egress, main } = args;
      const made = await cli.withHost((host) =>
        host.call('groups.add', {
          jid: args.jid,
          name: args.name,
          folder: args.folder,
          ...(trigger !== undefined && { trigger }),
          ...(args['trigger-required'] === false && { requiresTrigger: false }),
          ...(main && { isMain: true }),
          ...(model !== undefined && { model }),
          ...(egress !== undefined && { egress }),
        }),
      );
      cli.out(`Made the group ${made.folder}; ${args.jid} is wired to it.`);
    },
  });

const wire = (cli: Cli) =>
  defineCommand({
    meta: { name: 'wire', description: 'Wires a chat to a group' },
    args: { jid, folder },
    async run({ args }) {
      await cli.withHost((host) => host.call('groups.wire', { jid: args.jid, folder: args.folder }));
      cli.out(`${args.jid} is wired to ${args.folder}.`);
    },
  });

const unwire = (cli: Cli) =>
  defineCommand({
    meta: { name: 'unwire', description: 'Takes a chat off its group' },
    args: { jid },
    async run({ args }) {
      const from = await cli.withHost((host) => host.call('groups.unwire', { jid: args.jid }));
      cli.out(`${args.jid} is no longer wired to ${from.folder}.`);
    },
  });

const set = (cli: Cli) =>
  defineCommand({
    meta: { name: 'set', description: 'Changes a group; what is not given stays' },
    args: {
      folder: named,
      name: { type: 'string', valueHint: 'name', description: 'What people call it' },
      trigger: { type: 'string', valueHint: 'text', description: 'What wakes it' },
      'trigger-required': {
        type: 'boolean',
        default: true,
        description: 'Only messages with the trigger wake it',
        negativeDescription: 'Every message wakes it; --trigger-required takes that back',
      },
      model: { type: 'string', valueHint: 'model', description: 'Its own model; `default` forgets it' },
      egress,
      budget: {
        type: 'string',
        valueHint: 'usd',
        description: 'Dollars it may spend a day; `default` forgets that, `none` frees it from every budget',
      },
    },
    async run({ args, rawArgs }) {
      const { folder: group, name, trigger, model, budget } = args;
      // A flag that is on by itself says nothing unless it was written.
      const written = rawArgs.some((word) => /^--(no-)?trigger-required\b/.test(word));
      const changes = {
        ...(name !== undefined && { name }),
        ...(trigger !== undefined && { trigger }),
        ...(written && { requiresTrigger: args['trigger-required'] }),
        ...(model !== undefined && { model }),
        ...(args.egress !== undefined && { egress: args.egress }),
        ...(budget !== undefined && { budget: budgetOf(budget) }),
      };
      if (Object.keys(changes).length === 0) throw usageError('Nothing to change was given.');
      await cli.withHost((host) => host.call('groups.set', { folder: group, ...changes }));
      cli.out(`Changed ${group}.`);
    },
  });

const remove = (cli: Cli) =>
  defineCommand({
    meta: { name: 'remove', description: 'Takes a group away; its folder and its messages stay' },
    args: { folder: named },
    async run({ args }) {
      const { chats } = await cli.withHost((host) => host.call('groups.remove', { folder: args.folder }));
      const unwired = chats.length > 0 ? ` No longer wired: ${chats.join(', ')}.` : '';
      cli.out(`Removed ${args.folder}; groups/${args.folder} stays.${unwired}`);
    },
  });

function budgetOf(text: string): number | 'default' | 'none' {
  if (text === 'default' || text === 'none') return text;
  const usd = Number(text.replace(/^\$/, '') || Number.NaN);
  if (!(usd > 0 && usd <= 1_000_000)) throw usageError('--budget is dollars such as 5 or 0.50, `default` or `none`.');
  return usd;
}

function inWords(groups: AdminResult<'groups.list'>): string {
  if (groups.length === 0) return 'No groups yet. Add one: npx nanoclaw groups add --jid J --name N --folder F';
  const rows = groups.map((group) => [
    group.isMain ? `${group.folder} (main)` : group.folder,
    group.name,
    group.requiresTrigger && !group.isMain ? group.trigger : '(always)',
    group.model ?? '(default)',
    group.egress,
    typeof group.budget === 'number' ? `$${group.budget.toFixed(2)}` : (group.budget ?? '(default)'),
    group.chats.join(' ') || '(none: groups wire)',
  ]);
  return table(['FOLDER', 'NAME', 'WOKEN BY', 'MODEL', 'EGRESS', 'BUDGET', 'CHATS'], rows);
}
