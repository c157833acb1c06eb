import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { moment, pause, within } from './moment.ts';
import type { Snapshot } from './snapshot.ts';

const limitMs = 60_000;
/** How often the socket is tried; the answer is this much too late at most. */
const tryMs = 2;

/** `nanoclaw start --no-chat` as a service runs it. */
export class HostProcess {
  readonly #child: ChildProcess;
  /** From the start of the process until its admin socket answered. */
  readonly readyMs: number;
  readonly startedAt: number;

  private constructor(child: ChildProcess, times: { startedAt: number; readyMs: number }) {
    this.#child = child;
    this.startedAt = times.startedAt;
    this.readyMs = times.readyMs;
  }

  static async start({ checkout, home }: Snapshot, settings: Record<string, string> = {}): Promise<HostProcess> {
    const env = {
      ...settings,
      PATH: process.env['PATH'],
      HOME: home,
      NANOCLAW_HOME: home,
      NANOCLAW_CONFIG_DIR: join(home, 'config'),
      CONTAINER_RUNTIME: 'local',
    };
    const startedAt = moment();
    const child = spawn(process.execPath, [join(checkout, 'bin', 'nanoclaw.mjs'), 'start', '--no-chat'], {
      env,
      cwd: checkout,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => {
      words += chunk.toString();
    });
    const early = new Promise<never>((_, reject) => {
      child.once('exit', (code) => reject(new Error(`the host ended with ${code}: ${words}`)));
    });
    await within(limitMs, 'the host', Promise.race([answers(join(home, 'data', 'admin.sock')), early]));
    early.catch(() => undefined);
    return new HostProcess(child, { startedAt, readyMs: moment() - startedAt });
  }

  residentMegabytes(): number {
    return residentMegabytes(this.#child);
  }

  usedMs(): number {
    return usedMs(this.#child);
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await within(limitMs, 'the end of the host', gone);
  }
}

/** VmRSS, in 10^6 bytes. */
export function residentMegabytes({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, kibibytes = ''] = /^VmRSS:\s*(\d+) kB/m.exec(status) ?? [];
  return (Number(kibibytes) * 1024) / 1e6;
}

/** Milliseconds of processor time, all threads that live. */
export function usedMs({ pid }: ChildProcess): number {
  const ofThread = (thread: string) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + ofThread(thread), 0) / 1e6;
}

async function answers(path: string): Promise<void> {
  while (!(await asks(path))) await pause(tryMs);
}

function asks(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => socket.write(`${JSON.stringify({ id: 1, method: 'status', params: {} })}\n`));
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
