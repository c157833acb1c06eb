import { defineCommand } from 'citty';
import { type Cli, usageError } from '../cli.ts';

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'setup', description: 'Set up this machine, one step at a time' },
    args: {
      step: { type: 'enum', options: ['container'], required: true, description: 'The step to run' },
      runtime: {
        type: 'string',
        valueHint: 'name',
        description: 'For container: docker, podman, local or auto. Without it: CONTAINER_RUNTIME',
      },
    },
    async run({ args }) {
      if (args.runtime === '') throw usageError('--runtime is empty: give a name.');
      const { runStep } = await import('../../../setup/container.ts');
      const code = await runStep({ checkout: cli.checkout, runtime: args.runtime });
      if (code !== 0) process.exitCode = code;
    },
  });
