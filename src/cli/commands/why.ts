import { defineCommand } from 'citty';
import { plainText } from '../../text/plain.ts';
import type { Cli } from '../cli.ts';

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'why', description: 'Show what happened to one message' },
    args: {
      id: {
        type: 'positional',
        required: true,
        valueHint: 'message',
        description: "Its id, like m812; with --chat also the platform's own id",
      },
      chat: { type: 'string', valueHint: 'jid', description: 'The chat it is in' },
      json: { type: 'boolean', description: 'As JSON' },
    },
    async run({ args }) {
      const { id, chat, json } = args;
      const { lines, ...facts } = await cli.withHost((host) =>
        host.call('why', { id, ...(chat !== undefined && { chat }) }),
      );
      cli.out(json ? JSON.stringify(facts, null, 2) : plainText(lines.join('\n')));
    },
  });
