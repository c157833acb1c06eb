import { defineCommand } from 'citty';
import { talk } from '../chat/talk.ts';
import { type Cli, usageError } from '../cli.ts';

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'chat', description: 'Talk to a group of the running host' },
    args: {
      group: { type: 'string', default: 'main', description: "The group's folder" },
      once: { type: 'string', valueHint: 'text', description: 'Send this, print the answer and exit' },
    },
    async run({ args }) {
      const { group, once } = args;
      if (group === '') throw usageError('--group is empty: give the folder of a group.');
      if (once !== undefined && once.trim() === '') throw usageError('--once is empty: give it a message.');
      await cli.waitForStart();
      const unfinished = await cli.withHost((host) => talk(cli, host, { group, once, notices: [] }));
      if (unfinished) cli.note('The unfinished answer is shown when you come back.');
    },
  });
