import { type Block, type Inline, type Item, isBare, type Link, type List, type Table, textOf } from './tree.ts';

/** The tree as Markdown that is read as this tree again. No trailing newline. */
export function printMarkdown(blocks: readonly Block[]): string {
  return blocks.map(printBlock).join('\n\n');
}

function printBlock(block: Block): string {
  switch (block.type) {
    case 'paragraph':
      return printRun(block.children);
    case 'heading': {
      const words = printRun(block.children.map(spaceForBreak)).replace(/(^|\s)(#+)$/, '$1\\$2');
      return `${'#'.repeat(block.level)} ${words}`;
    }
    case 'code': {
      const fence = longerThan(block.text, '`', 3);
      return `${fence}${block.language}\n${block.text}${block.text === '' ? '' : '\n'}${fence}`;
    }
    case 'quote':
      return prefixed(printMarkdown(block.children), '> ', '> ').replace(/^> $/gm, '>');
    case 'list':
      return block.items.map((item) => printItem(item, block)).join(block.loose ? '\n\n' : '\n');
    case 'table':
      return printTable(block);
    case 'rule':
      return '___';
  }
}

function printItem({ number, checked, children }: Item, { mark, loose }: List): string {
  const label = number === undefined ? `${mark} ` : `${number}${mark} `;
  const box = checked === undefined ? '' : checked ? '[x] ' : '[ ] ';
  const tight = (block: Block) => !loose && (block.type === 'list' || block.type === 'code' || block.type === 'quote');
  const body = children.map((block, n) => (n === 0 ? '' : tight(block) ? '\n' : '\n\n') + printBlock(block)).join('');
  return prefixed(box + body, label, ' '.repeat(label.length)).trimEnd();
}

function prefixed(text: string, first: string, others: string): string {
  const indent = others.trim() === '' ? '' : others;
  return text
    .split('\n')
    .map((line, n) => (n === 0 ? first : line === '' ? indent : others) + line)
    .join('\n');
}

function printTable({ align, header, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, n) => {
    const side = align[n];
    return `${side === 'left' || side === 'center' ? ':' : ''}---${side === 'right' || side === 'center' ? ':' : ''}`;
  });
  const cells = (row: Table['header']) => line(row.map(printCell));
  return [cells(header), line(rule), ...rows.map(cells)].join('\n');
}

function printCell(run: readonly Inline[]): string {
  return printRun(run).replaceAll('\n', '<br>').replace(/\\?\|/g, '\\|');
}

/** The words of a paragraph: whatever would be read as a mark is escaped. */
function printRun(run: readonly Inline[]): string {
  return printInlines(run).split('\n').map(escapeStart).join('\n');
}

function printInlines(run: readonly Inline[], inLink = false): string {
  return run.map((node) => printInline(node, inLink)).join('');
}

function printInline(node: Inline, inLink: boolean): string {
  switch (node.type) {
    case 'text':
      return escapeText(node.text, inLink);
    case 'verbatim':
      return node.text;
    case 'break':
      return '\n';
    case 'code':
      return printCode(node.text);
    case 'bold':
      return marked('**', printInlines(node.children, inLink));
    case 'italic':
      return marked('*', printInlines(node.children, inLink));
    case 'strike':
      return marked('~~', printInlines(node.children, inLink));
    case 'link':
      return printLink(node);
  }
}

/** A mark holds only beside a word. */
function marked(mark: string, inner: string): string {
  const words = inner.trim();
  if (words === '') return inner;
  const start = inner.length - inner.trimStart().length;
  return `${inner.slice(0, start)}${mark}${words}${mark}${inner.slice(start + words.length)}`;
}

function printLink(link: Link): string {
  if (isBare(link) && /^https?:/i.test(link.url)) return `<${link.url}>`;
  const url = /[\s()<>\\]/.test(link.url) ? `<${link.url.replace(/[<>\\]/g, encodeURIComponent)}>` : link.url;
  return `[${printInlines(link.children, true)}](${url})`;
}

function printCode(text: string): string {
  const fence = longerThan(text, '`', 1);
  const pad = /^`|`$|^ .* $/.test(text) && text.trim() !== '' ? ' ' : '';
  return `${fence}${pad}${text}${pad}${fence}`;
}

function longerThan(text: string, mark: string, least: number): string {
  const longest = (text.match(new RegExp(`${mark}+`, 'g')) ?? []).reduce((most, run) => Math.max(most, run.length), 0);
  return mark.repeat(Math.max(least, longest + 1));
}

function escapeText(text: string, inLink: boolean): string {
  const escaped = text
    .replace(/[\\`*$]|~(?=~)|(?<=~)~/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/\](?=\()/g, ']\\');
  return inLink ? escaped.replace(/[[\]]/g, '\\$&') : escaped;
}

/** What would begin a block at the start of a line. */
function escapeStart(line: string): string {
  if (/^\s*[|:-][|:\s-]*$/.test(line)) return line.replace(/[|:-]/, '\\$&');
  return line.replace(/^(\s*)(#{1,6}|[>-])(?=\s|$)/, '$1\\$2').replace(/^(\s*\d{1,9})([.)])(?=\s|$)/, '$1\\$2');
}

function spaceForBreak(node: Inline): Inline {
  return node.type === 'break' ? { type: 'text', text: ' ' } : node;
}

/** The words of blocks without anything around them, for comparing two trees. */
export function wordsOf(blocks: readonly Block[]): string {
  return blocks.map(words).join('\n');
}

function words(block: Block): string {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return textOf(block.children);
    case 'code':
      return block.text;
    case 'quote':
      return wordsOf(block.children);
    case 'list':
      return block.items.map(({ children }) => wordsOf(children)).join('\n');
    case 'table':
      return [block.header, ...block.rows].flatMap((row) => row.map(textOf)).join('\n');
    case 'rule':
      return '';
  }
}
