import { clearScreenDown, createInterface, type Interface, moveCursor } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export interface Terminal {
  readonly input: Readable;
  readonly output: Writable & { readonly columns?: number; hasColors?(): boolean };
}

/** A terminal whose last line is being typed: everything else is shown above it and leaves it as it is. */
export class Screen {
  readonly line: Interface;
  readonly #output: Terminal['output'];
  #open = true;

  constructor(terminal: Terminal, history: readonly string[]) {
    this.#output = terminal.output;
    this.line = createInterface({
      input: terminal.input,
      output: terminal.output,
      terminal: true,
      history: [...history].reverse(),
      historySize: 1_000,
      removeHistoryDuplicates: true,
    });
    this.line.once('close', () => {
      this.#open = false;
    });
  }

  get color(): boolean {
    // Knows NO_COLOR, FORCE_COLOR and dumb terminals.
    return this.#output.hasColors?.() ?? false;
  }

  get width(): number {
    return this.#output.columns || 80;
  }

  write(text: string): void {
    this.#output.write(text);
  }

  /** `text` above the line being typed. */
  show(text: string): void {
    if (!this.#open) {
      this.#output.write(`${text}\n`);
      return;
    }
    // The cursor may stand in any row of a long line, and readline goes up as many rows before it draws the line anew.
    const { rows } = this.line.getCursorPos();
    moveCursor(this.#output, 0, -rows);
    this.#output.write('\r');
    clearScreenDown(this.#output);
    this.#output.write(`${text}\n${'\n'.repeat(rows)}`);
    this.line.prompt(true);
  }

  prompt(text: string): void {
    this.line.setPrompt(text);
    if (this.#open) this.line.prompt(true);
  }

  /** Empties the line being typed. */
  clearLine(): void {
    this.line.write(null, { ctrl: true, name: 'e' });
    this.line.write(null, { ctrl: true, name: 'u' });
  }

  faint(text: string): string {
    return this.color ? `\u001b[2m${text}\u001b[0m` : text;
  }

  bold(text: string): string {
    return this.color ? `\u001b[1m${text}\u001b[0m` : text;
  }
}
