import { spawn } from 'node:child_process';
import type { Clock } from '../lib/clock.ts';
import { NanoclawError } from '../model/errors.ts';
import { containerName, docker, type EngineDialect, environmentFile, labels, runArguments } from './arguments.ts';
import { AttachedRun, type Look, type Tether } from './attached-run.ts';
import { EngineClient, lastWords, passingFile } from './engine-client.ts';
import type { FoundRun, Run, RunSpec, Sandbox, SandboxCapabilities } from './sandbox.ts';

export interface ContainerOptions {
  readonly image: string;
  /** For the engine's client alone: PATH, HOME, DOCKER_HOST and the like. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** False where the engine's containers live in a virtual machine (Docker Desktop) or on another host. */
  readonly socketMount: boolean;
  readonly dialect?: EngineDialect;
}

const gone = /no such (container|object)/i;

/** An engine spoken to through its command line. */
export class ContainerSandbox implements Sandbox {
  readonly capabilities: SandboxCapabilities;
  readonly #client: EngineClient;
  readonly #options: ContainerOptions;

  constructor(options: ContainerOptions) {
    const dialect = options.dialect ?? docker;
    this.#options = options;
    this.#client = new EngineClient(dialect, options.environment);
    this.capabilities = {
      runtime: dialect.runtime,
      class: 'engine',
      limits: true,
      readOnlyRoot: true,
      adopts: true,
      socketMount: options.socketMount,
    };
  }

  async check(signal?: AbortSignal): Promise<void> {
    const { image } = this.#options;
    const args = ['image', 'inspect', '--format', '{{.Id}}', image];
    const answer = await this.#client.run(args, { deadlineMs: 8_000, signal });
    if (answer.code !== 0) throw this.#refusal(answer.stderr);
  }

  async start(spec: RunSpec, signal?: AbortSignal): Promise<Run> {
    using file = passingFile(environmentFile(spec.environment));
    const { image } = this.#options;
    const args = runArguments(spec, { dialect: this.#client.dialect, image, environmentFile: file.path });
    try {
      const answer = await this.#client.run(args, { deadlineMs: 45_000, signal });
      if (answer.code !== 0) throw this.#refusal(answer.stderr);
      const id = answer.stdout.trim();
      const name = containerName(spec.install, spec.group);
      return this.#follow({ id, name, group: spec.group, run: spec.run }, false);
    } catch (error) {
      // An engine can leave behind what it could not start. Only this run's own label: never the one that has the name.
      await this.#clearAway(spec).catch(() => undefined);
      throw error;
    }
  }

  async find(install: string): Promise<readonly FoundRun[]> {
    return this.#list(`${labels.install}=${install}`);
  }

  async attach(found: FoundRun): Promise<Run> {
    const look = await this.#look(found.id);
    if (look.state !== 'running') {
      throw new NanoclawError(
        'sandbox.failed',
        `The container ${found.name} cannot be attached to: it is ${look.state}.`,
      );
    }
    return this.#follow(found, true);
  }

  async remove(found: Pick<FoundRun, 'id' | 'name'>): Promise<void> {
    const answer = await this.#client.run(['rm', '-f', '-v', found.id], { deadlineMs: 30_000 });
    if (answer.code === 0 || gone.test(answer.stderr)) return;
    if (!/already in progress/i.test(answer.stderr)) throw failed(`${found.name} could not be removed`, answer.stderr);
    // Each look takes its 30 ms.
    for (let looks = 0; looks < 300; looks++) if ((await this.#look(found.id)).state === 'gone') return;
    throw failed(`${found.name} could not be removed`, answer.stderr);
  }

  #follow(container: Omit<FoundRun, 'running'>, adopted: boolean): Run {
    const { dialect, environment } = this.#client;
    const { id, name, group, run } = container;
    const tether: Tether = {
      group,
      run,
      name,
      attach: () =>
        spawn(dialect.program, ['attach', '--sig-proxy=false', id], {
          env: environment,
          stdio: ['pipe', 'pipe', 'pipe'],
          detached: true,
        }),
      look: () => this.#look(id),
      remove: () => this.remove(container),
    };
    return new AttachedRun(tether, { clock: this.#options.clock, adopted });
  }

  async #look(id: string): Promise<Look> {
    const args = ['inspect', '--type', 'container', '--format', '{{.State.Status}} {{.State.ExitCode}}', id];
    try {
      const answer = await this.#client.run(args, { deadlineMs: 10_000 });
      if (answer.code !== 0) return { state: gone.test(answer.stderr) ? 'gone' : 'unknown' };
      const [status, code] = answer.stdout.trim().split(' ');
      const ended = status === 'exited' || status === 'dead' || status === 'removing' || status === 'stopped';
      return ended ? { state: 'ended', code: Number(code) } : { state: 'running' };
    } catch {
      // An engine that does not answer says nothing about the container.
      return { state: 'unknown' };
    }
  }

  async #list(label: string): Promise<FoundRun[]> {
    const format = `{{.ID}}\t{{.Names}}\t{{.State}}\t{{.Label "${labels.group}"}}\t{{.Label "${labels.run}"}}`;
    const args = ['ps', '--all', '--no-trunc', '--filter', `label=${label}`, '--format', format];
    const answer = await this.#client.run(args, { deadlineMs: 10_000 });
    if (answer.code !== 0) throw failed('Containers could not be listed', answer.stderr);
    return answer.stdout.split('\n').flatMap((line) => {
      const [id, name, state, group, run] = line.split('\t');
      if (!id || name === undefined || !group || !run) return [];
      return [{ id, name, group, run, running: state === 'running' }];
    });
  }

  async #clearAway(spec: RunSpec): Promise<void> {
    for (const left of await this.#list(`${labels.run}=${spec.run}`)) await this.remove(left);
  }

  #refusal(stderr: string): NanoclawError {
    const { image } = this.#options;
    if (/name .* is already in use/is.test(stderr)) {
      return new NanoclawError('sandbox.name-taken', 'A container of this group is still there.', {
        cure: 'It is found and removed at the next start of the host.',
      });
    }
    if (/no such image|image not known|unable to find image/i.test(stderr)) {
      const cure = 'Build it: container/build.sh, or npx nanoclaw setup --step container';
      return new NanoclawError('sandbox.no-image', `The agent image ${image} is not there.`, { cure });
    }
    return failed('The container could not be started', stderr);
  }
}

function failed(what: string, stderr: string): NanoclawError {
  return new NanoclawError('sandbox.failed', `${what}: ${lastWords(stderr)}`);
}
