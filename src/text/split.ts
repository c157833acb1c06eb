import { type Measure, plainer, type Size, take } from './markdown/cut.ts';
import { type Parsed, parseMarkdown, parsePlaced } from './markdown/parse.ts';
import { printMarkdown, wordsOf } from './markdown/print.ts';
import { shownSize } from './markdown/size.ts';
import { type Block, type Inline, textOf } from './markdown/tree.ts';
import { boundaryBefore } from './shorten.ts';

/** What one message holds on a platform. */
export interface TextLimits {
  /** UTF-16 units: of the Markdown itself, or of what a reader sees where `counts` says so. At least 10. */
  readonly length: number;
  readonly counts?: 'shown' | undefined;
  /** Paragraphs, headings, lists and their items, rows …, one inside the other counted too. */
  readonly blocks?: number | undefined;
  /** Of a table; a wider one is shown as lines. */
  readonly columns?: number | undefined;
}

/**
 * Cuts Markdown into parts that a message can hold, each whole by itself: a table goes on with its heading, code with its
 * fence and language, a list with its number, quotations and marks are closed and opened again. It is cut between blocks
 * where it can be, else between lines, else between words, never inside a character as people see it. Nothing but white
 * space is lost, nothing comes twice but what makes a part whole; no part is blank.
 */
export function splitMarkdown(text: string, limits: TextLimits): string[] {
  if (!(limits.length >= 10)) throw new RangeError(`cannot split text into parts of ${limits.length}`);
  if (text.trim() === '') return [];
  if (surelyFits(text, limits)) return [text];
  const shown = (block: Block) => shownSize(block, limits.columns);
  const parts = splitBy(text, {
    measure: limits.counts === 'shown' ? shown : (block) => ({ ...shown(block), length: sourceLength(block) }),
    room: { length: limits.length, blocks: limits.blocks ?? Number.POSITIVE_INFINITY },
    ...(limits.counts === 'shown' ? {} : { written: true }),
  });
  return parts.length === 1 && (limits.counts === 'shown' || text.length <= limits.length) ? [text] : parts;
}

/** The same for a form that has a length of its own. */
export function splitBy(text: string, how: Splitting): string[] {
  if (text.trim() === '') return [];
  return [...new Splitter(parsePlaced(text), how).parts()];
}

/** With the empty line behind it. */
function sourceLength(block: Block): number {
  return printMarkdown([block]).length + 2;
}

/** Without reading it: a line is no more than three blocks (a list, its item, the words), and two for each mark on it. */
function surelyFits(text: string, { length, blocks, columns }: TextLimits): boolean {
  if (text.length > length) return false;
  // A table that is too wide is shown as lines, each with its heading.
  if (columns !== undefined && text.split('|').length > columns) return false;
  const marks = text.match(/(?<!\S)(?:>|[-*]|\d{1,3}[.)])(?!\S)/g)?.length ?? 0;
  return blocks === undefined || text.split('\n').length * 3 + marks * 2 <= blocks;
}

/** A block with the lines it was written in, as long as it is whole. */
interface Piece {
  readonly block: Block;
  readonly lines?: readonly [from: number, to: number];
}

interface Splitting {
  readonly measure: Measure;
  readonly room: Size;
  /** The length is that of the Markdown, as it was written where a block stays whole. */
  readonly written?: true;
}

class Splitter {
  readonly #parsed: Parsed;
  readonly #splitting: Splitting;
  readonly #waiting: Piece[];
  #part: Piece[] = [];
  #left: Size;

  constructor(parsed: Parsed, splitting: Splitting) {
    this.#parsed = parsed;
    this.#splitting = splitting;
    this.#left = splitting.room;
    this.#waiting = parsed.blocks.map(({ block, from, to }): Piece => ({ block, lines: [from, to] })).reverse();
  }

