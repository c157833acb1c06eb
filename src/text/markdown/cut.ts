import { boundaryBefore } from '../shorten.ts';
import type { Block, Inline, Item, Row } from './tree.ts';
import { textOf } from './tree.ts';

/** What a block counts for where room is limited. */
export interface Size {
  readonly length: number;
  readonly blocks: number;
}

export interface Cut {
  /** Fits; empty when not even a beginning does. */
  readonly head: readonly Block[];
  /** What remains, in order. */
  readonly rest: readonly Block[];
}

export type Measure = (block: Block) => Size;

/**
 * Takes the beginning of blocks that fits into `room`, cutting the last one where that is worth it: what is less than a
 * quarter full goes on with a piece of the next block. Both sides are whole by themselves.
 */
export function take(blocks: readonly Block[], room: Size, measure: Measure): Cut {
  const head: Block[] = [];
  let left = room;
  for (const [n, block] of blocks.entries()) {
    const cut = takeOne(block, left, measure);
    const whole = cut.rest.length === 0;
    if (whole) {
      head.push(...cut.head);
      left = less(left, sumOf(cut.head, measure));
      continue;
    }
    const enough = left.length < (room.length * 3) / 4 || left.blocks < room.blocks / 4;
    const piece = enough && head.length > 0 ? { head: [], rest: [block] } : cut;
    return { head: [...head, ...piece.head], rest: [...piece.rest, ...blocks.slice(n + 1)] };
  }
  return { head, rest: [] };
}

function takeOne(block: Block, room: Size, measure: Measure): Cut {
  switch (block.type) {
    case 'rule':
      return wholeOrNothing(block, room, measure);
    case 'paragraph':
    case 'heading':
      return takeRun(block, room, measure);
    case 'code':
      return takeCode(block, room, measure);
    case 'quote': {
      const around = (children: readonly Block[]) => ({ ...block, children });
      return checked(room, measure, (within) => {
        const { head, rest } = takeInside(block.children, within, { around, measure });
        return { head: wrapped(head, around), rest: wrapped(rest, around) };
      });
    }
    case 'list':
      return checked(room, measure, (within) => takeItems(block, within, measure));
    case 'table': {
      const around = (rows: readonly Row[]) => ({ ...block, rows });
      const count = fitting(block.rows, room, { around, measure });
      if (count === block.rows.length && fits(measure(around([])), room)) return { head: [block], rest: [] };
      if (count === 0) return { head: [], rest: [block] };
      return { head: [around(block.rows.slice(0, count))], rest: [around(block.rows.slice(count))] };
    }
  }
}

function wholeOrNothing(block: Block, room: Size, measure: Measure): Cut {
  return fits(measure(block), room) ? { head: [block], rest: [] } : { head: [], rest: [block] };
}

/** What stands between parts has a size as well: with less room, until all of it fits. */
function checked(room: Size, measure: Measure, cut: (room: Size) => Cut): Cut {
  let found = cut(room);
  for (let length = room.length; length >= 1 && !fits(sumOf(found.head, measure), room); ) {
    length = Math.floor(length * 0.8);
    found = cut({ ...room, length });
  }
  return found;
}

interface Inside<T> {
  readonly around: (parts: readonly T[]) => Block;
  readonly measure: Measure;
}

/** How many of the parts fit into what is around them. Looks at no more than that. */
function fitting<T>(parts: readonly T[], room: Size, { around, measure }: Inside<T>): number {
  const frame = measure(around([]));
  let left = less(room, frame);
  if (!fits({ length: 0, blocks: 0 }, left)) return 0;
  for (const [n, part] of parts.entries()) {
    left = less(left, less(measure(around([part])), frame));
    if (!fits({ length: 0, blocks: 0 }, left)) return n;
  }
  return parts.length;
}

function takeInside(children: readonly Block[], room: Size, { around, measure }: Inside<Block>): Cut {
  const frame = measure(around([]));
  return take(children, less(room, frame), (child) => less(measure(around([child])), frame));
}

function wrapped(children: readonly Block[], around: (children: readonly Block[]) => Block): Block[] {
  return children.length === 0 ? [] : [around(children)];
}

