import { defineCommand } from 'citty';
import type { Cli } from '../cli.ts';
import { instant } from '../table.ts';

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'pair', description: 'Make a one-time code that makes you an owner on a channel' },
    args: {
      channel: {
        type: 'positional',
        required: true,
        valueHint: 'channel',
        description: 'The channel, as `status` names it',
      },
    },
    async run({ args }) {
      const { channel, code, expiresAt } = await cli.withHost((host) => host.call('pair', { channel: args.channel }));
      const until = instant(expiresAt, cli.config.timeZone).slice(-5);
      cli.out(`Send this to your bot on ${channel} before ${until}:\n\n    /pair ${code}\n`);
      cli.out('Whoever sends it becomes an owner, and that chat is wired to main. The code works once.');
    },
  });
