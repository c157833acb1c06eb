import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Log } from '../lib/log.ts';
import { systemCode } from '../model/errors.ts';
import type { SpooledFile } from '../store/outbox-row.ts';

/** The files that wait to be sent, one for each outbox row that has one. Others write them, in the row's transaction. */
export class Spool {
  readonly #directory: string;
  readonly #log: Log;

  constructor(directory: string, log: Log) {
    this.#directory = directory;
    this.#log = log;
  }

  pathOf(file: SpooledFile): string {
    return join(this.#directory, basename(file.path));
  }

  remove(file: SpooledFile): void {
    this.#remove(basename(file.path));
  }

  /** Removes what no row waits for: a file whose row was never stored, or was done with when the host died. */
  sweep(waiting: readonly SpooledFile[]): void {
    const kept = new Set(waiting.map((file) => basename(file.path)));
    for (const name of this.#names()) if (!kept.has(name)) this.#remove(name);
  }

  #names(): string[] {
    try {
      return readdirSync(this.#directory);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  // What stays behind is found by the next start.
  #remove(name: string): void {
    try {
      rmSync(join(this.#directory, name), { force: true, recursive: true });
    } catch (error) {
      this.#log.warn({ err: error, name }, 'a file that was sent could not be removed');
    }
  }
}
