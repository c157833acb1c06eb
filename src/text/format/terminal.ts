import { lexer, type MarkedToken, type Token, type Tokens } from 'marked';
import { plainText } from '../plain.ts';
import { displayWidth, padTo } from '../width.ts';
import { inlineSpans } from './inline.ts';
import { paint, type Span, wrapSpans } from './spans.ts';

export interface TerminalLook {
  /** Columns. */
  readonly width: number;
  readonly color: boolean;
}

const heading = [1, 36];
const faint = [2];

/** Markdown as lines for a terminal. The text's own control characters never reach it. No trailing newline. */
export function formatTerminal(markdown: string, look: TerminalLook): string {
  const tokens = lexer(plainText(markdown));
  return blocks(tokens, { ...look, width: Math.max(20, look.width) }).join('\n');
}

/** Lines of several blocks, one empty line between two. */
function blocks(tokens: readonly Token[], look: TerminalLook): string[] {
  const lines: string[] = [];
  for (const token of tokens) {
    if (!isMarked(token)) continue;
    const own = block(token, look);
    if (own.length > 0 && lines.length > 0) lines.push('');
    lines.push(...own);
  }
  return lines;
}

function block(token: MarkedToken, look: TerminalLook): string[] {
  switch (token.type) {
    case 'space':
    case 'def':
    case 'checkbox':
      return [];
    case 'heading':
      return wrapped(inlineSpans(token.tokens, look.color ? heading : []), look);
    case 'code':
      return token.text.split('\n').map((line) => `  ${paint([{ text: line, style: [33] }], look.color)}`);
    case 'blockquote':
      return prefixed(blocks(token.tokens, narrower(look, 2)), paint([{ text: '│ ', style: faint }], look.color));
    case 'list':
      return list(token, look);
    case 'table':
      return table(token, look);
    case 'hr':
      return [paint([{ text: '─'.repeat(Math.min(look.width, 40)), style: faint }], look.color)];
    case 'html':
      return token.text.trim() === '' ? [] : wrapped([{ text: token.text.trim(), style: [] }], look);
    case 'paragraph':
    case 'text':
      return wrapped(inlineSpans(token.tokens ?? [token], []), look);
    default:
      return wrapped([{ text: token.raw, style: [] }], look);
  }
}

function list(token: Tokens.List, look: TerminalLook): string[] {
  const first = typeof token.start === 'number' ? token.start : 1;
  return token.items.flatMap((item, index) => {
    const box = item.task ? (item.checked ? '[x] ' : '[ ] ') : '';
    const mark = `${token.ordered ? `${first + index}.` : '•'} ${box}`;
    const inner = narrower(look, mark.length);
    const lines = token.loose
      ? blocks(item.tokens, inner)
      : item.tokens.flatMap((t) => (isMarked(t) ? block(t, inner) : []));
    const gap = token.loose && index > 0 ? [''] : [];
    const body = lines.length > 0 ? lines : [''];
    return [...gap, ...body.map((line, n) => (n === 0 ? mark + line : line && ' '.repeat(mark.length) + line))];
  });
}

/** Columns side by side; when they do not fit, one `heading: cell` line each. */
function table(token: Tokens.Table, look: TerminalLook): string[] {
  const plain = (cell: Tokens.TableCell) => paint(inlineSpans(cell.tokens, []), false).replaceAll('\n', ' ');
  const header = token.header.map(plain);
  const rows = token.rows.map((row) => row.map(plain));
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => displayWidth(row[column] ?? ''))),
  );
  if (widths.reduce((sum, width) => sum + width + 2, 0) > look.width + 2) {
    const record = (row: string[]) =>
      row.flatMap((cell, n) => wrapped([{ text: `${header[n]}: ${cell}`, style: [] }], look));
    return rows.flatMap((row, n) => (n === 0 ? record(row) : ['', ...record(row)]));
  }
  const line = (row: string[]) => row.map((cell, n) => padTo(cell, widths[n] ?? 0)).join('  ');
  const bold = (text: string) => paint([{ text, style: [1] }], look.color);
  const rule = paint([{ text: widths.map((width) => '─'.repeat(width)).join('  '), style: faint }], look.color);
  return [bold(line(header).trimEnd()), rule, ...rows.map((row) => line(row).trimEnd())];
}

function wrapped(spans: Span[], look: TerminalLook): string[] {
  return wrapSpans(spans, look.width).map((line) => paint(line, look.color));
}

function prefixed(lines: string[], prefix: string): string[] {
  return lines.map((line) => (prefix + line).trimEnd());
}

function narrower(look: TerminalLook, by: number): TerminalLook {
  return { ...look, width: Math.max(10, look.width - by) };
}

/** We add no extensions to the lexer, so every token is one of its own. */
function isMarked(token: Token): token is MarkedToken {
  return token.type !== 'generic';
}
