import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { defineCommand } from 'citty';
import type { AdminResult } from '../../../protocol/admin.ts';
import { NanoclawError } from '../../model/errors.ts';
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

const reach: Record<Egress, string> = {
  'llm-only': 'its model and nothing else',
  allowlist: 'its model and what is on its list',
  'open-public': 'its model and the public internet',
};

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'groups', description: 'Manage groups and the chats wired to them' },
    subCommands: {
      list: list(cli),
      show: show(cli),
      add: add(cli),
      wire: wire(cli),
      unwire: unwire(cli),
      set: set(cli),
      remove: remove(cli),
    },
  });

const list = (cli: Cli) =>
  defineCommand({
    meta: { name: 'list', description: 'List all groups' },
    args: { json: { type: 'boolean', description: 'As JSON' } },
    async run({ args }) {
      const groups = await cli.withHost((host) => host.call('groups.list', {}));
      cli.print(groups, { json: args.json, words: inWords });
    },
  });

const show = (cli: Cli) =>
  defineCommand({
    meta: { name: 'show', description: 'Show one group, its mounts and its network access' },
    args: { folder: named, json: { type: 'boolean', description: 'As JSON' } },
    async run({ args }) {
      const groups = await cli.withHost((host) => host.call('groups.list', {}));
      const group = groups.find((one) => one.folder === args.folder);
      if (!group) {
        throw new NanoclawError('group.unknown', `There is no group with the folder ${args.folder}.`, {
          cure: '"./nanoclaw groups list" shows them all.',
        });
      }
      cli.print(group, { json: args.json, words: oneInWords });
    },
  });

const add = (cli: Cli) =>
  defineCommand({
    meta: { name: 'add', description: 'Make a group and wire a chat to it' },
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
    meta: { name: 'wire', description: 'Wire a chat to a group' },
    args: { jid, folder },
    async run({ args }) {
      await cli.withHost((host) => host.call('groups.wire', { jid: args.jid, folder: args.folder }));
      cli.out(`${args.jid} is wired to ${args.folder}.`);
    },
  });

const unwire = (cli: Cli) =>
  defineCommand({
    meta: { name: 'unwire', description: 'Unwire a chat from its group' },
    args: { jid },
    async run({ args }) {
      const from = await cli.withHost((host) => host.call('groups.unwire', { jid: args.jid }));
      cli.out(`${args.jid} is no longer wired to ${from.folder}.`);
    },
  });

const set = (cli: Cli) =>
  defineCommand({
    meta: { name: 'set', description: 'Change a group; what is not given stays' },
    args: {
      folder: named,
      name: { type: 'string', valueHint: 'name', description: 'What people call it' },
      trigger: { type: 'string', valueHint: 'text', description: 'What wakes it' },
      'trigger-required': {
        type: 'boolean',
        default: true,
        description: 'Only messages with the trigger wake it',
        negativeDescription: 'Every message wakes it; --trigger-required undoes that',
      },
      model: { type: 'string', valueHint: 'model', description: 'Its own model; `default` removes it' },
      egress,
      budget: {
        type: 'string',
        valueHint: 'usd',
        description: 'Dollars it may spend a day; `default` removes that, `none` exempts it from every budget',
      },
      mount: {
        type: 'string',
        valueHint: 'path',
        description:
          'Mount PATH, or PATH:NAME, in its sandbox as /workspace/extra/<name>; read-only unless :rw follows; repeatable',
      },
      'no-mount': { type: 'string', valueHint: 'name', description: 'Remove the mount of this name; repeatable' },
      allow: {
        type: 'string',
        valueHint: 'host[:port]',
        description: 'Let it reach this host whatever its egress is, on port 443 unless given; repeatable',
      },
      'no-allow': { type: 'string', valueHint: 'host[:port]', description: 'Remove a host from that list; repeatable' },
    },
    async run({ args, rawArgs }) {
      const { name, trigger, model, budget } = args;
      const { group, ...lists } = repeatable(rawArgs);
      // A flag that is on by itself says nothing unless it was written.
      const written = rawArgs.some((word) => /^--(no-)?trigger-required\b/.test(word));
      const mounts = { add: lists.mount.map(mountOf), remove: lists.noMount };
      const allow = { add: lists.allow.map(addressOf), remove: lists.noAllow.map(addressOf) };
      const changes = {
        ...(name !== undefined && { name }),
        ...(trigger !== undefined && { trigger }),
        ...(written && { requiresTrigger: args['trigger-required'] }),
        ...(model !== undefined && { model }),
        ...(args.egress !== undefined && { egress: args.egress }),
        ...(budget !== undefined && { budget: budgetOf(budget) }),
        ...(mounts.add.length + mounts.remove.length > 0 && { mounts }),
        ...(allow.add.length + allow.remove.length > 0 && { allow }),
      };
      if (Object.keys(changes).length === 0) throw usageError('Nothing to change: give at least one option.');
      await cli.withHost((host) => host.call('groups.set', { folder: group, ...changes }));
      const now = [
        args.egress && ` Its sandbox may reach ${reach[args.egress]}; this applies at once, to a running sandbox too.`,
        changes.allow && ' The hosts it may reach apply at once, to a running sandbox too.',
        changes.mounts && ' The mounts apply from its next turn on.',
      ];
      cli.out(`Changed ${group}.${now.filter(Boolean).join('')}`);
    },
  });

