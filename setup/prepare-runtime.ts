import { join } from 'node:path';
import { ensureRunner, InstallError } from '../scripts/install.mjs';
import { runInGroup } from '../scripts/own-group.mjs';
import type { Preparer } from '../src/index.ts';
import { runProgram } from '../src/lib/program.ts';
import { NanoclawError } from '../src/model/errors.ts';
import type { RuntimeName } from '../src/sandbox/sandbox.ts';

export interface Preparation {
  readonly checkout: string;
  /** A line of progress for a person. */
  readonly note: (line: string) => void;
  /** Is told what may take minutes; what it returns is called when that is over. */
  readonly begin: (step: string) => () => void;
}

/** Brings a runtime to where runs can start: the agent image for an engine, bubblewrap and the runner for `local`. */
export function preparerFor(preparation: Preparation): Preparer {
  return {
    async prepare(runtime, { image, signal }) {
      if (runtime === 'local') await installRunner(preparation, signal);
      else await buildImage(runtime, { image, signal, ...preparation });
    },
    install: (command) => runAsRoot(command, preparation),
  };
}

async function installRunner({ checkout, note, begin }: Preparation, signal: AbortSignal): Promise<void> {
  try {
    await ensureRunner(checkout, { log: note, begin, signal });
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    // A sentence already, with what to do: no place in the program helps whoever reads it.
    throw new NanoclawError('setup.runner', error.message, { cause: error });
  }
}

async function buildImage(
  runtime: RuntimeName,
  { image, signal, checkout, note, begin }: Preparation & { image: string; signal: AbortSignal },
): Promise<void> {
  const settings = [`CONTAINER_RUNTIME=${runtime}`, `CONTAINER_IMAGE=${image}`];
  const script = join(checkout, 'container', 'build.sh');
  // Progress goes where errors go: standard output is for answers alone.
  const end = begin('building the agent image');
  const { code } = await runInGroup('env', [...settings, script], { signal, onLine: note }).finally(end);
  signal.throwIfAborted();
  if (code === 0) return;
  throw new NanoclawError('setup.image', 'The agent image could not be built; the lines above say why.', {
    cure: 'Mend that and start again, or see it in full with container/build.sh --verbose.',
  });
}

/** Runs a package manager's command where that needs no question: as root, or with sudo that asks nothing. */
// In a group of its own and to its end: a package manager that is ended in between leaves its database locked or broken.
async function runAsRoot(command: readonly string[], { note, begin }: Preparation): Promise<boolean> {
  const prefix = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const run = async (...words: string[]) => {
    const { code } = await runProgram('env', ['DEBIAN_FRONTEND=noninteractive', ...prefix, ...words], {
      ownGroup: true,
    });
    return code === 0;
  };
  const [program = '', ...rest] = command;
  note(`Installing what is missing: ${[program.split('/').at(-1), ...rest].join(' ')} …`);
  const end = begin('installing what is missing');
  try {
    return (await run(...command)) || ((await run(program, 'update')) && (await run(...command)));
  } finally {
    end();
  }
}