function takeItems(list: Extract<Block, { type: 'list' }>, room: Size, measure: Measure): Cut {
  const around = (items: readonly Item[]) => ({ ...list, items });
  const count = fitting(list.items, room, { around, measure });
  if (count === list.items.length) return { head: [list], rest: [] };
  const head = list.items.slice(0, count);
  const item = list.items[count];
  const used = count === 0 ? { length: 0, blocks: 0 } : measure(around(head));
  const enough = used.length > room.length / 4 || used.blocks > room.blocks / 4;
  if (!item || (count > 0 && enough)) return { head: [around(head)], rest: [around(list.items.slice(count))] };
  const one = (children: readonly Block[]) => around([{ ...item, children }]);
  const cut = takeInside(item.children, less(room, used), { around: one, measure });
  if (cut.head.length === 0) {
    return {
      head: wrapped(head.length > 0 ? [around(head)] : [], () => around(head)),
      rest: [around(list.items.slice(count))],
    };
  }
  const others = list.items.slice(count + 1);
  // Its mark stands in the part before: what remains of it follows without one, then the list goes on.
  const rest = [...cut.rest, ...(others.length > 0 ? [around(others)] : [])];
  return { head: [around([...head, { ...item, children: cut.head }])], rest };
}

function takeCode(block: Extract<Block, { type: 'code' }>, room: Size, measure: Measure): Cut {
  const around = (text: string) => ({ ...block, text });
  const most = room.length - measure(around('')).length;
  if (block.text.length <= most && fits(measure(block), room)) return { head: [block], rest: [] };
  for (let length = most; length >= 1; length = Math.floor(length * 0.8)) {
    const at = placeIn(block.text, length);
    const head = around(block.text.slice(0, at.end));
    const rest = block.text.slice(at.next);
    if (at.next > 0 && fits(measure(head), room)) return { head: [head], rest: rest === '' ? [] : [around(rest)] };
  }
  return { head: [], rest: [block] };
}

/** Where to end, and where to go on: behind a line, else a word, else a character. */
function placeIn(text: string, length: number): { end: number; next: number } {
  if (text.length <= length) return { end: text.length, next: text.length };
  const least = length / 4;
  const line = text.lastIndexOf('\n', length);
  if (line >= least && line > 0) return { end: line, next: line + 1 };
  for (let at = length; at > 0 && at >= least; at--) {
    if (text[at] === ' ' || text[at] === '\t') return { end: at, next: at };
  }
  if (line > 0) return { end: line, next: line + 1 };
  const end = boundaryBefore(text, length);
  return { end, next: end };
}

type Words = Extract<Block, { type: 'paragraph' | 'heading' }>;

function takeRun(block: Words, room: Size, measure: Measure): Cut {
  const around = (children: readonly Inline[]): Block => ({ ...block, children });
  if (isWithin(block.children, room.length) && fits(measure(block), room)) return { head: [block], rest: [] };
  for (let length = room.length; length >= 1; length = Math.floor(length * 0.8)) {
    const [head, rest] = splitRun(block.children, length);
    // Nothing but space.
    if (head.length === 0 && rest.length === 0) return { head: [], rest: [] };
    if (head.length === 0) return takeRun({ ...block, children: rest }, room, measure);
    if (fits(measure(around(head)), room)) {
      return { head: [around(head)], rest: rest.length > 0 ? [around(rest)] : [] };
    }
  }
  return { head: [], rest: [block] };
}

/** Behind a line, else a word, else a character; marks are closed and opened again. Space at the cut is dropped. */
function splitRun(run: readonly Inline[], length: number): [readonly Inline[], readonly Inline[]] {
  const text = beginningOf(run, length * 2 + 2);
  const { end } = placeIn(text, length);
  const [head, rest] = divide(run, end);
  return [trimmed(head, 'end'), trimmed(rest, 'start')];
}

function beginningOf(run: readonly Inline[], length: number): string {
  let text = '';
  for (const node of run) {
    text += textOf([node]);
    if (text.length >= length) break;
  }
  return text;
}

function isWithin(run: readonly Inline[], length: number): boolean {
  let sum = 0;
  for (const node of run) {
    sum += 'text' in node ? node.text.length : textOf([node]).length;
    if (sum > length) return false;
  }
  return true;
}

function divide(run: readonly Inline[], at: number): [readonly Inline[], readonly Inline[]] {
  let before = 0;
  for (const [n, node] of run.entries()) {
    const size = 'text' in node ? node.text.length : textOf([node]).length;
    if (before + size <= at) {
      before += size;
      continue;
    }
    const [left, right] = before === at ? [[], [node]] : divideNode(node, at - before);
    return [
      [...run.slice(0, n), ...left],
      [...right, ...run.slice(n + 1)],
    ];
  }
  return [run, []];
}

