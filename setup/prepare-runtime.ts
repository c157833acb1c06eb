import { join } from 'node:path';
import { ensureRunner, InstallError } from '../scripts/install.mjs';
import type { Preparer } from '../src/index.ts';
import { runProgram } from '../src/lib/program.ts';
import { NanoclawError } from '../src/model/errors.ts';
import type { RuntimeName } from '../src/sandbox/sandbox.ts';

export interface Preparation {
  readonly checkout: string;
  /** A line of progress for a person. */
  readonly note: (line: string) => void;
}

/** Brings a runtime to where runs can start: the agent image for an engine, bubblewrap and the runner for `local`. */
export function preparerFor(preparation: Preparation): Preparer {
  return {
    async prepare(runtime, image) {
      if (runtime === 'local') await installRunner(preparation);
      else await buildImage(runtime, image, preparation.checkout);
    },
    install: (command) => runAsRoot(command, preparation.note),
  };
}

async function installRunner({ checkout, note }: Preparation): Promise<void> {
  try {
    await ensureRunner(checkout, { log: note });
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    // A sentence already, with what to do: no place in the program helps whoever reads it.
    throw new NanoclawError('setup.runner', error.message, { cause: error });
  }
}

async function buildImage(runtime: RuntimeName, image: string, checkout: string): Promise<void> {
  const settings = [`CONTAINER_RUNTIME=${runtime}`, `CONTAINER_IMAGE=${image}`];
  const script = join(checkout, 'container', 'build.sh');
  // Progress goes where errors go: standard output is for answers alone.
  const { code } = await runProgram('env', [...settings, script], { output: 'stderr' });
  if (code === 0) return;
  throw new NanoclawError('setup.image', 'The agent image could not be built; the lines above say why.', {
    cure: 'Mend that and start again, or see it in full with container/build.sh --verbose.',
  });
}

/** Runs a package manager's command where that needs no question: as root, or with sudo that asks nothing. */
async function runAsRoot(command: readonly string[], note: (line: string) => void): Promise<boolean> {
  const prefix = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const run = async (...words: string[]) => {
    const { code } = await runProgram('env', ['DEBIAN_FRONTEND=noninteractive', ...prefix, ...words]);
    return code === 0;
  };
  const [program = '', ...rest] = command;
  note(`Installing what is missing: ${[program.split('/').at(-1), ...rest].join(' ')} …`);
  return (await run(...command)) || ((await run(program, 'update')) && (await run(...command)));
}
