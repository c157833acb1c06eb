import { defineCommand } from 'citty';
import { type Cli, usageError } from '../cli.ts';
import { loadSetupStep } from '../host.ts';

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'setup', description: 'Sets up this machine, a step at a time' },
    args: {
      step: { type: 'enum', options: ['container'], required: true, description: 'The step to run' },
      runtime: { type: 'string', valueHint: 'name', description: 'For container: docker, local or auto' },
      yes: { type: 'boolean', description: 'Ask nothing, install what is needed' },
    },
    async run({ args }) {
      if (args.runtime === '') throw usageError('--runtime needs a name.');
      const { runStep } = await loadSetupStep('container');
      const code = await runStep({ checkout: cli.checkout, runtime: args.runtime, yes: args.yes ?? false });
      if (code !== 0) process.exitCode = code;
    },
  });
