import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type StartLine, startLine } from '../../../protocol/start.ts';

/**
 * What the host says on stdin: one start line, then bells. A bell carries nothing, so whatever a line holds, it is one.
 * The end of the stream only means that there will be no more of them.
 */
export class HostLines {
  readonly #listeners = new Set<() => void>();
  readonly #first: Promise<string>;

  constructor(input: Readable) {
    const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
    this.#first = new Promise((resolve, reject) => {
      let begun = false;
      lines.on('line', (line) => {
        if (begun) for (const listener of [...this.#listeners]) listener();
        else if (line.trim() !== '') {
          begun = true;
          resolve(line);
        }
      });
      lines.on('close', () => reject(new Error('Standard input ended before a start line came.')));
    });
    // Whoever asks for the start line hears of the failure; nobody else needs to.
    this.#first.catch(() => undefined);
  }

  /** The start line. Throws a sentence when none came in `limitMs` or it is not one. */
  async start(limitMs: number): Promise<StartLine> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const sentence = `No start line came on standard input within ${limitMs / 1000} s.`;
      timer = setTimeout(() => reject(new Error(sentence)), limitMs);
    });
    const line = await Promise.race([this.#first, late]).finally(() => clearTimeout(timer));
    return parseStart(line);
  }

  onBell(listener: () => void): void {
    this.#listeners.add(listener);
  }
}

function parseStart(line: string): StartLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new Error('The first line on standard input is not JSON; it must be the start line.', { cause: error });
  }
  const parsed = startLine.safeParse(value);
  if (!parsed.success) throw new Error(`The start line cannot be used: ${parsed.error.message}`);
  return parsed.data;
}
