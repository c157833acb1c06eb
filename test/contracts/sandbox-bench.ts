import { randomUUID } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { runEnvironment } from '../../src/sandbox/environment.ts';
import type { Mount, Run, RunSpec, Sandbox, User } from '../../src/sandbox/sandbox.ts';
import { eventually } from '../eventually.ts';

const answer = z.looseObject({ of: z.string().optional(), ok: z.boolean().optional() });
export type Answer = z.infer<typeof answer>;
type Command = { do: string } & Record<string, unknown>;

/** As the host chooses it: its own user, and 1000 where that is root. */
function agentUser(): User {
  return { uid: process.getuid?.() || 1000, gid: process.getgid?.() || 1000 };
}

/** One driver, one installation and a directory with a group in it; everything is gone when it is disposed. */
export class Bench implements AsyncDisposable {
  readonly sandbox: Sandbox;
  /** The same engine as another host process would see it. */
  readonly another: () => Sandbox;
  readonly install = `test-${randomUUID().slice(0, 8)}`;
  readonly user = agentUser();
  /** 0700, like a clone made under a strict umask: only the mounts lead the run through it. */
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'nanoclaw-sandbox-')));
  readonly #talks = new Set<Talk>();
  /** The command that makes a run look for others in a file, as the runner looks at its mailbox. */
  readonly watch = { do: 'watch', path: '/workspace/group/asked' };

  constructor(another: () => Sandbox) {
    this.another = another;
    this.sandbox = another();
    this.make('group');
  }

  /** A directory of the run's user. */
  make(...parts: string[]): string {
    const path = join(this.directory, ...parts);
    mkdirSync(path, { recursive: true });
    chownSync(path, this.user.uid, this.user.gid);
    return path;
  }

  mount(source: string, target: string, readOnly = false): Mount {
    return { source: join(this.directory, source), target, readOnly };
  }

  spec(changes: Partial<RunSpec> = {}): RunSpec {
    return {
      install: this.install,
      group: 'family',
      run: randomUUID(),
      mounts: [this.mount('group', '/workspace/group')],
      environment: runEnvironment({ timeZone: 'Europe/Berlin', gateway: { ANTHROPIC_API_KEY: 'placeholder' } }),
      user: this.user,
      limits: this.sandbox.capabilities.limits ? { memory: '256m', cpus: 1, pids: 256 } : undefined,
      ...changes,
    };
  }

  async start(changes: Partial<RunSpec> = {}): Promise<Talk> {
    return this.talk(await this.sandbox.start(this.spec(changes)));
  }

  talk(run: Run): Talk {
    const talk = new Talk(run, (line) => this.#leave(line));
    this.#talks.add(talk);
    return talk;
  }

  /** Where a run that was told to `watch` finds it by itself. */
  #leave(line: string): void {
    const path = join(this.directory, 'group/asked');
    if (existsSync(path)) return;
    writeFileSync(`${path}.part`, line);
    renameSync(`${path}.part`, path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { run } of this.#talks) await run.kill();
    for (const left of await this.sandbox.find(this.install)) await this.sandbox.remove(left);
    rmSync(this.directory, { recursive: true });
  }
}

/** A conversation with sandbox-agent.mjs inside a run. */
export class Talk {
  readonly run: Run;
  readonly answers: Answer[] = [];
  readonly errors: string[] = [];
  longestLine = 0;
  #asked = 0;
  readonly #leave: (line: string) => void;
  readonly #waiting = new Map<string, (answer: Answer) => void>();

  constructor(run: Run, leave: (line: string) => void) {
    this.run = run;
    this.#leave = leave;
    createInterface({ input: run.stdout }).on('line', (line) => this.#heard(line));
    createInterface({ input: run.stderr }).on('line', (line) => this.errors.push(line));
  }

  say(line: string): void {
    this.run.stdin.write(line);
  }

  /** Resolves with the answer to this very command; fails when the run ends first. */
  ask(command: Command): Promise<Answer> {
    return this.#ask(command, (line) => this.say(line));
  }

  /**
   * As `ask`, in the file that the run watches: what reaches it where bells no longer do. Asked again until it is heard,
   * because what was said before our connection stood is lost.
   */
  async askByFile(command: Command): Promise<Answer> {
    let heard = false;
    const answer = this.#ask(command, (line) => {
      void eventually('it is heard', () => {
        if (!heard) this.#leave(line);
        return heard;
      });
    });
    return answer.finally(() => {
      heard = true;
    });
  }

  async #ask(command: Command, hand: (line: string) => void): Promise<Answer> {
    const id = `${process.hrtime.bigint()}-${this.#asked++}`;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    hand(`${JSON.stringify({ ...command, id })}\n`);
    const ended = this.run.exited.then((exit) => {
      throw new Error(`the run ended (${JSON.stringify(exit)}): ${this.errors.join(' ')}`);
    });
    return Promise.race([answered, ended]);
  }

  #heard(line: string): void {
    this.longestLine = Math.max(this.longestLine, line.length);
    if (!line.startsWith('{')) return;
    const heard = answer.parse(JSON.parse(line));
    this.answers.push(heard);
    if (heard.of !== undefined) this.#waiting.get(heard.of)?.(heard);
  }
}

export function onlyOne<T>(found: readonly T[]): T {
  const [one] = found;
  if (one === undefined || found.length !== 1) throw new Error(`expected one, found ${found.length}`);
  return one;
}

/** Processes of this machine, in whatever namespace, that have `marker` in their argument list. */
export function processesWith(marker: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => commandLine(pid).includes(marker)).map(Number);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It ended between the listing and this look.
    return '';
  }
}
