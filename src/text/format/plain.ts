import { parseMarkdown } from '../markdown/parse.ts';
import { type Block, type Inline, isBare, type Link } from '../markdown/tree.ts';
import { type Flat, flatten } from './flat.ts';

/**
 * Markdown as text that reads well without any marks, and without escape codes: for pipes, and for where a platform takes
 * nothing else. Code stands as it was written, ready to be copied.
 */
export function formatPlain(markdown: string, { tableWidth }: { tableWidth: number }): string {
  return plainBlocks(parseMarkdown(markdown), tableWidth);
}

export function plainBlocks(blocks: readonly Block[], tableWidth: number): string {
  return flatten(blocks, tableWidth).map(plainFlat).join('\n');
}

function plainFlat(flat: Flat): string {
  const bar = '│ '.repeat(flat.quotes);
  const text = flat.type === 'code' ? flat.text : flat.indent + plainRun(flat.run);
  return text
    .split('\n')
    .map((line) => (bar + line).trimEnd())
    .join('\n');
}

/** The words, and behind those of a link where it leads. */
export function plainRun(run: readonly Inline[]): string {
  return run
    .map((node) => {
      if (node.type === 'break') return '\n';
      if ('text' in node) return node.text;
      return node.type === 'link' ? plainLink(node) : plainRun(node.children);
    })
    .join('');
}

function plainLink(link: Link): string {
  const words = plainRun(link.children);
  return isBare(link) ? words : `${words} (${link.url.replace(/^(?:mailto|tel):/i, '')})`;
}
