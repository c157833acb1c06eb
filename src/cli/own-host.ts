// The host that `start` runs beside its chat: a process of its own, so that a terminal can be closed and the host goes on
// where somebody needs it. It knows by the channel between the two that its terminal is gone, however that ended.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { hearStops, stoppedWords } from '../../scripts/stops.mjs';
import { type AdminClient, connectAdmin } from '../admin/client.ts';
import { pause, stayAwake, systemClock } from '../lib/clock.ts';
import { hasCode } from '../model/errors.ts';
import type { Cli } from './cli.ts';

/** What the host says: what it begins that may take minutes (null: that is over), and in the end that it is ready. */
const hostMessage = z.union([z.object({ notices: z.array(z.string()) }), z.object({ step: z.string().nullable() })]);

const lingerMs = 500;

export class OwnHost {
  readonly notices: readonly string[];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, notices: readonly string[]) {
    this.#child = child;
    this.notices = notices;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when the host is ready; undefined when it could not start, which it has said itself. */
  static async start(cli: Cli): Promise<OwnHost | undefined> {
    const [program = '', script = ''] = [process.execPath, process.argv[1]];
    const child = spawn(program, [...process.execArgv, script, 'start', '--no-chat'], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => cli.note(line));
    // Ctrl-C is for the host while it starts: it says so and ends what it has begun.
    const unhear = hearStops(() => child.kill('SIGINT'));
    let end: (() => void) | undefined;
    const ready = await new Promise<readonly string[] | undefined>((resolve, reject) => {
      child.on('message', (sent) => {
        const message = hostMessage.parse(sent);
        end?.();
        if ('notices' in message) return resolve(message.notices);
        end = message.step === null ? undefined : cli.progress.begin(message.step);
      });
      child.once('error', reject);
      child.once('exit', () => resolve(undefined));
    }).finally(() => {
      end?.();
      unhear();
    });
    if (ready) return new OwnHost(child, ready);
    if (child.signalCode === 'SIGINT') cli.note(stoppedWords);
    process.exitCode = child.signalCode === 'SIGINT' ? 130 : child.exitCode || 1;
    return undefined;
  }

  /** The terminal leaves it alone. It ends by itself unless something needs it. */
  leave(): void {
    if (this.#child.connected) this.#child.disconnect();
    this.#child.unref();
    if (this.#child.stderr) this.#child.stderr.destroy();
  }

  async ended(): Promise<void> {
    using _awake = stayAwake();
    while (this.#child.exitCode === null && this.#child.signalCode === null) await pause(systemClock, 20);
  }
}

/** In the host's own process: whoever started it wants to know when it is ready, and has a terminal. */
export function hasTerminal(): boolean {
  return process.send !== undefined;
}

/** In the host's own process, before it is ready: a terminal that is closed ends it like Ctrl-C, builds and all. */
export function endWithTerminal(): Disposable {
  const end = () => process.kill(process.pid, 'SIGINT');
  process.once('disconnect', end);
  return { [Symbol.dispose]: () => process.off('disconnect', end) };
}

/** In the host's own process, before it is ready: its terminal shows what takes long. */
export function tellStep(step: string): () => void {
  if (process.connected) process.send?.({ step });
  return () => {
    if (process.connected) process.send?.({ step: null });
  };
}

/** In the host's own process: until the terminal is gone and nothing else needs the host. */
export async function untilUnneeded(host: { socketPath: string; notices: readonly string[] }): Promise<void> {
  if (process.connected) {
    const gone = new Promise<void>((resolve) => process.once('disconnect', () => resolve()));
    process.send?.({ notices: host.notices });
    await gone;
  }
  const client = await connectAdmin(host.socketPath);
  try {
    while ((await stayFor(client)).length > 0 || (await isBusy(client))) await pause(systemClock, lingerMs);
  } finally {
    client.close();
  }
}

/** What the host is needed for when nobody looks at a terminal, in words; nothing when it does not run. */
export async function reasonsToStay(socketPath: string): Promise<string[]> {
  try {
    const host = await connectAdmin(socketPath);
    return await stayFor(host).finally(() => host.close());
  } catch (error) {
    if (hasCode(error, 'admin.not-running') || hasCode(error, 'admin.closed')) return [];
    throw error;
  }
}

async function stayFor(host: AdminClient): Promise<string[]> {
  const { channels } = await host.call('status', {});
  const tasks = await host.call('tasks.list', { all: false });
  const schedules = tasks.filter((task) => task.state === 'active').length;
  const platforms = channels.map(({ name }) => name).filter((name) => name !== 'terminal');
  return [
    ...platforms.map((name) => name.charAt(0).toUpperCase() + name.slice(1)),
    ...(schedules === 0 ? [] : [schedules === 1 ? 'a schedule' : `${schedules} schedules`]),
  ];
}

/** Another terminal looks, or an answer is being written. */
async function isBusy(host: AdminClient): Promise<boolean> {
  const { channels, containers } = await host.call('status', {});
  const looked = channels.some(({ name, state }) => name === 'terminal' && state === 'attached');
  return looked || containers.some(({ state }) => state === 'busy');
}
