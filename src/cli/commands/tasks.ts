import { defineCommand } from 'citty';
import type { AdminResult } from '../../../protocol/admin.ts';
import type { TaskFacts, TaskRunFacts } from '../../../protocol/admin-tasks.ts';
import { plainText } from '../../text/plain.ts';
import { type Cli, usageError } from '../cli.ts';
import { instant, shortened, table } from '../table.ts';

const id = { type: 'positional', required: true, valueHint: 'task', description: 'Its id, like t3' } as const;
const json = { type: 'boolean', description: 'As JSON' } as const;

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'tasks', description: 'Manage scheduled tasks and see how they ran' },
    subCommands: {
      list: list(cli),
      show: show(cli),
      add: add(cli),
      pause: change(cli, { name: 'pause', description: 'Pause a task until it is resumed' }),
      resume: change(cli, {
        name: 'resume',
        description: 'Resume a task; its next run is the next one of its schedule',
      }),
      cancel: change(cli, { name: 'cancel', description: 'Cancel a task for good; its past runs stay readable' }),
      run: run(cli),
    },
  });

const list = (cli: Cli) =>
  defineCommand({
    meta: { name: 'list', description: 'List the tasks that are still due' },
    args: {
      group: { type: 'string', valueHint: 'folder', description: 'Only those of this group' },
      all: { type: 'boolean', description: 'Also those that are finished or cancelled' },
      json,
    },
    async run({ args }) {
      const { group, all = false } = args;
      const tasks = await cli.withHost((host) =>
        host.call('tasks.list', { all, ...(group !== undefined && { group }) }),
      );
      cli.print(tasks, { json: args.json, words: (found) => listInWords(found, cli.config.timeZone) });
    },
  });

const show = (cli: Cli) =>
  defineCommand({
    meta: { name: 'show', description: 'Show one task with its newest runs' },
    args: {
      id,
      runs: { type: 'string', default: '20', valueHint: 'n', description: 'How many runs, at most 1000' },
      json,
    },
    async run({ args }) {
      const runs = Number(args.runs);
      if (!Number.isInteger(runs) || runs < 1 || runs > 1000)
        throw usageError('--runs must be a number from 1 to 1000.');
      const task = await cli.withHost((host) => host.call('tasks.show', { id: args.id, runs }));
      cli.print(task, { json: args.json, words: (one) => showInWords(one, cli.config.timeZone) });
    },
  });

const add = (cli: Cli) =>
  defineCommand({
    meta: { name: 'add', description: 'Schedule a task: give one of --cron, --interval and --once' },
    args: {
      chat: { type: 'string', required: true, valueHint: 'jid', description: 'Where its answers go' },
      prompt: { type: 'string', required: true, valueHint: 'text', description: 'What the agent should do' },
      cron: { type: 'string', valueHint: 'expression', description: 'Such as "0 9 * * 1-5": at 9:00 on weekdays' },
      interval: { type: 'string', valueHint: 'ms', description: 'Milliseconds, at least 60000' },
      once: { type: 'string', valueHint: 'time', description: 'A local time such as 2026-03-01T15:30' },
      isolated: { type: 'boolean', description: 'In a conversation of its own each time' },
      script: {
        type: 'string',
        valueHint: 'bash',
        description: 'Run this first; it decides whether the agent is woken',
      },
    },
    async run({ args }) {
      const { chat, prompt, script } = args;
      const given = (['cron', 'interval', 'once'] as const).flatMap((type) => {
        const value = args[type];
        return value === undefined ? [] : [{ scheduleType: type, scheduleValue: value }];
      });
      const [schedule] = given;
      if (!schedule || given.length > 1) throw usageError('Give one of --cron, --interval and --once.');
      const contextMode = args.isolated ? 'isolated' : 'group';
      const task = await cli.withHost((host) =>
        host.call('tasks.add', { chat, prompt, contextMode, ...schedule, ...(script !== undefined && { script }) }),
      );
      cli.out(stateInWords(task, cli.config.timeZone));
    },
  });

const change = (cli: Cli, meta: { name: 'pause' | 'resume' | 'cancel'; description: string }) =>
  defineCommand({
    meta,
    args: { id },
    async run({ args }) {
      const task = await cli.withHost((host) => host.call(`tasks.${meta.name}`, { id: args.id }));
      cli.out(stateInWords(task, cli.config.timeZone));
    },
  });

const run = (cli: Cli) =>
  defineCommand({
    meta: { name: 'run', description: 'Run a task now; its schedule does not change' },
    args: { id },
    async run({ args }) {
      const { message } = await cli.withHost((host) => host.call('tasks.run', { id: args.id }));
      cli.out(`${args.id} is running as ${message}: ./nanoclaw why ${message}`);
    },
  });

function stateInWords(task: TaskFacts, zone: string): string {
  const next = task.state === 'active' && task.nextRunAt !== null ? `, next ${instant(task.nextRunAt, zone)}` : '';
  return `${task.id} is ${task.state} (${plainText(task.schedule)})${next}.`;
}

function listInWords(tasks: AdminResult<'tasks.list'>, zone: string): string {
  if (tasks.length === 0) return 'No tasks. Ask for one in a chat, or: ./nanoclaw tasks add --help';
  const rows = tasks.map((task) => [
    task.id,
    task.group,
    task.state,
    task.schedule,
    task.state === 'active' && task.nextRunAt !== null ? instant(task.nextRunAt, zone) : '–',
    task.last ? `${instant(task.last.firedAt, zone)} ${task.last.state}` : '–',
    shortened(task.prompt, 50),
  ]);
  return table(['ID', 'GROUP', 'STATE', 'SCHEDULE', 'NEXT', 'LAST RUN', 'PROMPT'], rows);
}

function showInWords(task: AdminResult<'tasks.show'>, zone: string): string {
  const thread = task.thread === null ? '' : `, thread ${task.thread}`;
  const facts = [
    stateInWords(task, zone),
    ...(task.pauseReason === null ? [] : [`Paused: ${task.pauseReason}`]),
    `Group ${task.group}, chat ${task.chat}${thread}; context: ${task.contextMode}`,
    `Made ${instant(task.createdAt, zone)} by ${task.createdBy}`,
    `Prompt: ${task.prompt}`,
    ...(task.script === null ? [] : [`Script: ${task.script}`]),
  ];
  return plainText([...facts, '', runsInWords(task.runs, zone)].join('\n'));
}

function runsInWords(runs: readonly TaskRunFacts[], zone: string): string {
  if (runs.length === 0) return 'It has not run yet.';
  const rows = runs.map((one) => [
    one.byHand ? 'by hand' : instant(one.dueAt, zone),
    instant(one.firedAt, zone),
    one.state,
    one.missed === 0 ? '' : `+${one.missed} missed`,
    one.message,
    one.detail ?? '',
  ]);
  return table(['DUE', 'RUN', 'STATE', 'FOR', 'MESSAGE', 'DETAIL'], rows);
}
