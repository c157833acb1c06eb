import { defineCommand } from 'citty';
import type { AdminResult } from '../../../protocol/admin.ts';
import type { Cli } from '../cli.ts';
import { instant, table } from '../table.ts';

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'status', description: 'Show what is running' },
    args: { json: { type: 'boolean', description: 'As JSON' } },
    async run({ args }) {
      const status = await cli.withHost((host) => host.call('status', {}));
      cli.print(status, { json: args.json, words: (it) => inWords(it, cli.config.timeZone) });
    },
  });

function inWords(status: AdminResult<'status'>, zone: string): string {
  const { sandbox, waiting } = status;
  const rows = [
    ['home', status.home],
    ['model', status.model ?? "the Agent SDK's default"],
    ['credential', status.credential],
    ['sandbox', `${sandbox.runtime} (${sandbox.class}), ${sandbox.state}`],
    ['channels', status.channels.map((channel) => `${channel.name} ${channel.state}`).join(', ') || 'none'],
    ['groups', String(status.groups)],
    ['containers', status.containers.map((one) => `${one.group} ${one.state}`).join(', ') || 'none'],
    ['waiting', `${waiting.inbox} to be answered, ${waiting.outbox} to be sent, ${waiting.dead} given up`],
  ];
  const since = instant(status.startedAt, zone);
  const title = `${status.assistantName} is running: version ${status.version}, pid ${status.pid}, since ${since}.`;
  return [title, ...table(['', ''], rows).split('\n').slice(1), ...status.warnings.map((one) => `! ${one}`)].join('\n');
}
