// Puts a container together from sandbox, gateway, mailbox and mounts: with app.ts the only place that knows them all.
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder, type Registry } from './acts/register-group.ts';
import type { Config } from './config.ts';
import type { Door, Gateway } from './gateway/gateway.ts';
import { Mailbox } from './ipc/mailbox.ts';
import { Snapshots } from './ipc/snapshots.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import type { Owner } from './lib/safe-files.ts';
import { hasCode, NanoclawError } from './model/errors.ts';
import type { Group } from './model/group.ts';
import { runEnvironment } from './sandbox/environment.ts';
import { type JudgedMount, judgeMounts, prepareMounts } from './sandbox/mounts.ts';
import type { FoundRun, Run, RunSpec, Sandbox } from './sandbox/sandbox.ts';
import type { Launched, Launcher } from './turns/parts.ts';

export interface LaunchParts {
  readonly config: Config;
  readonly install: string;
  readonly registry: Registry;
  readonly sandbox: Sandbox;
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly log: Log;
}

export class ContainerLauncher implements Launcher {
  readonly #parts: LaunchParts;
  /** Of the groups whose container lives. */
  readonly #doors = new Map<string, Door>();
  readonly owner: Owner | undefined;
  /** What a container finds in its mailbox from its first moment. */
  readonly snapshots: Snapshots;

  constructor(parts: LaunchParts) {
    this.#parts = parts;
    // A root host runs its containers as 1000 and gives them what they may write.
    this.owner = process.getuid?.() === 0 ? { uid: 1000, gid: 1000 } : undefined;
    const { registry, config, clock, log } = parts;
    const root = join(config.home, 'data', 'ipc');
    this.snapshots = new Snapshots({ store: registry.store, clock, log, root, owner: this.owner });
  }

  get adopts(): boolean {
    return this.#parts.sandbox.capabilities.adopts;
  }

  shapeOf(group: Group): string {
    const { config, sandbox, gateway } = this.#parts;
    const { image, limits } = config;
    return JSON.stringify([sandbox.capabilities.runtime, image, limits, group.mounts, gateway.environment]);
  }

  mailboxOf(group: Group): Mailbox {
    const { config, log, clock } = this.#parts;
    const root = join(config.home, 'data', 'ipc');
    return new Mailbox({ root, folder: group.folder, owner: this.owner, log, now: () => clock.now() });
  }