function divideNode(node: Inline, at: number): [Inline[], Inline[]] {
  switch (node.type) {
    case 'break':
      return [[], [node]];
    case 'verbatim':
      // Half a formula is none.
      return [[{ type: 'text', text: node.text.slice(0, at) }], [{ type: 'text', text: node.text.slice(at) }]];
    case 'text':
    case 'code':
      return [[{ ...node, text: node.text.slice(0, at) }], [{ ...node, text: node.text.slice(at) }]];
    default: {
      const [left, right] = divide(node.children, at);
      return [[{ ...node, children: left }], [{ ...node, children: right }]];
    }
  }
}

/** Without breaks and blanks at one end. */
function trimmed(run: readonly Inline[], side: 'start' | 'end'): readonly Inline[] {
  const kept = [...run];
  for (;;) {
    const node = side === 'end' ? kept.at(-1) : kept[0];
    if (node === undefined) return kept;
    const slim = slimmed(node, side);
    if (slim === node) return kept;
    if (side === 'end') kept.splice(-1, 1, ...(slim ? [slim] : []));
    else kept.splice(0, 1, ...(slim ? [slim] : []));
    if (slim) return kept;
  }
}

function slimmed(node: Inline, side: 'start' | 'end'): Inline | undefined {
  if (node.type === 'break') return undefined;
  if (node.type === 'code') return node.text === '' ? undefined : node;
  if ('text' in node) {
    const text = side === 'end' ? node.text.trimEnd() : node.text.trimStart();
    return text === '' ? undefined : text === node.text ? node : { ...node, text };
  }
  const children = trimmed(node.children, side);
  return children.length === 0
    ? undefined
    : children.length === node.children.length && children.every((child, n) => child === node.children[n])
      ? node
      : { ...node, children };
}

/** The same words with less around them, for what no part can hold as it is: rows as lines, links with their address. */
export function plainer(block: Block): readonly Block[] {
  switch (block.type) {
    case 'table':
      return block.rows.length === 0 ? [lineOf(block.header)] : block.rows.map((row) => recordOf(block.header, row));
    case 'quote':
      return block.children;
    case 'list':
      return block.items.flatMap(({ number, children }) => {
        const [first, ...others] = children;
        const label: Inline = {
          type: 'text',
          text: number === undefined ? `${block.mark} ` : `${number}${block.mark} `,
        };
        if (first?.type === 'paragraph') return [{ ...first, children: [label, ...first.children] }, ...others];
        return [{ type: 'paragraph', children: [label] } satisfies Block, ...children];
      });
    case 'code':
      return [{ type: 'paragraph', children: linesOf(block.text) }];
    case 'heading':
      return [{ type: 'paragraph', children: block.children }];
    case 'paragraph':
      return [{ type: 'paragraph', children: [{ type: 'text', text: unmarked(block.children) }] }];
    case 'rule':
      return [];
  }
}

function unmarked(run: readonly Inline[]): string {
  return run
    .map((node) => {
      if (node.type === 'link') return `${unmarked(node.children)} (${node.url})`;
      return 'children' in node ? unmarked(node.children) : textOf([node]);
    })
    .join('');
}

function linesOf(text: string): Inline[] {
  return text
    .split('\n')
    .flatMap((line, n): Inline[] => [...(n > 0 ? [{ type: 'break' } as const] : []), { type: 'text', text: line }]);
}

function lineOf(row: Row): Block {
  return {
    type: 'paragraph',
    children: row.flatMap((cell, n): Inline[] => (n === 0 ? [...cell] : [{ type: 'text', text: ' | ' }, ...cell])),
  };
}

/** `heading: cell`, a line each. */
export function recordOf(header: Row, row: Row): Block {
  const children = row.flatMap((cell, n): Inline[] => {
    const name = header[n] ?? [];
    const label: Inline[] = name.length > 0 ? [...name, { type: 'text', text: ': ' }] : [];
    return [...(n > 0 ? [{ type: 'break' } as const] : []), ...label, ...cell];
  });
  return { type: 'paragraph', children };
}

function fits(size: Size, room: Size): boolean {
  return size.length <= room.length && size.blocks <= room.blocks;
}

function less(from: Size, by: Size): Size {
  return { length: from.length - by.length, blocks: from.blocks - by.blocks };
}

function sumOf(blocks: readonly Block[], measure: Measure): Size {
  return blocks
    .map(measure)
    .reduce((sum, size) => ({ length: sum.length + size.length, blocks: sum.blocks + size.blocks }), {
      length: 0,
      blocks: 0,
    });
}
