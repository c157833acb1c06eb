import { recordOf } from '../markdown/cut.ts';
import { parseMarkdown } from '../markdown/parse.ts';
import { type Block, type Inline, type Item, isBare, type List, type Table } from '../markdown/tree.ts';
import { columns } from './flat.ts';
import { paint, type Span, wrapSpans } from './spans.ts';

export interface TerminalLook {
  /** Columns. */
  readonly width: number;
  readonly color: boolean;
}

const bold = 1;
const faint = 2;
const heading = [bold, 36];
const code = 33;

/** Markdown as lines for a terminal. The text's own control characters never reach it. No trailing newline. */
export function formatTerminal(markdown: string, look: TerminalLook): string {
  return showBlocks(parseMarkdown(markdown), { ...look, width: Math.max(20, look.width) }).join('\n');
}

/** Lines of several blocks, one empty line between two. */
function showBlocks(blocks: readonly Block[], look: TerminalLook): string[] {
  return blocks.flatMap((block, n) => (n > 0 ? ['', ...showBlock(block, look)] : showBlock(block, look)));
}

function showBlock(block: Block, look: TerminalLook): string[] {
  switch (block.type) {
    case 'paragraph':
      return wrapped(spansOf(block.children, []), look);
    case 'heading':
      return wrapped(spansOf(block.children, heading), look);
    case 'code':
      return block.text.split('\n').map((line) => `  ${paint([{ text: line, style: [code] }], look.color)}`.trimEnd());
    case 'quote': {
      const bar = paint([{ text: '│ ', style: [faint] }], look.color);
      return showBlocks(block.children, narrower(look, 2)).map((line) => (bar + line).trimEnd());
    }
    case 'list':
      return block.items.flatMap((item, n) => showItem(item, n, { list: block, look }));
    case 'table':
      return showTable(block, look);
    case 'rule':
      return [paint([{ text: '─'.repeat(Math.min(look.width, 40)), style: [faint] }], look.color)];
  }
}

function showItem(
  { number, checked, children }: Item,
  n: number,
  { list, look }: { list: List; look: TerminalLook },
): string[] {
  const box = checked === undefined ? '' : checked ? '[x] ' : '[ ] ';
  const mark = `${number === undefined ? '•' : `${number}${list.mark}`} ${box}`;
  const inner = narrower(look, mark.length);
  const lines = list.loose ? showBlocks(children, inner) : children.flatMap((child) => showBlock(child, inner));
  const body = lines.length > 0 ? lines : [''];
  const shown = body.map((line, at) => (at === 0 ? mark + line : line && ' '.repeat(mark.length) + line));
  return list.loose && n > 0 ? ['', ...shown] : shown;
}

/** Columns side by side; when they do not fit, one `heading: cell` line each. */
function showTable({ header, rows }: Table, look: TerminalLook): string[] {
  const plain = (cell: readonly Inline[]) => textOfSpans(spansOf(cell, [])).replaceAll('\n', ' ');
  const lines = columns(
    [header, ...rows].map((row) => row.map(plain)),
    look.width,
  );
  if (!lines)
    return showBlocks(rows.length > 0 ? rows.map((row) => recordOf(header, row)) : [recordOf([], header)], look);
  const styles = [[bold], [faint]];
  return lines.map((line, n) => paint([{ text: line, style: styles[n] ?? [] }], look.color));
}

/** The runs of a line. `style` is what already holds around them. */
function spansOf(run: readonly Inline[], style: readonly number[]): Span[] {
  return run.flatMap((node) => spansOfOne(node, style));
}

function spansOfOne(node: Inline, style: readonly number[]): Span[] {
  switch (node.type) {
    case 'text':
    case 'verbatim':
      return [{ text: node.text, style }];
    case 'break':
      return [{ text: '\n', style }];
    case 'code':
      return [{ text: node.text, style: [...style, code] }];
    case 'bold':
      return spansOf(node.children, [...style, bold]);
    case 'italic':
      return spansOf(node.children, [...style, 3]);
    case 'strike':
      return spansOf(node.children, [...style, 9]);
    case 'link': {
      const label = spansOf(node.children, [...style, 4]);
      return isBare(node) ? label : [...label, { text: ` (${node.url})`, style: [...style, faint] }];
    }
  }
}

function textOfSpans(spans: readonly Span[]): string {
  return spans.map(({ text }) => text).join('');
}

function wrapped(spans: Span[], look: TerminalLook): string[] {
  return wrapSpans(spans, look.width).map((line) => paint(line, look.color));
}

function narrower(look: TerminalLook, by: number): TerminalLook {
  return { ...look, width: Math.max(10, look.width - by) };
}