  *parts(): Generator<string> {
    for (let piece = this.#waiting.pop(); piece; piece = this.#waiting.pop()) {
      const size = this.#sizeOf(piece);
      if (size !== undefined && this.#hasRoomFor(size)) this.#add(piece, size);
      else if (this.#isFilled()) yield* this.#end(piece);
      else yield* this.#cut(piece);
    }
    yield* this.#end();
  }

  /** A quarter or more is taken: better a part that ends here than a block in two. */
  #isFilled(): boolean {
    const { room } = this.#splitting;
    return (
      this.#part.length > 0 && (this.#left.length < (room.length * 3) / 4 || this.#left.blocks < (room.blocks * 3) / 4)
    );
  }

  *#cut(piece: Piece): Generator<string> {
    const { measure, room } = this.#splitting;
    const { head, rest } = take([piece.block], this.#left, measure);
    if (head.length === 0 && rest.length === 0) return;
    const odd = head.find((block) => !isReadAgain(block));
    if (odd) {
      if (isBarest(odd)) yield* this.#pieces(odd.children[0].text);
      this.#wait([...head.flatMap((block) => (block !== odd ? [block] : isBarest(odd) ? [] : plainer(odd))), ...rest]);
    } else if (head.length > 0) {
      for (const block of head) this.#add({ block }, measure(block));
      yield* this.#end();
      this.#wait(rest);
    } else if (this.#left !== room) yield* this.#end(piece);
    // Not even the smallest piece of it fits into an empty part.
    else if (isBarest(piece.block)) yield* this.#pieces(piece.block.children[0].text);
    else this.#wait(plainer(piece.block));
  }

  *#pieces(text: string): Generator<string> {
    const { room } = this.#splitting;
    for (let at = 0; at < text.length; ) {
      const size = boundaryBefore(text.slice(at, at + room.length + 300), room.length);
      const piece = text.slice(at, at + size);
      if (piece.trim() !== '') yield piece;
      at += size;
    }
  }

  #wait(blocks: readonly Block[]): void {
    this.#waiting.push(...[...blocks].reverse().map((block) => ({ block })));
  }

  #add(piece: Piece, size: Size): void {
    this.#part.push(piece);
    this.#left = { length: this.#left.length - size.length, blocks: this.#left.blocks - size.blocks };
  }

  *#end(next?: Piece): Generator<string> {
    const text = this.#markdown();
    if (next) this.#waiting.push(next);
    this.#part = [];
    this.#left = this.#splitting.room;
    if (text.trim() !== '') yield text;
  }

  /** Undefined when it surely is too large. */
  #sizeOf({ block, lines }: Piece): Size | undefined {
    const { measure, written } = this.#splitting;
    if (isLong(block, this.#left.length)) return undefined;
    const size = measure(block);
    return lines && written ? { ...size, length: this.#written(lines).length + 2 } : size;
  }

  #hasRoomFor({ length, blocks }: Size): boolean {
    return length - 2 <= this.#left.length && blocks <= this.#left.blocks;
  }

  #written([from, to]: readonly [number, number]): string {
    return this.#parsed.lines.slice(from, to).join('\n').trimEnd();
  }

  /** What was written where it is whole, and between such blocks; the pieces of others printed. */
  #markdown(): string {
    let text = '';
    let before: Piece | undefined;
    for (const piece of this.#part) {
      const { lines } = piece;
      const near = before?.lines && lines && before.lines[1] === lines[0];
      text += before === undefined ? '' : near ? '\n' : '\n\n';
      text += lines ? this.#written(lines) : printMarkdown([piece.block]);
      before = piece;
    }
    return text;
  }
}

/** Its Markdown says the same when it is read again. */
function isReadAgain(block: Block): boolean {
  return sameWords(parseMarkdown(printMarkdown([block])), [block]);
}

function sameWords(one: readonly Block[], other: readonly Block[]): boolean {
  return wordsOf(one).replace(/\s+/g, '') === wordsOf(other).replace(/\s+/g, '');
}

function isBarest(block: Block): block is { type: 'paragraph'; children: readonly [{ type: 'text'; text: string }] } {
  return block.type === 'paragraph' && block.children.length === 1 && block.children[0]?.type === 'text';
}

/** Looks no further than to where it is. */
function isLong(block: Block, length: number): boolean {
  let left = length;
  for (const run of runsOf(block)) {
    left -= typeof run === 'string' ? run.length : textOf(run).length;
    if (left < 0) return true;
  }
  return false;
}

function* runsOf(block: Block): Generator<string | readonly Inline[]> {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      for (const node of block.children) yield 'text' in node ? node.text : [node];
      return;
    case 'code':
      yield block.text;
      return;
    case 'quote':
      for (const child of block.children) yield* runsOf(child);
      return;
    case 'list':
      for (const { children } of block.items) for (const child of children) yield* runsOf(child);
      return;
    case 'table':
      for (const row of [block.header, ...block.rows]) yield* row;
      return;
    case 'rule':
      return;
  }
}
