import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, pause } from '../lib/clock.ts';
import { NanoclawError } from '../model/errors.ts';
import { containerName, environmentFile, labels, runArguments } from './arguments.ts';
import { AttachedRun, type Look, type Tether } from './attached-run.ts';
import { podmanLimitsProblem, thisUser } from './cures.mjs';
import { docker, droppedLimit, type EngineDialect } from './dialects.ts';
import { EngineClient, lastWords, passingFile } from './engine-client.ts';
import type { FoundRun, Mount, Run, RunSpec, Sandbox, SandboxCapabilities } from './sandbox.ts';

export interface ContainerOptions {
  readonly image: string;
  /** For the engine's client alone: PATH, HOME, DOCKER_HOST and the like. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** False where the engine's containers live in a virtual machine (Docker Desktop) or on another host. */
  readonly socketMount: boolean;
  readonly dialect?: EngineDialect;
  /** Written here and shown to runs as /etc/hosts, on an engine that would show them the host's own. */
  readonly hostsFile?: string;
}

const gone = /no such (container|object)/i;

/** An engine spoken to through its command line. */
export class ContainerSandbox implements Sandbox {
  readonly capabilities: SandboxCapabilities;
  readonly #client: EngineClient;
  readonly #dialect: EngineDialect;
  readonly #options: ContainerOptions;

  constructor(options: ContainerOptions) {
    const dialect = options.dialect ?? docker;
    this.#dialect = dialect;
    this.#options = options;
    this.#client = new EngineClient(dialect, options.environment);
    this.capabilities = {
      runtime: dialect.runtime,
      class: 'engine',
      limits: true,
      readOnlyRoot: true,
      adopts: true,
      ringsAgain: dialect.keepsStdin,
      socketMount: options.socketMount,
    };
  }

  async check(signal?: AbortSignal): Promise<void> {
    await this.#checkLimits(signal);
    const { image } = this.#options;
    const args = ['image', 'inspect', '--format', '{{.Id}}', image];
    const answer = await this.#client.run(args, { deadlineMs: 8_000, signal });
    if (answer.code !== 0) throw this.#refusal(answer.stderr);
  }

