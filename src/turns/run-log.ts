import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Log } from '../lib/log.ts';
import { visibleText } from '../text/plain.ts';

const kept = 20;

/** One container run's output, outside the agent's reach: `logs/runs/<folder>/<run>.log`, the newest 20 kept. */
export class RunLog {
  #fd: number | undefined;
  readonly #log: Log;
  readonly #left: Map<string, number>;
  #pending = '';

  constructor(path: string, options: { maxBytes: number; log: Log }) {
    this.#log = options.log;
    this.#left = new Map([
      ['out', options.maxBytes],
      ['err', options.maxBytes],
    ]);
    try {
      this.#fd = openNewest(path);
    } catch (error) {
      this.#log.warn({ err: error }, 'a run log cannot be begun');
    }
  }

  /** Keeps the line, to be flushed, while there is room for its stream. A disk that is full costs the log, never the turn. */
  write(stream: 'out' | 'err', line: string): void {
    const left = this.#left.get(stream) ?? 0;
    if (left <= 0 || this.#fd === undefined) return;
    // An agent prints what it likes; who reads it in a terminal must be shown it, never steered by it.
    const text = `${stream} ${visibleText(line)}\n`;
    const bytes = Buffer.byteLength(text);
    this.#left.set(stream, left - bytes);
    this.#pending += left > bytes ? text : `${stream} [… the rest of this stream is not kept]\n`;
  }

  /** To be called after what came at once was written: millions of lines are no millions of writes. */
  flush(): void {
    const text = this.#pending;
    this.#pending = '';
    if (text === '' || this.#fd === undefined) return;
    try {
      writeSync(this.#fd, text);
    } catch (error) {
      this.#shut();
      this.#log.warn({ err: error }, 'a run log cannot be written any more');
    }
  }

  close(): void {
    this.flush();
    this.#shut();
  }

  #shut(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function openNewest(path: string): number {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const old = readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .sort();
  for (const name of old.slice(0, Math.max(0, old.length - kept + 1))) rmSync(join(directory, name), { force: true });
  return openSync(path, 'a', 0o600);
}
