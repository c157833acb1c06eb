import { type ChildProcess, spawn } from 'node:child_process';
import { Duplex, PassThrough, type Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Clock, pause } from '../lib/clock.ts';
import { NanoclawError } from '../model/errors.ts';
import { droppingPipe } from './dropping-pipe.ts';
import type { LocalArguments } from './local-arguments.ts';
import { localProblem } from './local-system.ts';
import { Pinned } from './pinned-process.ts';
import type { Run, RunExit } from './sandbox.ts';

export interface LaunchOptions {
  /** Where the programs that a cure names are looked for. */
  readonly searchPath: string;
  readonly identity: { readonly group: string; readonly run: string; readonly name: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** Starts a run; resolves once it stands behind its walls. Throws with bubblewrap's own words turned into a sentence. */
export async function launch(local: LocalArguments, options: LaunchOptions): Promise<Run> {
  const descriptors = [...local.files, 'gate'].map(() => 'pipe' as const);
  const child = spawn(local.program, local.args, {
    cwd: '/',
    // Handed on to what runs inside: this way no value stands in an argument list.
    env: options.environment,
    stdio: ['pipe', 'pipe', 'pipe', ...descriptors],
    // Its own process group: a Ctrl-C in the host's terminal is for the host alone.
    detached: true,
  });
  const exited = endOf(child);
  for (const stream of child.stdio) stream?.on('error', () => undefined);
  local.files.forEach((content, i) => {
    const stream = child.stdio[3 + i];
    if (stream instanceof Writable) stream.end(content);
  });
  // At the end of a process Node throws away what was not read by then.
  const stderr = new PassThrough();
  child.stderr?.pipe(stderr);
  using _last = closeWhenCalledOff(child, options);
  const gate = await atGate(child, local.gateDescriptor);
  if (gate && !options.signal?.aborted) {
    const run = new LocalRun(child, { ...options, exited, stderr });
    gate.end('go\n');
    return run;
  }
  gate?.destroy();
  child.stdout?.resume();
  const words = await text(stderr);
  await exited;
  if (options.signal?.aborted) throw new NanoclawError('sandbox.failed', 'The start of a run was called off.');
  throw localProblem(words, options.searchPath);
}

/** A call-off is heeded at the gate; this is for a start that never comes to it. */
function closeWhenCalledOff(child: ChildProcess, { signal, clock }: LaunchOptions): Disposable {
  let timer: Disposable | undefined;
  const onAbort = () => {
    timer = clock.after(1_000, () => child.kill('SIGKILL'));
  };
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    [Symbol.dispose]: () => {
      timer?.[Symbol.dispose]();
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

function atGate(child: ChildProcess, descriptor: number): Promise<Duplex | undefined> {
  const gate = child.stdio[descriptor];
  if (!(gate instanceof Duplex)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    gate.once('data', () => resolve(gate));
    gate.once('close', () => resolve(undefined));
  });
}

class LocalRun implements Run {
  readonly group: string;
  readonly run: string;
  readonly name: string;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<RunExit>;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  /** First process of the run's own pid namespace: when it dies the kernel ends all others before it is gone itself. */
  readonly #first: Pinned | undefined;

  constructor(child: ChildProcess, options: LaunchOptions & { exited: Promise<RunExit>; stderr: Readable }) {
    if (!child.stdin || !child.stdout) throw new Error('spawned without pipes');
    this.group = options.identity.group;
    this.run = options.identity.run;
    this.name = options.identity.name;
    this.stdin = droppingPipe(() => child.stdin ?? undefined);
    this.stdout = child.stdout;
    this.stderr = options.stderr;
    this.#child = child;
    this.#clock = options.clock;
    this.#first = Pinned.onlyChildOf(child.pid);
    this.exited = this.#wholeEnd(options.exited);
  }

  async kill(): Promise<void> {
    if (this.#first) this.#first.kill();
    else this.#child.kill('SIGKILL');
    const ended = this.exited.then(() => true);
    if (!(await Promise.race([ended, pause(this.#clock, 1_000).then(() => false)]))) this.#child.kill('SIGKILL');
    // Unread output would hold the end up.
    this.stdout.resume();
    this.stderr.resume();
    await ended;
  }

  detach(): void {
    throw new NanoclawError('sandbox.cannot', 'A local run ends with the host; it cannot be let go of.');
  }

  /** bubblewrap itself ends as soon as the program has, a moment before the kernel is done with the program's children. */
  async #wholeEnd(exited: Promise<RunExit>): Promise<RunExit> {
    const exit = await exited;
    await this.#first?.gone(this.#clock);
    return exit;
  }
}

/** Settles when the process has ended and its output was read. */
function endOf(child: ChildProcess): Promise<RunExit> {
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
}
