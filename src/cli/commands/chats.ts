import { defineCommand } from 'citty';
import type { AdminResult } from '../../../protocol/admin.ts';
import type { Cli } from '../cli.ts';
import { instant, table } from '../table.ts';

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'chats', description: 'List the chats that the host knows' },
    subCommands: { list: list(cli) },
  });

const list = (cli: Cli) =>
  defineCommand({
    meta: { name: 'list', description: 'List all chats, wired to a group or not' },
    args: { json: { type: 'boolean', description: 'As JSON' } },
    async run({ args }) {
      const chats = await cli.withHost((host) => host.call('chats.list', {}));
      cli.print(chats, { json: args.json, words: (all) => inWords(all, cli.config.timeZone) });
    },
  });

function inWords(chats: AdminResult<'chats.list'>, zone: string): string {
  if (chats.length === 0) return 'No chats yet. Write to the assistant (./nanoclaw chat), and the chat appears here.';
  const rows = chats.map((chat) => [
    chat.jid,
    chat.name,
    chat.group ?? '(not wired)',
    chat.lastMessageAt === null ? 'never' : instant(chat.lastMessageAt, zone),
  ]);
  return table(['JID', 'NAME', 'GROUP', 'LAST MESSAGE'], rows);
}