const remove = (cli: Cli) =>
  defineCommand({
    meta: { name: 'remove', description: 'Remove a group; its folder and its messages stay' },
    args: { folder: named },
    async run({ args }) {
      const { chats } = await cli.withHost((host) => host.call('groups.remove', { folder: args.folder }));
      const unwired = chats.length > 0 ? ` No longer wired: ${chats.join(', ')}.` : '';
      cli.out(`Removed ${args.folder}; groups/${args.folder} stays.${unwired}`);
    },
  });

/** Options that may be repeated: citty keeps the last one only, and reads `--no-` as a negation. */
function repeatable(rawArgs: readonly string[]) {
  const many = { type: 'string', multiple: true } as const;
  const one = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { positionals, values } = parseArgs({
    args: [...rawArgs],
    options: {
      ...{ mount: many, 'no-mount': many, allow: many, 'no-allow': many },
      ...{ name: one, trigger: one, model: one, egress: one, budget: one },
      ...{ 'trigger-required': flag, 'no-trigger-required': flag },
    },
    allowPositionals: true,
  });
  const { mount = [], 'no-mount': noMount = [], allow = [], 'no-allow': noAllow = [] } = values;
  return { group: positionals[0] ?? '', mount, noMount, allow, noAllow };
}

/** `~/notes:rw`, `/srv/data:data`: the last words first, because a path may hold a colon. */
function mountOf(text: string): { hostPath: string; containerPath?: string; readonly: boolean } {
  const mode = /:(rw|ro)$/.exec(text)?.[1];
  const rest = mode ? text.slice(0, -3) : text;
  const colon = rest.lastIndexOf(':');
  const host = colon < 0 ? rest : rest.slice(0, colon);
  const name = colon < 0 ? undefined : rest.slice(colon + 1);
  if (host === '' || name === '')
    throw usageError('--mount must be PATH, PATH:NAME, PATH:rw or PATH:NAME:rw, such as ~/notes:notes:rw.');
  // The host's own directory is not where this command was typed.
  const hostPath = /^~(\/|$)/.test(host) ? host : resolve(host);
  return { hostPath, ...(name !== undefined && { containerPath: name }), readonly: mode !== 'rw' };
}

/** `example.com` is its port 443. */
function addressOf(text: string): string {
  const address = /:\d+$/.test(text) ? text : `${text}:443`;
  if (!/^([\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}$/.test(address)) {
    throw usageError('--allow must be HOST or HOST:PORT, such as example.com:8443, without https:// or a path.');
  }
  return address.toLowerCase();
}

function budgetOf(text: string): number | 'default' | 'none' {
  if (text === 'default' || text === 'none') return text;
  const usd = Number(text.replace(/^\$/, '') || Number.NaN);
  if (!(usd > 0 && usd <= 1_000_000))
    throw usageError('--budget must be dollars such as 5 or 0.50, `default` or `none`.');
  return usd;
}

function inWords(groups: AdminResult<'groups.list'>): string {
  if (groups.length === 0) return 'No groups yet. Add one: ./nanoclaw groups add --jid J --name N --folder F';
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

function oneInWords(group: AdminResult<'groups.list'>[number]): string {
  const none = '(none)';
  const mounts = group.mounts.map(({ host, name, readOnly, problem }) => {
    const place = `/workspace/extra/${name}`;
    return problem === null ? `${host} as ${place}, ${readOnly ? 'read-only' : 'writable'}` : problem;
  });
  const rows = [
    ['name', group.name],
    ['woken by', group.requiresTrigger && !group.isMain ? group.trigger : 'every message'],
    ['model', group.model ?? 'default'],
    ['egress', `${group.egress}: ${reach[egressOf(group.egress)]}`],
    ['allowed', group.allow.join(' ') || none],
    ['budget', typeof group.budget === 'number' ? `$${group.budget.toFixed(2)} a day` : (group.budget ?? 'default')],
    ['chats', group.chats.join(' ') || none],
    ...(mounts.length > 0 ? mounts.map((mount) => ['mount', mount]) : [['mounts', none]]),
  ];
  const title = group.isMain ? `${group.folder} (main)` : group.folder;
  return [title, ...table(['', ''], rows).split('\n').slice(1)].join('\n');
}

function egressOf(text: string): Egress {
  return text === 'llm-only' || text === 'allowlist' ? text : 'open-public';
}
