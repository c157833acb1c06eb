import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { defineCommand } from 'citty';
import { pause, stayAwake, systemClock } from '../../lib/clock.ts';
import { NanoclawError, systemCode } from '../../model/errors.ts';
import { type Cli, usageError } from '../cli.ts';
import { readableLog } from '../readable-log.ts';

const lookEveryMs = 300;

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'logs', description: "Show the host's log, newest line last" },
    args: {
      follow: { type: 'boolean', alias: 'f', description: 'Keep printing new lines' },
      lines: { type: 'string', alias: 'n', default: '50', valueHint: 'number', description: 'How many lines' },
      json: { type: 'boolean', description: 'As in the file: one JSON object a line' },
    },
    async run({ args }) {
      if (!/^\d{1,6}$/.test(args.lines)) throw usageError('--lines must be a number.');
      const path = join(cli.config.home, 'logs', 'nanoclaw.log');
      if (!existsSync(path)) {
        throw new NanoclawError('logs.none', `There is no log yet at ${path}.`, {
          cure: 'Start the host: ./nanoclaw start.',
        });
      }
      const print = (line: string) => cli.out(args.json ? line : readable(line));
      using file = new Followed(path);
      for (const line of lastLines(path, Number(args.lines), file.read())) print(line);
      if (args.follow) await follow(cli, file, print);
    },
  });

/** The file that was full before this one is looked into as well: the log may have begun anew a moment ago. */
function lastLines(path: string, count: number, now: readonly string[]): readonly string[] {
  if (count === 0) return [];
  const older = `${path}.1`;
  const before = now.length < count && existsSync(older) ? readFileSync(older, 'utf8').trimEnd().split('\n') : [];
  return [...before, ...now].slice(-count);
}

async function follow(cli: Cli, file: Followed, print: (line: string) => void): Promise<void> {
  using _awake = stayAwake();
  while (!cli.outputGone.aborted) {
    for (const line of file.read()) print(line);
    await pause(systemClock, lookEveryMs);
  }
}

/** A file that grows, and begins anew under the same name when it is full. */
class Followed implements Disposable {
  readonly #path: string;
  #fd: number;
  #rest = '';
  #decoder = new StringDecoder('utf8');

  constructor(path: string) {
    this.#path = path;
    this.#fd = openSync(path, 'r');
  }

  /** The whole lines that came since the last time, the end of the old file before the beginning of the new one. */
  read(): string[] {
    const lines = this.#readOn();
    if (!this.#isReplaced()) return lines;
    const last = this.#readOn();
    const next = openSync(this.#path, 'r');
    closeSync(this.#fd);
    this.#fd = next;
    return [...lines, ...last, ...this.#readOn()];
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #readOn(): string[] {
    const chunk = Buffer.alloc(64 * 1024);
    for (let bytes = -1; bytes !== 0; ) {
      bytes = readSync(this.#fd, chunk);
      this.#rest += this.#decoder.write(chunk.subarray(0, bytes));
    }
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  #isReplaced(): boolean {
    try {
      return statSync(this.#path).ino !== fstatSync(this.#fd).ino;
    } catch (error) {
      // Between the old file's leaving and the new one's coming.
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    }
  }
}

function readable(line: string): string {
  try {
    return readableLog(line);
  } catch (error) {
    // A line that a full disk cut off.
    if (error instanceof SyntaxError) return line;
    throw error;
  }
}
