import { join } from 'node:path';
import { execa } from 'execa';
import { NanoclawError } from '../src/model/errors.ts';
import type { RuntimeName } from '../src/sandbox/sandbox.ts';

export interface Preparation {
  readonly checkout: string;
  readonly image: string;
  /** A line of progress for a person. */
  readonly note: (line: string) => void;
}

/** Brings a runtime to where runs can start: the agent image for an engine, bubblewrap and the runner for `local`. */
export async function prepareRuntime(runtime: RuntimeName, preparation: Preparation): Promise<void> {
  if (runtime === 'local') await prepareLocal(preparation);
  else await buildImage(runtime, preparation);
}

async function buildImage(runtime: RuntimeName, { checkout, image }: Preparation): Promise<void> {
  const built = await execa(join(checkout, 'container', 'build.sh'), {
    // Progress goes where errors go: standard output is for answers alone.
    stdio: ['ignore', process.stderr, process.stderr],
    env: { CONTAINER_RUNTIME: runtime, CONTAINER_IMAGE: image },
    reject: false,
  });
  if (!built.failed) return;
  throw new NanoclawError('setup.image', 'The agent image could not be built; the lines above say why.', {
    cure: 'Mend that and start again, or see it in full with container/build.sh --verbose.',
  });
}

async function prepareLocal({ checkout, note }: Preparation): Promise<void> {
  const { ensureRunner } = await import('../scripts/install.mjs');
  await ensureRunner(checkout, { log: note });
}

/** Runs a package manager's command where that needs no question: as root, or with sudo that asks nothing. */
export async function runAsRoot(command: readonly string[], note: (line: string) => void): Promise<boolean> {
  const prefix = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const run = async (...words: string[]) => {
    const [program = '', ...rest] = [...prefix, ...words];
    const { failed } = await execa(program, rest, {
      reject: false,
      stdin: 'ignore',
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
    return !failed;
  };
  const [program = '', ...rest] = command;
  note(`Installing what is missing: ${[program.split('/').at(-1), ...rest].join(' ')} …`);
  return (await run(...command)) || ((await run(program, 'update')) && (await run(...command)));
}