  async start(spec: RunSpec, signal?: AbortSignal): Promise<Run> {
    using file = passingFile(environmentFile(spec.environment));
    const { image } = this.#options;
    const mounts = [...spec.mounts, ...this.#hostsMount()];
    const dialect = this.#dialect;
    const args = runArguments({ ...spec, mounts }, { dialect, image, environmentFile: file.path });
    try {
      const answer = await this.#client.run(args, { deadlineMs: 45_000, signal });
      if (answer.code !== 0) throw this.#refusal(answer.stderr);
      const dropped = droppedLimit(spec.limits, answer.stderr);
      if (dropped !== undefined) throw this.#cannotLimit(dropped);
      const id = answer.stdout.trim();
      const name = containerName(spec.install, spec.group);
      return this.#follow({ id, name, group: spec.group, run: spec.run }, false);
    } catch (error) {
      // An engine can leave behind what it could not start. Only this run's own label: never the one that has the name.
      let cleared = await this.#clearAway(spec).catch(() => false);
      // What was called off it may go on making for a moment.
      for (let looks = 0; signal?.aborted && !cleared && looks < 4; looks++) {
        await pause(this.#options.clock, 500);
        cleared = await this.#clearAway(spec).catch(() => false);
      }
      throw error;
    }
  }

  async find(install: string, signal?: AbortSignal): Promise<readonly FoundRun[]> {
    return this.#list(`${labels.install}=${install}`, signal);
  }

  async attach(found: FoundRun, signal?: AbortSignal): Promise<Run> {
    const look = await this.#look(found.id, signal);
    if (look.state !== 'running') {
      throw new NanoclawError(
        'sandbox.failed',
        `The container ${found.name} cannot be attached to: it is ${look.state}.`,
      );
    }
    return this.#follow(found, true);
  }

  async remove(found: Pick<FoundRun, 'id' | 'name'>, signal?: AbortSignal): Promise<void> {
    const answer = await this.#client.run(['rm', '-f', '-v', found.id], { deadlineMs: 30_000, signal });
    if (answer.code === 0 || gone.test(answer.stderr)) return;
    if (!/already in progress/i.test(answer.stderr)) throw failed(`${found.name} could not be removed`, answer.stderr);
    // Each look takes its 30 ms.
    for (let looks = 0; looks < 300; looks++) if ((await this.#look(found.id, signal)).state === 'gone') return;
    throw failed(`${found.name} could not be removed`, answer.stderr);
  }

  #follow(container: Omit<FoundRun, 'running'>, adopted: boolean): Run {
    const { environment } = this.#client;
    const { id, name, group, run } = container;
    const tether: Tether = {
      group,
      run,
      name,
      attach: () =>
        spawn(this.#dialect.program, ['attach', '--sig-proxy=false', id], {
          env: environment,
          stdio: ['pipe', 'pipe', 'pipe'],
          detached: true,
        }),
      look: (signal) => this.#lookAndClear(container, signal),
      remove: (signal) => this.remove(container, signal),
    };
    return new AttachedRun(tether, { clock: this.#options.clock, adopted });
  }

  async #lookAndClear(container: Pick<FoundRun, 'id' | 'name'>, signal: AbortSignal): Promise<Look> {
    const look = await this.#look(container.id, signal);
    // What cannot be removed now is still there at the next look.
    if (look.state === 'ended' && !this.#dialect.removesItself)
      await this.remove(container, signal).catch(() => undefined);
    return look;
  }

  async #look(id: string, signal: AbortSignal | undefined): Promise<Look> {
    const args = ['inspect', '--type', 'container', '--format', '{{.State.Status}} {{.State.ExitCode}}', id];
    try {
      const answer = await this.#client.run(args, { deadlineMs: 10_000, signal });
      if (answer.code !== 0) return { state: gone.test(answer.stderr) ? 'gone' : 'unknown' };
      const [status, code] = answer.stdout.trim().split(' ');
      const ended = status === 'exited' || status === 'dead' || status === 'removing' || status === 'stopped';
      return ended ? { state: 'ended', code: Number(code) } : { state: 'running' };
    } catch {
      // An engine that does not answer says nothing about the container.
      return { state: 'unknown' };
    }
  }

  async #list(label: string, signal?: AbortSignal): Promise<FoundRun[]> {
    const dialect = this.#dialect;
    const format = ['{{.ID}}', '{{.Names}}', '{{.State}}', dialect.label(labels.group), dialect.label(labels.run)].join(
      '\t',
    );
    const args = ['ps', '--all', '--no-trunc', '--filter', `label=${label}`, '--format', format];
    const answer = await this.#client.run(args, { deadlineMs: 10_000, signal });
    if (answer.code !== 0) throw failed('Containers could not be listed', answer.stderr);
    return answer.stdout.split('\n').flatMap((line) => {
      const [id, name, state, group, run] = line.split('\t');
      if (!id || name === undefined || !group || !run) return [];
      return [{ id, name, group, run, running: dialect.running.test(state ?? '') }];
    });
  }

  /** True when there was one. */
  async #clearAway(spec: RunSpec): Promise<boolean> {
    const left = await this.#list(`${labels.run}=${spec.run}`);
    for (const one of left) await this.remove(one);
    if (this.#dialect.leavesHalfMade) await this.#clearHalfMade(containerName(spec.install, spec.group));
    return left.length > 0;
  }

  /** What stands in the storage alone is no container yet, and never will be: who was making it is gone. */
  async #clearHalfMade(name: string): Promise<void> {
    const args = ['ps', '--all', '--external', '--no-trunc', '--format', '{{.ID}}\t{{.Names}}\t{{.State}}'];
    const { stdout } = await this.#client.run(args, { deadlineMs: 10_000 });
    for (const line of stdout.split('\n')) {
      const [id, names, state] = line.split('\t');
      if (id && names === name && state?.toLowerCase() === 'storage') await this.remove({ id, name });
    }
  }

  #hostsMount(): Mount[] {
    const { hostsFile } = this.#options;
    if (!this.#dialect.copiesHosts || hostsFile === undefined) return [];
    mkdirSync(dirname(hostsFile), { recursive: true, mode: 0o700 });
    writeFileSync(hostsFile, '127.0.0.1 localhost\n::1 localhost\n');
    // Read by the run's user, whatever the umask is here.
    chmodSync(hostsFile, 0o644);
    return [{ source: hostsFile, target: '/etc/hosts', readOnly: true }];
  }

  /** Told before minutes are spent on an image, not by the first message. */
  async #checkLimits(signal: AbortSignal | undefined): Promise<void> {
    const user = thisUser(this.#client.environment['PATH'] ?? '');
    if (this.#dialect.runtime !== 'podman' || user.rights === 'root') return;
    const info = await this.#client.run(['info', '--format', 'json'], { deadlineMs: 8_000, signal });
    const problem = podmanLimitsProblem(user, info.stdout);
    if (!problem) return;
    const cure = `${problem.cure} Or take another sandbox (docker, or the weaker local): CONTAINER_RUNTIME=local ./nanoclaw start`;
    throw new NanoclawError('sandbox.cannot', problem.says, { cure });
  }

  #cannotLimit(dropped: string): NanoclawError {
    const { program } = this.#dialect;
    const message = `${program} would run this without the limits it must have: ${lastWords(dropped)}.`;
    const cure = `Let ${program} run on cgroups version 2, or as root.`;
    return new NanoclawError('sandbox.cannot', message, { cure });
  }

  #refusal(stderr: string): NanoclawError {
    const { image } = this.#options;
    if (/container-init binary not found/i.test(stderr)) {
      return new NanoclawError('sandbox.unavailable', 'podman has no init to start containers with.', {
        cure: 'Install it (Debian and Ubuntu: sudo apt-get install -y catatonit).',
      });
    }
    if (/name .* is already in use/is.test(stderr)) {
      return new NanoclawError('sandbox.name-taken', 'A container of this group is still there.', {
        cure: 'It is found and removed at the next start of the host.',
      });
    }
    if (/no such image|image not known|unable to find image/i.test(stderr)) {
      const cure = 'Build it: container/build.sh, or ./nanoclaw setup --step container';
      return new NanoclawError('sandbox.no-image', `The agent image ${image} is not there.`, { cure });
    }
    return failed('The container could not be started', stderr);
  }
}

function failed(what: string, stderr: string): NanoclawError {
  return new NanoclawError('sandbox.failed', `${what}: ${lastWords(stderr)}`);
}
