import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Clock } from '../lib/clock.ts';
import { NanoclawError } from '../model/errors.ts';
import { bubblewrapArguments, type LocalPlan } from './local-arguments.ts';
import { launch } from './local-run.ts';
import { hiddenIn, localProblem, localPrograms, systemPaths } from './local-system.ts';
import type { FoundRun, Mount, Run, RunSpec, Sandbox, SandboxCapabilities } from './sandbox.ts';

/** What runs inside, and what it needs to be seen. Targets must not lie in the toolset (/usr, /etc). */
export interface LocalProgram {
  readonly mounts: readonly Mount[];
  readonly command: readonly string[];
}

export interface LocalOptions {
  readonly program: LocalProgram;
  /** The host's PATH: where bwrap and setpriv are looked for. */
  readonly searchPath: string;
  /** Home, checkout and config directory: never seen inside, wherever they lie, but for what is mounted. */
  readonly hidden: readonly string[];
  readonly clock: Clock;
}

/** The host's own Node, and the runner at the same place as in the image. `node` is process.execPath, resolved. */
export function localProgram(options: { node: string; agentRunner: string }): LocalProgram {
  return {
    mounts: [
      { source: options.node, target: '/opt/bin/node', readOnly: true },
      { source: options.agentRunner, target: '/app', readOnly: true },
    ],
    command: ['/opt/bin/node', '/app/dist/index.js'],
  };
}

/** Linux without an engine: bubblewrap. The weaker wall: no seccomp profile, no limits; and it ends with the host. */
export class LocalSandbox implements Sandbox {
  readonly capabilities: SandboxCapabilities = {
    runtime: 'local',
    class: 'local',
    limits: false,
    readOnlyRoot: true,
    adopts: false,
    ringsAgain: false,
    socketMount: true,
  };
  readonly #options: LocalOptions;
  readonly #live = new Set<string>();

  constructor(options: LocalOptions) {
    this.#options = options;
  }

  /** A whole sandbox made and left again, by the user a run would have. */
  async check(signal?: AbortSignal): Promise<void> {
    const { clock, searchPath } = this.#options;
    const deadline = new AbortController();
    using _timer = clock.after(8_000, () => deadline.abort());
    const either = AbortSignal.any(signal ? [signal, deadline.signal] : [deadline.signal]);
    const uid = process.getuid?.() || 1000;
    const gid = process.getgid?.() || 1000;
    const plan = this.#plan({ user: { uid, gid }, hostname: 'sandbox', mounts: [], command: ['/usr/bin/true'] });
    const identity = { group: 'check', run: 'check', name: 'sandbox' };
    const run = await launch(bubblewrapArguments(plan), {
      ...{ identity, environment: {}, clock, searchPath, signal: either },
    });
    run.stdout.resume();
    const [exit, words] = await Promise.all([run.exited, text(run.stderr)]);
    if (exit.code !== 0) throw localProblem(words, this.#options.searchPath);
  }

  async start(spec: RunSpec, signal?: AbortSignal): Promise<Run> {
    refuse(spec);
    const { program, clock, searchPath } = this.#options;
    const mounts = [...program.mounts, ...spec.mounts];
    const missing = mounts.find((mount) => !existsSync(mount.source));
    if (missing) throw new NanoclawError('sandbox.failed', `${missing.source} does not exist and cannot be mounted.`);
    const name = `sandbox-${spec.run.slice(0, 8)}`;
    const plan = this.#plan({ user: spec.user, hostname: name, mounts, command: program.command });
    const key = `${spec.install}/${spec.group}`;
    if (this.#live.has(key)) {
      throw new NanoclawError('sandbox.name-taken', `A run of the group ${spec.group} is still there.`);
    }
    this.#live.add(key);
    try {
      const identity = { group: spec.group, run: spec.run, name };
      const run = await launch(bubblewrapArguments(plan), {
        ...{ identity, environment: spec.environment, clock, searchPath, signal },
      });
      void run.exited.then(() => this.#live.delete(key));
      return run;
    } catch (error) {
      this.#live.delete(key);
      throw error;
    }
  }

  async find(): Promise<readonly FoundRun[]> {
    return [];
  }

  async attach(found: FoundRun): Promise<Run> {
    throw new NanoclawError('sandbox.cannot', `The local run ${found.run} ended with its host.`);
  }

  async remove(): Promise<void> {
    // Nothing of ours outlives us.
  }

  #plan(what: Pick<LocalPlan, 'user' | 'hostname' | 'mounts' | 'command'>): LocalPlan {
    const system = systemPaths();
    const programs = localPrograms(this.#options.searchPath, process.getuid?.() === 0);
    return { ...what, programs, system, hidden: hiddenIn(system, this.#options.hidden) };
  }
}

function refuse(spec: RunSpec): void {
  const own = process.getuid?.();
  if (spec.limits) throw cannot('limits of memory and processes');
  if (spec.user.uid === 0) throw cannot('runs as root');
  if (own !== 0 && own !== spec.user.uid) throw cannot('another user than the host’s own');
}

function cannot(what: string): NanoclawError {
  return new NanoclawError('sandbox.cannot', `The local sandbox cannot do ${what}.`, { cure: 'Install Docker.' });
}
