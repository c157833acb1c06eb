import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../lib/program.ts';
import { NanoclawError } from '../model/errors.ts';
import { thisUser } from './cures.mjs';
import type { EngineDialect } from './dialects.ts';

export interface EngineAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

type Client = Pick<EngineDialect, 'program' | 'cures'>;

/** One command of the engine's client, answered within its deadline or an error with the engine's own words. */
export class EngineClient {
  readonly #client: Client;
  /** The client's own: PATH, HOME, DOCKER_HOST, DOCKER_CONTEXT … Nothing of it reaches a run. */
  readonly environment: Readonly<Record<string, string>>;

  constructor(client: Client, environment: Readonly<Record<string, string>>) {
    this.#client = client;
    this.environment = environment;
  }

  /** Answers with any exit code the engine gave on purpose; throws when it does not answer at all. */
  async run(args: readonly string[], options: CommandOptions): Promise<EngineAnswer> {
    const { program } = this.#client;
    const { deadlineMs, signal } = options;
    // A Ctrl-C in the host's terminal is for the host alone. Podman's monitor writes a file `oom` where it runs when a
    // container's memory is at its end: not into somebody's folder.
    const how = { env: this.environment, directory: tmpdir(), deadlineMs, signal, ownGroup: true };
    const end = await runProgram(program, args, how);
    if (signal?.aborted) throw new NanoclawError('sandbox.failed', `${program} ${args[0]} was called off.`);
    if (end.timedOut) throw this.#unavailable(`did not answer within ${deadlineMs / 1000} s`);
    if (end.error?.code === 'ENOENT') throw this.#unavailable('is not there: no such command');
    if (end.code === undefined) throw this.#unavailable(`did not run: ${end.error?.message ?? 'it was killed'}`);
    const answer = { code: end.code, stdout: end.stdout, stderr: end.stderr };
    if (answer.code !== 0) this.#throwIfUnreachable(answer.stderr);
    return answer;
  }

  #throwIfUnreachable(stderr: string): void {
    const { program, cures } = this.#client;
    if (/permission denied .*(docker|daemon|socket)/is.test(stderr)) {
      const cure = cures.access(this.#user(), stderr);
      throw new NanoclawError('sandbox.unavailable', `${program} runs, and this user may not use it.`, { cure });
    }
    const unreachable =
      /cannot connect to|XPC connection error|error during connect|is the docker daemon running|connection refused|failed to connect to/i;
    if (unreachable.test(stderr)) throw this.#unavailable(`is not running: ${lastWords(stderr)}`, stderr);
  }

  #unavailable(what: string, said = ''): NanoclawError {
    const { program, cures } = this.#client;
    const cure = cures.start(this.#user(), said);
    return new NanoclawError('sandbox.unavailable', `${program} ${what.replace(/[.?!]$/, '')}.`, { cure });
  }

  #user() {
    return thisUser(this.environment['PATH'] ?? '');
  }
}

/** Text only this user can read, for as long as the block lasts. */
export function passingFile(text: string): Disposable & { path: string } {
  const directory = mkdtempSync(join(tmpdir(), 'nanoclaw-'));
  const path = join(directory, 'environment');
  writeFileSync(path, text, { mode: 0o600 });
  return { path, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}

/** The last words of a client, as a person should read them. */
export function lastWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^(See |Run '|WARNING: )/.test(line));
  return lines.slice(-3).join(' ').slice(0, 500) || 'it said nothing';
}

/** What the engine's client needs of the host's environment, and no more. */
export function clientEnvironment(host: {
  searchPath: string;
  dockerHost: string | undefined;
  /** What podman reads of the environment. */
  podman?: Readonly<Record<string, string>>;
}): Record<string, string> {
  // HOME: contexts and credentials of the user stand in ~/.docker.
  const environment = { PATH: host.searchPath, HOME: homedir(), ...host.podman };
  return host.dockerHost ? { ...environment, DOCKER_HOST: host.dockerHost } : environment;
}
