import type { Token } from 'markdown-it';
import { plainText } from '../plain.ts';
import { chatMarkdown } from './dialect.ts';
import type { Align, Block, Inline, Item, Row } from './tree.ts';

/** A block of a text, and the lines of it where it stands (the end is not one of them). */
export interface Placed {
  readonly block: Block;
  readonly from: number;
  readonly to: number;
}

export interface Parsed {
  readonly lines: readonly string[];
  readonly blocks: readonly Placed[];
}

/** Any text is some tree; what is no Markdown stays as it was written. Without the text's control characters. */
export function parseMarkdown(text: string): readonly Block[] {
  return parsePlaced(text).blocks.map(({ block }) => block);
}

export function parsePlaced(text: string): Parsed {
  const source = plainText(text).toWellFormed();
  const reader = new Reader(chatMarkdown().parse(source, {}));
  return { lines: source.split('\n'), blocks: reader.placed() };
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  placed(): Placed[] {
    const found: Placed[] = [];
    while (this.#at < this.#tokens.length) {
      const [from, to] = this.#tokens[this.#at]?.map ?? [0, 0];
      const block = this.#block();
      if (block) found.push({ block, from, to });
    }
    return found;
  }

  /** Up to the token that closes them, which is left behind as well. */
  #blocks(close: string): Block[] {
    const found: Block[] = [];
    while (this.#at < this.#tokens.length && this.#tokens[this.#at]?.type !== close) {
      const block = this.#block();
      if (block) found.push(block);
    }
    this.#at += 1;
    return found;
  }

  #block(): Block | undefined {
    const token = this.#tokens[this.#at++];
    switch (token?.type) {
      case 'paragraph_open':
        return { type: 'paragraph', children: this.#run(1) };
      case 'heading_open': {
        const children = this.#run(1);
        // A mark without words is what was written.
        if (children.length === 0) return paragraph(token.markup);
        return { type: 'heading', level: Number(token.tag.slice(1)), children };
      }
      case 'fence':
      case 'code_block': {
        const language = /^[^\s`{]{1,40}/.exec(token.info)?.[0] ?? '';
        return { type: 'code', language, text: token.content.replace(/\n$/, '') };
      }
      case 'blockquote_open': {
        const children = this.#blocks('blockquote_close');
        return children.length === 0 ? paragraph('>') : { type: 'quote', children };
      }
      case 'bullet_list_open':
      case 'ordered_list_open':
        return this.#list(token);
      case 'table_open':
        return this.#table();
      case 'hr':
        return { type: 'rule' };
      default:
        return undefined;
    }
  }

  /** The words of the next token, and behind the one that closes them. */
  #run(closing: number): readonly Inline[] {
    const token = this.#tokens[this.#at];
    this.#at += 1 + closing;
    return inlines(token?.children ?? []);
  }

  #list(open: Token): Block {
    const items: Item[] = [];
    const numbers: number[] = [];
    const ordered = open.type === 'ordered_list_open';
    let loose = false;
    for (let token = this.#tokens[this.#at++]; token?.type === 'list_item_open'; token = this.#tokens[this.#at++]) {
      loose ||= this.#tokens[this.#at]?.type === 'paragraph_open' && this.#tokens[this.#at]?.hidden === false;
      numbers.push(Number(token.info));
      items.push({ number: undefined, ...withBox(this.#blocks('list_item_close')) });
    }
    const mark = open.markup === '.' || open.markup === ')' || open.markup === '-' ? open.markup : '*';
    if (!ordered && items.every(({ children, checked }) => children.length === 0 && checked === undefined)) {
      return paragraph(items.map(() => mark).join('\n'));
    }
    return { type: 'list', mark, loose, items: ordered ? numbered(items, numbers) : items };
  }

  #table(): Block {
    const rows: Row[] = [];
    const align: Align[] = [];
    let cells: (readonly Inline[])[] = [];
    for (
      let token = this.#tokens[this.#at++];
      token && token.type !== 'table_close';
      token = this.#tokens[this.#at++]
    ) {
      if (token.type === 'tr_open') cells = [];
      if (token.type === 'tr_close') rows.push(cells);
      if (token.type === 'th_open') align.push(alignOf(token));
      if (token.type === 'th_open' || token.type === 'td_open') cells.push(this.#run(1));
    }
    const [header = [], ...body] = rows;
    return { type: 'table', align, header, rows: body };
  }
}

function paragraph(text: string): Block {
  const children = text.split('\n').flatMap((line): Inline[] => [{ type: 'break' }, { type: 'text', text: line }]);
  return { type: 'paragraph', children: children.slice(1) };
}

/** As they were written (10, 9, 8), unless all are the same: that is how Markdown lets one count. */
function numbered(items: readonly Item[], numbers: readonly number[]): Item[] {
  const [first = 1] = numbers;
  const same = numbers.every((number) => number === first);
  return items.map((item, at) => ({ ...item, number: same ? first + at : (numbers[at] ?? first + at) }));
}

function withBox(children: readonly Block[]): Pick<Item, 'checked' | 'children'> {
  const [first, ...others] = children;
  const [text, ...rest] = first?.type === 'paragraph' ? first.children : [];
  const box = text?.type === 'text' ? /^\[([ xX])\][ \t]+/.exec(text.text) : null;
  if (!box || text?.type !== 'text') return { checked: undefined, children };
  const words = text.text.slice(box[0].length);
  const run: Inline[] = words === '' ? rest : [{ type: 'text', text: words }, ...rest];
  return { checked: box[1] !== ' ', children: [{ type: 'paragraph', children: run }, ...others] };
}

function alignOf(token: Token): Align {
  const style = /left|center|right/.exec(String(token.attrGet('style') ?? ''))?.[0];
  return style === 'left' || style === 'center' || style === 'right' ? style : undefined;
}

type Mark = 'bold' | 'italic' | 'strike';
const marks = new Map<string, Mark>([
  ['strong', 'bold'],
  ['em', 'italic'],
  ['s', 'strike'],
]);

interface Open {
  readonly mark: Mark | 'link';
  readonly url: string;
  /** Inside one of its kind: its words stand there without it. */
  readonly again: boolean;
  readonly children: Inline[];
}

function inlines(tokens: readonly Token[]): readonly Inline[] {
  const stack: Open[] = [];
  const whole: Inline[] = [];
  const into = () => stack.at(-1)?.children ?? whole;
  for (const token of tokens) {
    const kind = marks.get(token.type.replace(/_(open|close)$/, ''));
    const mark = token.type === 'link_open' || token.type === 'link_close' ? 'link' : kind;
    if (mark !== undefined && token.nesting === 1) {
      const again = stack.some((open) => open.mark === mark);
      stack.push({ mark, url: String(token.attrGet('href') ?? ''), again, children: again ? into() : [] });
    } else if (mark !== undefined) {
      const open = stack.pop();
      if (open && !open.again && open.children.length > 0) into().push(closed(open));
    } else add(into(), leafOf(token));
  }
  return whole;
}

function closed({ mark, url, children }: Open): Inline {
  return mark === 'link' ? { type: 'link', url, children } : { type: mark, children };
}

function leafOf(token: Token): Inline {
  switch (token.type) {
    case 'code_inline':
      return { type: 'code', text: token.content };
    case 'verbatim':
      return { type: 'verbatim', text: token.content };
    case 'hardbreak':
    case 'softbreak':
      return { type: 'break' };
    case 'image': {
      const url = String(token.attrGet('src') ?? '');
      return { type: 'link', url, children: [{ type: 'text', text: token.content.trim() || url }] };
    }
    default:
      return { type: 'text', text: token.content };
  }
}

function add(run: Inline[], node: Inline): void {
  const last = run.at(-1);
  if (node.type === 'text' && node.text === '') return;
  if (node.type === 'text' && last?.type === 'text')
    run[run.length - 1] = { type: 'text', text: last.text + node.text };
  else run.push(node);
}
