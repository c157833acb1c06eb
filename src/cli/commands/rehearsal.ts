import { defineCommand } from 'citty';
import { type Cli, usageError } from '../cli.ts';

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'rehearsal', description: 'Serve the rehearsal model on loopback until Ctrl-C' },
    args: { port: { type: 'string', required: true, valueHint: 'n', description: 'The port; 0 picks a free one' } },
    async run({ args }) {
      const port = Number(args.port);
      if (!/^\d+$/.test(args.port) || port > 65_535) throw usageError('--port must be a number from 0 to 65535.');
      const { serveRehearsalModel } = await import('../../index.ts');
      const model = await serveRehearsalModel(port);
      cli.out(model.url);
      cli.note('Set ANTHROPIC_BASE_URL to this address to use it. Ctrl-C ends it.');
    },
  });
