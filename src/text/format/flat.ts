// The tree as lines, for whatever shows text and no structure.
import { recordOf } from '../markdown/cut.ts';
import { type Block, type Inline, type Item, type List, type Row, textOf } from '../markdown/tree.ts';
import { displayWidth, padTo } from '../width.ts';

export type Flat = FlatWords | FlatCode;

interface FlatWords {
  readonly type: 'words';
  /** How many quotations it stands in. */
  readonly quotes: number;
  /** Its place in a list, with the mark of the item on its first line. */
  readonly indent: string;
  /** One line of words; none: an empty line. */
  readonly run: readonly Inline[];
}

/** Lines that stay as they are: code, and tables in columns. */
interface FlatCode {
  readonly type: 'code';
  readonly quotes: number;
  readonly language: string;
  readonly text: string;
}

interface Place {
  readonly quotes: number;
  /** Before the first line, and before the others. */
  readonly first: string;
  readonly others: string;
  /** Tables of more columns than this are lines of `heading: cell`. */
  readonly width: number;
}

/** `width`: that of the widest table that still stands in columns. */
export function flatten(blocks: readonly Block[], width: number): Flat[] {
  return flatBlocks(blocks, { quotes: 0, first: '', others: '', width }, true);
}

function flatBlocks(blocks: readonly Block[], place: Place, loose: boolean): Flat[] {
  return blocks.flatMap((block, n) => {
    const here = n === 0 ? place : { ...place, first: place.others };
    const flat = flatBlock(block, here);
    const gap = n > 0 && flat.length > 0 && (loose || block.type === 'paragraph');
    return gap ? [emptyLine(place.quotes), ...flat] : flat;
  });
}

function flatBlock(block: Block, place: Place): Flat[] {
  switch (block.type) {
    case 'paragraph':
      return flatRun(block.children, place);
    case 'heading':
      return flatRun([{ type: 'bold', children: block.children }], place);
    case 'rule':
      return flatRun([{ type: 'text', text: '———' }], place);
    case 'code':
      return flatCode(block.text, block.language, place);
    case 'quote':
      return [...labelLine(place), ...flatBlocks(block.children, { ...inside(place), quotes: place.quotes + 1 }, true)];
    case 'list':
      return [
        ...labelLine(place),
        ...block.items.flatMap((item, n) => flatItem(item, n, { list: block, place: inside(place) })),
      ];
    case 'table': {
      const lines = columns(
        [block.header, ...block.rows].map((row) => row.map(cellText)),
        place.width,
      );
      if (lines) return flatCode(lines.join('\n'), '', place);
      const rows = block.rows.length > 0 ? block.rows : [block.header];
      const records = rows.map((row) => (row === block.header ? recordOf([], row) : recordOf(block.header, row)));
      return flatBlocks(records, place, true);
    }
  }
}

function flatItem(
  { number, checked, children }: Item,
  n: number,
  { list, place }: { list: List; place: Place },
): Flat[] {
  const label = number === undefined ? '• ' : `${number}${list.mark} `;
  const box = checked === undefined ? '' : checked ? '☑ ' : '☐ ';
  const first = place.others + label + box;
  const others = place.others + ' '.repeat(label.length);
  const flat =
    children.length === 0
      ? [emptyLine(place.quotes, first)]
      : flatBlocks(children, { ...place, first, others }, list.loose);
  return list.loose && n > 0 ? [emptyLine(place.quotes), ...flat] : flat;
}

/** The mark of an item that does not begin with words. */
function labelLine({ quotes, first, others }: Place): Flat[] {
  return first === others ? [] : [emptyLine(quotes, first)];
}

function inside(place: Place): Place {
  return { ...place, first: place.others };
}

function emptyLine(quotes: number, indent = ''): Flat {
  return { type: 'words', quotes, indent, run: [] };
}

function flatCode(text: string, language: string, place: Place): Flat[] {
  return [...labelLine(place), { type: 'code', quotes: place.quotes, language, text }];
}

function flatRun(run: readonly Inline[], { quotes, first, others }: Place): Flat[] {
  return linesOf(run).map((line, n) => ({ type: 'words', quotes, indent: n === 0 ? first : others, run: line }));
}

/** A line each; marks over several of them are closed and opened again. */
function linesOf(run: readonly Inline[]): (readonly Inline[])[] {
  let line: Inline[] = [];
  const lines = [line];
  const end = () => {
    line = [];
    lines.push(line);
  };
  for (const node of run) {
    if (node.type === 'break') end();
    else if ('children' in node) {
      for (const [n, children] of linesOf(node.children).entries()) {
        if (n > 0) end();
        if (children.length > 0) line.push({ ...node, children });
      }
    } else if (node.type === 'text' || node.type === 'verbatim') {
      for (const [n, text] of node.text.split('\n').entries()) {
        if (n > 0) end();
        if (text !== '') line.push({ ...node, text });
      }
    } else line.push(node);
  }
  return lines;
}

function cellText(cell: Row[number]): string {
  return textOf(cell).replaceAll('\n', ' ');
}

/** Undefined when they take more than `width`. */
export function columns(rows: readonly (readonly string[])[], width: number): string[] | undefined {
  const [header = []] = rows;
  const widths = header.map((_, n) => rows.reduce((most, row) => Math.max(most, displayWidth(row[n] ?? '')), 0));
  if (widths.reduce((sum, each) => sum + each + 2, -2) > width) return undefined;
  const line = (row: readonly string[]) =>
    widths
      .map((each, n) => padTo(row[n] ?? '', each))
      .join('  ')
      .trimEnd();
  const rule = widths.map((each) => '─'.repeat(each)).join('  ');
  return [line(header), rule, ...rows.slice(1).map(line)];
}
