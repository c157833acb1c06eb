import { defineCommand } from 'citty';
import type { Cli } from '../cli.ts';
import { instant } from '../table.ts';

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'pair', description: 'Makes a one-time code by which you become an owner on a channel' },
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
      cli.out(`Write this to your bot on ${channel}, before ${until}:\n\n    /pair ${code}\n`);
      cli.out('Whoever does becomes an owner, and that chat talks to main. The code works once.');
    },
  });
