// A host in its own process, the attacker's runner in the group `evil`, and somebody who talks to the group `other`.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type AdminClient, connectAdmin } from '../../src/admin/client.ts';
import { eventually } from '../eventually.ts';

const program = fileURLToPath(new URL('../fixtures/house-under-attack.ts', import.meta.url));

export interface Strain {
  /** Longest wait of the other group while it lasted, ms. */
  readonly waitedMs: number;
  /** Growth of the host's resident memory, MB: at its highest, and when all had settled. */
  readonly peak: number;
  readonly settled: number;
  /** What came to its logs, MB. */
  readonly logs: number;
}

export class StrainedHost implements AsyncDisposable {
  readonly home: string;
  readonly #host: ChildProcess;
  #people: AdminClient[] = [];
  #heard: string[] = [];
  #quietMs = 0;
  #orders = 0;

  private constructor() {
    this.home = mkdtempSync(join(tmpdir(), 'strained-'));
    const settings = { NANOCLAW_HOME: this.home, NANOCLAW_CONFIG_DIR: join(this.home, 'config'), TZ: 'UTC' };
    this.#host = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', program], {
      env: { PATH: process.env['PATH'], ...settings },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  static async open(): Promise<StrainedHost> {
    const strained = new StrainedHost();
    await strained.#settle();
    return strained;
  }

  /** What is left of the run's output, and of the host's own log. */
  log(): string {
    return readFileSync(join(this.home, 'logs', 'nanoclaw.log'), 'utf8');
  }

  runLog(): string {
    const directory = join(this.home, 'logs', 'runs', 'evil');
    const [newest = ''] = readdirSync(directory).sort().slice(-1);
    return readFileSync(join(directory, newest), 'utf8');
  }

  /** Body of an async function with `out`, `err`, `frame`, `input`, `put`, `start` and `end` of hostile-runner.mjs. */
  async endure(body: string): Promise<Strain> {
    const before = { memory: this.#residentMb(), logs: this.#logsMb() };
    const waits: number[] = [];
    let peak = before.memory;
    const sampler = setInterval(() => {
      peak = Math.max(peak, this.#residentMb());
    }, 20);
    const done = this.#order(body);
    let settled: number;
    try {
      while (!existsSync(done)) waits.push(await this.#ask());
      waits.push(await this.#ask());
      settled = await this.#settledMb(before.memory);
    } finally {
      clearInterval(sampler);
    }
    expect(readFileSync(done, 'utf8')).toBe('');
    return {
      waitedMs: Math.max(...waits),
      peak: peak - before.memory,
      settled: settled - before.memory,
      logs: this.#logsMb() - before.logs,
    };
  }

  /** Liveness, not speed: far beyond what a wait takes (it is printed), far below what a blocked host takes. */
  get patienceMs(): number {
    return Math.max(15_000, 20 * this.#quietMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#people) one.close();
    const ended = new Promise((resolve) => this.#host.once('exit', resolve));
    if (this.#host.exitCode === null && this.#host.kill('SIGKILL')) await ended;
    rmSync(this.home, { recursive: true, force: true });
  }

  async #settle(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#host.stdout?.once('data', () => resolve());
      this.#host.once('exit', (code) => reject(new Error(`the host ended with ${code}`)));
    });
    const evil = await this.#person('evil');
    writeFileSync(join(this.home, 'groups', 'evil', 'hostile'), '');
    mkdirSync(join(this.home, 'groups', 'evil', 'orders'));
    await evil.call('chat.say', { text: 'begin' });
    const other = await this.#person('other');
    other.onEvent((event) => {
      if (event.event === 'message') this.#heard.push(event.text);
    });
    for (let many = 0; many < 5; many++) this.#quietMs = await this.#ask();
  }

  async #person(folder: string): Promise<AdminClient> {
    const client = await connectAdmin(join(this.home, 'data', 'admin.sock'));
    this.#people.push(client);
    await client.call('groups.add', { jid: `terminal:${folder}`, name: folder, folder, requiresTrigger: false });
    await client.call('chat.attach', { group: folder });
    return client;
  }

  async #ask(): Promise<number> {
    const text = `ping ${this.#heard.length}`;
    const startedAt = performance.now();
    // Not awaited: a host that does not reply does not answer either.
    this.#people[1]?.call('chat.say', { text }).catch((error: unknown) => this.#heard.push(String(error)));
    await eventually(`the answer to ${text}`, () => this.#heard.includes(`re ${text}`), 120_000);
    return performance.now() - startedAt;
  }

  #order(body: string): string {
    const path = join(this.home, 'groups', 'evil', 'orders', `${++this.#orders}.mjs`);
    const words = '{ out, err, frame, input, put, start, end }';
    writeFileSync(`${path}.tmp`, `export default async function (${words}) {\n${body}\n}\n`);
    // Complete before it is seen.
    renameSync(`${path}.tmp`, path);
    return `${path}.done`;
  }

  #residentMb(): number {
    const status = readFileSync(`/proc/${this.#host.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
  }

  /** What it comes down to once its garbage is gone. */
  async #settledMb(before: number): Promise<number> {
    for (let times = 1; ; times++) {
      this.#host.kill('SIGUSR2');
      await this.#ask();
      const now = this.#residentMb();
      if (now - before < 50 || times === 10) return now;
    }
  }

  #logsMb(): number {
    const logs = join(this.home, 'logs');
    const files = readdirSync(logs, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(logs, name)));
    return files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0) / 1024 / 1024;
  }
}
