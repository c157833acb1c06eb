/** What a `LineCutter` cut: a line without its line ending, or the notice that one was too long to keep. */
export type CutLine = { readonly type: 'line'; readonly text: string } | { readonly type: 'too-long' };

/**
 * Cuts a byte stream into UTF-8 lines, LF or CRLF, in linear time and with at most one line of `limit` bytes in memory.
 * A longer line is thrown away as it arrives and reported once.
 */
export class LineCutter {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #size = 0;
  #dropping = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): CutLine[] {
    const lines: CutLine[] = [];
    let start = 0;
    for (let newline = chunk.indexOf(10); newline >= 0; newline = chunk.indexOf(10, start)) {
      lines.push(...this.#keep(chunk.subarray(start, newline)), ...this.#take());
      start = newline + 1;
    }
    if (start < chunk.length) lines.push(...this.#keep(chunk.subarray(start)));
    return lines;
  }

  /** The last line, when the stream ended without a newline. */
  end(): CutLine[] {
    return this.#size > 0 ? this.#take() : [];
  }

  #keep(piece: Buffer): CutLine[] {
    if (this.#dropping) return [];
    this.#size += piece.length;
    if (this.#size <= this.#limit) {
      this.#pieces.push(piece);
      return [];
    }
    this.#dropping = true;
    this.#pieces = [];
    return [{ type: 'too-long' }];
  }

  #take(): CutLine[] {
    const dropped = this.#dropping;
    const text = dropped ? '' : Buffer.concat(this.#pieces).toString('utf8');
    this.#pieces = [];
    this.#size = 0;
    this.#dropping = false;
    return dropped ? [] : [{ type: 'line', text: text.endsWith('\r') ? text.slice(0, -1) : text }];
  }
}

/** Lines of a stream, read as they are asked for. */
export async function* linesOf(stream: AsyncIterable<Buffer | string>, limit: number): AsyncGenerator<CutLine> {
  const cutter = new LineCutter(limit);
  for await (const chunk of stream) yield* cutter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  yield* cutter.end();
}
