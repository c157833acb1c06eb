import type { Readable, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { displayWidth } from '../../text/width.ts';
import { pasteMarks } from './keys.ts';
import type { Cursor, Row } from './layout.ts';

export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown };
  readonly output: Writable & { readonly columns?: number; readonly rows?: number; hasColors?(): boolean };
}

// A terminal that knows it shows all of a change at once; any other ignores it.
const together = { begin: '\u001b[?2026h', end: '\u001b[?2026l' };

const start: Cursor = { row: 0, before: '' };
// Behind what was written last, which no cursor of ours says.
const elsewhere = '\u0000';

/**
 * The last rows of a terminal, drawn again and again; what is printed goes above them and stays. Only rows that changed are
 * written, so nothing flickers and what is long scrolls by itself. Rows that have scrolled out of sight are never touched.
 */
export class Screen {
  readonly #terminal: Terminal;
  #shown: readonly Row[] = [];
  #cursor: Cursor = start;
  /** Nothing stands there any more of what was drawn, and what had scrolled away is not drawn again. */
  #afresh = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  get color(): boolean {
    // Knows NO_COLOR and FORCE_COLOR.
    return this.#terminal.output.hasColors?.() ?? false;
  }

  get width(): number {
    return this.#terminal.output.columns || 80;
  }

  get height(): number {
    return this.#terminal.output.rows || 24;
  }

  /** Takes the terminal: keys come one by one. */
  open(): void {
    this.#terminal.input.setRawMode?.(true);
    this.#terminal.input.resume();
    this.#terminal.output.write(pasteMarks.on);
  }

  /** Gives it back as it was, the cursor where the last draw has put it. */
  close(): void {
    this.#write(pasteMarks.off);
    this.#forget();
    this.#terminal.input.setRawMode?.(false);
    this.#terminal.input.pause();
  }

  /** Resolves when the terminal has taken everything up to here; rejects when it is gone. */
  written(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#terminal.output.write('', (error) => (error ? reject(error) : resolve()));
    });
  }

  /** `printed` above, then `rows`, the cursor in one of these. */
  draw(rows: readonly Row[], { cursor, printed = [] }: { cursor: Cursor; printed?: readonly Row[] }): void {
    const next = [...printed, ...rows];
    const out = this.#changes(next, printed.length) + this.#place({ ...cursor, row: cursor.row + printed.length });
    this.#shown = rows;
    this.#cursor = cursor;
    if (out !== '') this.#write(`${together.begin}\u001b[?25l${out}\u001b[?25h${together.end}`);
  }

  /** The terminal has another width now and has broken its rows anew: everything that is drawn is drawn again. */
  resized(): void {
    let lines = 0;
    let width = 0;
    for (const [index, { text, open }] of this.#shown.slice(0, this.#cursor.row + 1).entries()) {
      const here = index === this.#cursor.row;
      width += here ? displayWidth(this.#cursor.before) + 1 : displayWidth(stripVTControlCharacters(text));
      if (open && !here) continue;
      lines += Math.max(1, Math.ceil(width / this.width));
      width = 0;
    }
    const up = Math.min(Math.max(0, lines - 1), this.height - 1);
    this.#write(`${up > 0 ? `\u001b[${up}A` : ''}\r\u001b[J`);
    this.#forget();
    this.#afresh = true;
  }

  /** Begins at the top of an empty screen. */
  clear(): void {
    this.#write('\u001b[H\u001b[2J');
    this.#forget();
    this.#afresh = true;
  }

  #forget(): void {
    this.#shown = [];
    this.#cursor = start;
  }

  /** What makes of the rows that are shown those that are to be; leaves the cursor where `#cursor` says. */
  #changes(next: readonly Row[], printed: number): string {
    const shown = this.#shown;
    const top = Math.max(0, (this.#afresh ? next.length : shown.length) - this.height);
    let first = top;
    if (this.#afresh) this.#cursor = { row: top, before: '' };
    this.#afresh = false;
    // What is printed stays as it is for good: where its begin has scrolled away and was another, all of it is written again.
    const spoilt = printed > 0 && shown.slice(0, top).some((row, index) => !isSame(row, next[index]));
    while (!spoilt && first < shown.length && first < next.length && isSame(shown[first], next[first])) first += 1;
    if (!spoilt && first === shown.length && first === next.length) return '';
    // The terminal joins an open row with the next one: they are written together.
    while (first > top && next[first - 1]?.open) first -= 1;
    const appended = !spoilt && first >= shown.length && shown.length > 0;
    let out = appended ? `${this.#moveTo(shown.length - 1)}\r\n` : `${this.#moveTo(first)}\r`;
    out += '\u001b[J';
    for (let index = spoilt ? 0 : first; index < next.length; index += 1) {
      out += next[index]?.text ?? '';
      if (index < next.length - 1 && !next[index]?.open) out += '\r\n';
    }
    this.#cursor = { row: Math.max(first, next.length - 1), before: elsewhere };
    return out;
  }

  #place({ row, before }: Cursor): string {
    if (row === this.#cursor.row && before === this.#cursor.before) return '';
    return `${this.#moveTo(row)}\r${before}`;
  }

  #moveTo(row: number): string {
    const by = row - this.#cursor.row;
    if (by === 0) return '';
    return by < 0 ? `\u001b[${-by}A` : `\u001b[${by}B`;
  }

  #write(text: string): void {
    this.#terminal.output.write(text);
  }
}

function isSame(one: Row | undefined, other: Row | undefined): boolean {
  return one?.text === other?.text && one?.open === other?.open;
}
