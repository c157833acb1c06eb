import { recordOf, type Size } from './cut.ts';
import { type Block, type Inline, misleads, type Row } from './tree.ts';

/**
 * What a platform that counts what a reader sees counts: words, and two for each place where something ends. A table of
 * more columns than it has is one of lines.
 */
export function shownSize(block: Block, columns = Number.POSITIVE_INFINITY): Size {
  const inside = (child: Block) => shownSize(child, columns);
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return { length: shownLength(block.children) + 2, blocks: 1 };
    case 'code':
      return { length: block.text.length + 2, blocks: 1 };
    case 'rule':
      return { length: 2, blocks: 1 };
    case 'quote':
      return sum(block.children.map(inside), { length: 2, blocks: 1 });
    case 'list':
      return block.items
        .map(({ children }) => sum(children.map(inside), { length: 6, blocks: 1 }))
        .reduce(plus, { length: 2, blocks: 1 });
    case 'table':
      if (block.header.length > columns)
        return sum(
          block.rows.map((row) => inside(recordOf(block.header, row))),
          rowSize(block.header),
        );
      return [block.header, ...block.rows].map(rowSize).reduce(plus, { length: 2, blocks: 1 });
  }
}

function rowSize(row: Row): Size {
  return { length: row.reduce((length, cell) => length + shownLength(cell) + 3, 2), blocks: 1 };
}

/** The words, with the address of a link that must be shown. */
function shownLength(run: readonly Inline[]): number {
  return run.reduce((length, node) => {
    if (node.type === 'break') return length + 1;
    if ('text' in node) return length + node.text.length;
    const address = node.type === 'link' && misleads(node) ? node.url.length + 3 : 0;
    return length + shownLength(node.children) + address;
  }, 0);
}

function sum(sizes: readonly Size[], own: Size): Size {
  return sizes.reduce(plus, own);
}

function plus(one: Size, other: Size): Size {
  return { length: one.length + other.length, blocks: one.blocks + other.blocks };
}
