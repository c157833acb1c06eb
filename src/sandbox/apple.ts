import { spawn } from 'node:child_process';
import type { Clock } from '../lib/clock.ts';
import { NanoclawError } from '../model/errors.ts';
import { appleNeeds, createArguments, isNewEnough, listed } from './apple-arguments.ts';
import { containerName, environmentFile } from './arguments.ts';
import { type AttachClient, AttachedRun, type Tether } from './attached-run.ts';
import { EngineClient, lastWords, passingFile } from './engine-client.ts';
import type { FoundRun, Run, RunSpec, Sandbox, SandboxCapabilities } from './sandbox.ts';

export interface AppleOptions {
  readonly image: string;
  /** For the client alone. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

const client = {
  program: 'container',
  cures: {
    start: () => 'Start it (container system start), then wait or try again.',
    access: () => 'Start it as this very user (container system start).',
  },
};

/**
 * Apple's `container`: each run is a light virtual machine of its own. Nothing can attach to one that runs, and the
 * gateway's socket does not cross into it. Known from its documentation, tried against a strict stand-in.
 */
export class AppleSandbox implements Sandbox {
  readonly capabilities: SandboxCapabilities = {
    runtime: 'container',
    class: 'vm',
    limits: true,
    readOnlyRoot: true,
    adopts: false,
    ringsAgain: false,
    socketMount: false,
  };
  readonly #client: EngineClient;
  readonly #options: AppleOptions;

  constructor(options: AppleOptions) {
    this.#options = options;
    this.#client = new EngineClient(client, options.environment);
  }

  async check(signal?: AbortSignal): Promise<void> {
    const version = await this.#client.run(['--version'], { deadlineMs: 4_000, signal });
    if (!isNewEnough(version.stdout)) {
      const message = `Apple container ${appleNeeds.join('.')} or newer is needed; this is: ${version.stdout.trim()}.`;
      throw new NanoclawError('sandbox.unavailable', message, { cure: 'Install a newer one.' });
    }
    await this.#requireImage(signal);
  }

  async start(spec: RunSpec, signal?: AbortSignal): Promise<Run> {
    using file = passingFile(environmentFile(spec.environment));
    const args = createArguments(spec, { image: this.#options.image, environmentFile: file.path });
    try {
      // It would fetch an image of that name from a registry.
      await this.#requireImage(signal);
      const answer = await this.#client.run(args, { deadlineMs: 30_000, signal });
      if (answer.code !== 0) throw refusal(answer.stderr);
      return await this.#connect(spec, signal);
    } catch (error) {
      // Only this run's own label: never the one that has the name.
      const { install, group, run } = spec;
      const name = containerName(install, group);
      await this.remove({ group, run, name, id: name, running: false }).catch(() => undefined);
      throw error;
    }
  }

  async find(install: string, signal?: AbortSignal): Promise<readonly FoundRun[]> {
    return (await this.#list(signal))
      .filter((one) => one.install === install)
      .map(({ group, run, name, id, running }) => ({ group, run, name, id, running }));
  }

  async attach(found: FoundRun): Promise<Run> {
    throw new NanoclawError('sandbox.cannot', `Nothing can connect to ${found.name} again.`, { cure: 'Remove it.' });
  }

  async remove(found: FoundRun, signal?: AbortSignal): Promise<void> {
    // The name is its only id: the label says whether it is still the same run.
    if (!(await this.#state(found, signal))) return;
    const answer = await this.#client.run(['delete', '--force', found.name], { deadlineMs: 30_000, signal });
    if (answer.code === 0 || /not found/i.test(answer.stderr)) return;
    throw failed(`${found.name} could not be removed`, answer.stderr);
  }

  /** Starts what was created, and resolves once it is seen running. */
  async #connect(spec: RunSpec, signal: AbortSignal | undefined): Promise<Run> {
    const { clock } = this.#options;
    const name = containerName(spec.install, spec.group);
    const found = { group: spec.group, run: spec.run, name, id: name, running: true };
    let words = '';
    const tether: Tether = {
      ...found,
      attach: () => {
        const child = this.#attached(name);
        child.stderr.on('data', (chunk: Buffer) => {
          if (words.length < 2_000) words += chunk.toString();
        });
        return child;
      },
      // Asked once its only client has ended: whatever is left of it then is of no use to anybody.
      look: (signal) =>
        this.remove(found, signal).then(
          () => ({ state: 'gone' }),
          () => ({ state: 'unknown' }),
        ),
      remove: (signal) => this.remove(found, signal),
    };
    const run = new ConnectedOnce(tether, { clock, adopted: false });
    let code: number | null | undefined;
    void run.exited.then((exit) => {
      code = exit.code;
    });
    try {
      // Each look takes its 30 ms.
      while ((await this.#state(found)) !== 'running' && code === undefined) signal?.throwIfAborted();
    } catch (error) {
      await run.kill();
      if (!signal?.aborted) throw error;
      throw new NanoclawError('sandbox.failed', 'The start of a run was called off.', { cause: error });
    }
    if (code !== undefined && code !== 0) throw refusal(words);
    return run;
  }

  #attached(name: string): AttachClient {
    const { environment } = this.#client;
    return spawn(client.program, ['start', '--attach', '--interactive', name], {
      env: environment,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
  }

  async #state(
    found: Pick<FoundRun, 'name' | 'run'>,
    signal?: AbortSignal,
  ): Promise<'running' | 'stopped' | undefined> {
    const one = (await this.#list(signal)).find(({ name, run }) => name === found.name && run === found.run);
    return one && (one.running ? 'running' : 'stopped');
  }

  async #list(signal?: AbortSignal): Promise<ReturnType<typeof listed>> {
    const args = ['list', '--all', '--format', 'json'];
    const answer = await this.#client.run(args, { deadlineMs: 10_000, signal });
    if (answer.code !== 0) throw failed('Containers could not be listed', answer.stderr);
    return listed(answer.stdout);
  }

  async #requireImage(signal: AbortSignal | undefined): Promise<void> {
    const { image } = this.#options;
    const answer = await this.#client.run(['image', 'inspect', image], { deadlineMs: 4_000, signal });
    if (answer.code === 0 && answer.stdout.trim() !== '[]') return;
    const cure = 'Build it: container/build.sh, or ./nanoclaw setup --step container';
    throw new NanoclawError('sandbox.no-image', `The agent image ${image} is not there.`, { cure });
  }
}

/** A run whose first connection is its last. */
class ConnectedOnce extends AttachedRun {
  override detach(): void {
    throw new NanoclawError('sandbox.cannot', `Apple container cannot connect to ${this.name} again once let go of.`);
  }
}

function refusal(stderr: string): NanoclawError {
  if (/already exists/i.test(stderr)) {
    return new NanoclawError('sandbox.name-taken', 'A container of this group is still there.', {
      cure: 'It is found and removed at the next start of the host.',
    });
  }
  return failed('The container could not be started', stderr);
}

function failed(what: string, stderr: string): NanoclawError {
  return new NanoclawError('sandbox.failed', `${what}: ${lastWords(stderr)}`);
}
