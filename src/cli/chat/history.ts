import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../../model/errors.ts';

// As many as anyone scrolls back; the file is cut to it when it has twice as many.
const kept = 1_000;
// Stands for a line break inside of what was typed: one entry is one line of the file.
const lineBreak = '\u2028';

/** What was typed, newest last, in a file of the owner's alone. Losing it costs nobody a message, so it never stops a chat. */
export class History {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  read(): string[] {
    const lines = readLines(this.#path);
    if (lines.length > 2 * kept) {
      this.#write(() => writeFileSync(this.#path, `${lines.slice(-kept).join('\n')}\n`, { mode: 0o600 }));
    }
    return lines.slice(-kept).map((line) => line.replaceAll(lineBreak, '\n'));
  }

  add(text: string): void {
    if (text.trim() === '') return;
    this.#write(() => {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      appendFileSync(this.#path, `${text.replaceAll('\n', lineBreak)}\n`, { mode: 0o600 });
    });
  }

  #write(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
    }
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return [];
  }
}
