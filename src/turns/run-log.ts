import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Log } from '../lib/log.ts';

const kept = 20;

/** One container run's output, outside the agent's reach: `logs/runs/<folder>/<run>.log`, the newest 20 kept. */
export class RunLog {
  readonly #fd: number;
  readonly #log: Log;
  readonly #left: Map<string, number>;
  #broken = false;

  constructor(path: string, options: { maxBytes: number; log: Log }) {
    const directory = dirname(path);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const old = readdirSync(directory)
      .filter((name) => name.endsWith('.log'))
      .sort();
    for (const name of old.slice(0, Math.max(0, old.length - kept + 1))) rmSync(join(directory, name), { force: true });
    this.#fd = openSync(path, 'a', 0o600);
    this.#log = options.log;
    this.#left = new Map([
      ['out', options.maxBytes],
      ['err', options.maxBytes],
    ]);
  }

  /** Keeps the line while there is room for its stream. A disk that is full costs the log, never the turn. */
  write(stream: 'out' | 'err', line: string): void {
    const left = this.#left.get(stream) ?? 0;
    if (left <= 0 || this.#broken) return;
    const text = left > line.length ? `${stream} ${line}\n` : `${stream} [… the rest of this stream is not kept]\n`;
    this.#left.set(stream, left - line.length - 1);
    try {
      writeSync(this.#fd, text);
    } catch (error) {
      this.#broken = true;
      this.#log.warn({ err: error }, 'a run log cannot be written any more');
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
