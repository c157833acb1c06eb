import { join } from 'node:path';
import { Progress } from '../../scripts/progress.mjs';
import { askStarting, type Starting } from '../../scripts/starting.mjs';
import { type AdminClient, connectAdmin } from '../admin/client.ts';
import { type Config, readConfig } from '../config.ts';
import { hasCode, NanoclawError } from '../model/errors.ts';

/** What a command has around it. */
export class Cli {
  readonly checkout: string;
  /** Aborted when nobody reads our output any more (`… | head -1`). */
  readonly outputGone: AbortSignal;
  /** What takes long, told to whoever waits. */
  readonly progress: Progress;
  readonly #starting: Starting | undefined;
  #config: Config | undefined;

  constructor(checkout: string, starting?: Starting) {
    this.checkout = checkout;
    this.#starting = starting;
    this.progress = starting?.progress ?? new Progress();
    const gone = new AbortController();
    this.outputGone = gone.signal;
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => gone.abort());
  }

  get config(): Config {
    this.#config ??= readConfig(this.checkout);
    return this.#config;
  }

  get socketPath(): string {
    return join(this.config.home, 'data', 'admin.sock');
  }

  /** The command's answer. A newline is added. */
  out(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** As `out`; resolves when it has left, rejects when nobody reads it. */
  deliver(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      process.stdout.write(`${text}\n`, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Anything that is not the answer. */
  note(text: string): void {
    this.progress.say(text);
  }

  failed(): void {
    process.exitCode = 1;
  }

  /** The start of this command is over: other terminals ask its host from now on. */
  started(): void {
    this.#starting?.close();
  }

  /** Resolves when no start goes on in another terminal; says what it waits for. */
  async waitForStart(): Promise<void> {
    const starting = await askStarting(this.config.home);
    if (!starting) return;
    this.note(`${starting.says}. Waiting for it …`);
    await starting.ended.finally(this.progress.begin('waiting for the host to start'));
  }

  /** Runs `work` with the running host; throws `host.starting` or `admin.not-running` when there is none (yet). */
  async withHost<T>(work: (host: AdminClient) => Promise<T>): Promise<T> {
    const host = await this.#connect();
    try {
      return await work(host);
    } finally {
      host.close();
    }
  }

  async #connect(): Promise<AdminClient> {
    try {
      return await connectAdmin(this.socketPath);
    } catch (error) {
      if (!hasCode(error, 'admin.not-running')) throw error;
      const starting = await askStarting(this.config.home);
      if (!starting) throw error;
      starting.leave();
      throw new NanoclawError('host.starting', `${starting.says}.`, {
        cure: 'Wait for it, or end it: ./nanoclaw stop.',
        cause: error,
      });
    }
  }

  /** Prints a result: as JSON, or in words. */
  print<T>(result: T, look: { json: boolean | undefined; words: (result: T) => string }): void {
    this.out(look.json ? JSON.stringify(result, null, 2) : look.words(result));
  }
}

/** Wrong usage: exit code 2 and the command's usage. */
export function usageError(message: string): NanoclawError {
  return new NanoclawError('cli.usage', message);
}
