import { join } from 'node:path';
import { type AdminClient, connectAdmin } from '../admin/client.ts';
import { type Config, readConfig } from '../config.ts';
import { NanoclawError } from '../model/errors.ts';

/** What a command has around it. */
export class Cli {
  readonly checkout: string;
  /** Aborted when nobody reads our output any more (`… | head -1`). */
  readonly outputGone: AbortSignal;
  #config: Config | undefined;

  constructor(checkout: string) {
    this.checkout = checkout;
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
    process.stderr.write(`${text}\n`);
  }

  failed(): void {
    process.exitCode = 1;
  }

  /** Runs `work` with the running host; throws `admin.not-running` when there is none. */
  async withHost<T>(work: (host: AdminClient) => Promise<T>): Promise<T> {
    const host = await connectAdmin(this.socketPath);
    try {
      return await work(host);
    } finally {
      host.close();
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
