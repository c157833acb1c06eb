import { defineCommand } from 'citty';
import type { AdminResult } from '../../../protocol/admin.ts';
import { type Cli, usageError } from '../cli.ts';
import { instant, shortened, table } from '../table.ts';

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'messages', description: 'List stored messages' },
    subCommands: { list: list(cli) },
  });

const list = (cli: Cli) =>
  defineCommand({
    meta: { name: 'list', description: 'List the newest messages of a chat' },
    args: {
      chat: { type: 'string', required: true, valueHint: 'jid', description: 'The chat, as `chats list` names it' },
      limit: { type: 'string', default: '50', valueHint: 'n', description: 'How many, at most 1000' },
      json: { type: 'boolean', description: 'As JSON' },
    },
    async run({ args }) {
      const limit = Number(args.limit);
      if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
        throw usageError('--limit must be a number from 1 to 1000.');
      const messages = await cli.withHost((host) => host.call('messages.list', { chat: args.chat, limit }));
      cli.print(messages, { json: args.json, words: (all) => inWords(all, args.chat, cli.config.timeZone) });
    },
  });

function inWords(messages: AdminResult<'messages.list'>, chat: string, zone: string): string {
  if (messages.length === 0) return `No messages in ${chat} yet. Find its JID: ./nanoclaw chats list`;
  // On a screen one message is one line; a file or another program gets the whole text.
  const room = process.stdout.isTTY ? Math.max(20, process.stdout.columns - 55) : Number.POSITIVE_INFINITY;
  const rows = messages.map((message) => [
    message.id,
    instant(message.at, zone),
    shortened(`${message.direction === 'in' ? '' : '→ '}${message.sender}`, 20),
    message.state,
    shortened(message.text, room),
  ]);
  return table(['ID', 'AT', 'FROM', 'STATE', 'TEXT'], rows);
}