  async launch(group: Group, runId: string, signal: AbortSignal): Promise<Launched> {
    const { registry, sandbox } = this.#parts;
    refuseWithoutSocket(sandbox);
    makeFolder(registry, group);
    const mailbox = this.mailboxOf(group);
    mailbox.prepare();
    this.snapshots.keep(group, { runId, changed: false });
    const gatewayDirectory = this.#gatewayDirectory(group);
    return this.#behindDoor(group, {
      ...{ runId, mailbox },
      connect: async () => this.#start(await this.#spec(group, { runId, gatewayDirectory }), signal),
    });
  }

  leftovers(signal: AbortSignal): Promise<readonly FoundRun[]> {
    const { sandbox, install } = this.#parts;
    return sandbox.find(install, signal);
  }

  // Its mount shows the gateway's directory, and so the new socket in it.
  adopt(group: Group, found: FoundRun, signal: AbortSignal): Promise<Launched> {
    const mailbox = this.mailboxOf(group);
    const connect = () => this.#parts.sandbox.attach(found, signal);
    return this.#behindDoor(group, { runId: found.run, mailbox, connect });
  }

  remove(found: FoundRun, signal: AbortSignal): Promise<void> {
    return this.#parts.sandbox.remove(found, signal);
  }

  async #behindDoor(
    group: Group,
    run: { runId: string; mailbox: Mailbox; connect: () => Promise<Run> },
  ): Promise<Launched> {
    const door = await this.#openDoor(group);
    try {
      const logPath = this.#logPath(group, run.runId);
      const release = () => this.#close(group, door);
      return { run: await run.connect(), mailbox: run.mailbox, logPath, release };
    } catch (error) {
      await this.#close(group, door);
      throw error;
    }
  }

  judgeMounts(group: Group): readonly JudgedMount[] {
    const { config } = this.#parts;
    return judgeMounts({ ...config, group, owner: this.owner, others: this.#others(group) });
  }

  #others({ folder }: Group): readonly Group[] {
    return this.#parts.registry.store.groups.all().filter((other) => other.folder !== folder);
  }

  /** What the group may reach has changed: what is open and may not be any more is cut. */
  recheckEgress(folder: string): void {
    this.#doors.get(folder)?.recheck();
  }

  // The door asks at each request: a group that was closed, or is gone, is closed from then on.
  async #openDoor(group: Group): Promise<Door> {
    const { folder } = group;
    const { registry, gateway } = this.#parts;
    const present = () => registry.store.groups.get(folder);
    const door = await gateway.open({
      group: folder,
      directory: this.#gatewayDirectory(group),
      get egress() {
        return present()?.egress ?? 'llm-only';
      },
      get allow() {
        return present()?.allow ?? [];
      },
    });
    this.#doors.set(folder, door);
    return door;
  }

  async #close({ folder }: Group, door: Door): Promise<void> {
    if (this.#doors.get(folder) === door) this.#doors.delete(folder);
    await door.close();
  }

  async #spec(group: Group, run: { runId: string; gatewayDirectory: string }): Promise<RunSpec> {
    const { config, install, sandbox, gateway, log } = this.#parts;
    const { mounts, rejected } = await prepareMounts({
      home: config.home,
      checkout: config.checkout,
      configDirectory: config.configDirectory,
      gatewayDirectory: run.gatewayDirectory,
      group,
      owner: this.owner,
      others: this.#others(group),
    });
    for (const why of rejected) log.warn({ group: group.folder }, why);
    return {
      install,
      group: group.folder,
      run: run.runId,
      mounts,
      environment: runEnvironment({ timeZone: config.timeZone, gateway: gateway.environment }),
      user: this.owner ?? { uid: process.getuid?.() ?? 1000, gid: process.getgid?.() ?? 1000 },
      limits: sandbox.capabilities.limits ? config.limits : undefined,
    };
  }

  // A container of ours that nobody knows any more holds the name: it is removed, never run beside.
  async #start(spec: RunSpec, signal: AbortSignal): Promise<Run> {
    const { sandbox, install, log } = this.#parts;
    try {
      return await sandbox.start(spec, signal);
    } catch (error) {
      if (!hasCode(error, 'sandbox.name-taken')) throw error;
      log.warn({ group: spec.group }, 'a leftover container had the name and was removed');
      for (const found of await sandbox.find(install, signal)) {
        if (found.group === spec.group) await sandbox.remove(found, signal);
      }
      return sandbox.start(spec, signal);
    }
  }

  /** Socket paths end at 107 bytes: a home that lies too deep gets a short place under the temporary directory. */
  #gatewayDirectory(group: Group): string {
    const { config, install } = this.#parts;
    const own = join(config.home, 'data', 'gw', group.folder);
    if (Buffer.byteLength(join(own, 'gw.sock')) <= 107) return own;
    const base = join(tmpdir(), `nanoclaw-${install}`);
    mkdirSync(base, { recursive: true, mode: 0o700 });
    const found = lstatSync(base);
    if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0) {
      throw new NanoclawError('gateway.cannot-listen', `${base} is not a private directory of ours.`, {
        cure: 'Remove it, or put the home directory where its path is shorter.',
      });
    }
    return join(base, createHash('sha256').update(group.folder).digest('hex').slice(0, 12));
  }

  // One log for one run, whichever host listens to it.
  #logPath(group: Group, runId: string): string {
    const { config, clock } = this.#parts;
    const directory = join(config.home, 'logs', 'runs', group.folder);
    const begun = existsSync(directory) && readdirSync(directory).find((name) => name.endsWith(`-${runId}.log`));
    const stamp = new Date(clock.now()).toISOString().replace(/[:.]/g, '-');
    return join(directory, begun || `${stamp}-${runId}.log`);
  }
}

// A container that cannot reach the gateway's socket has no way to the model: better said at once than found out by waiting.
function refuseWithoutSocket({ capabilities }: Sandbox): void {
  if (capabilities.socketMount) return;
  throw new NanoclawError(
    'sandbox.cannot',
    `Containers of this ${capabilities.runtime} cannot reach the gateway of this host.`,
    {
      cure: 'Run the host on Linux, beside the engine; engines in a virtual machine come with a later version.',
    },
  );
}
