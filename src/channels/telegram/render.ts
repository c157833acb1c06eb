// The tree as Telegram's own forms. What stands in the text is never read as a mark of Telegram's: rich messages are built
// of blocks, which need no escaping, and HTML holds only tags that are made here.
import type { RichBlockTableCell, RichText } from 'grammy/types';
import type { RawApi } from 'grammy/web';
import { type Flat, flatten } from '../../text/format/flat.ts';
import { plainBlocks, plainRun } from '../../text/format/plain.ts';
import { plainer } from '../../text/markdown/cut.ts';
import { parseMarkdown } from '../../text/markdown/parse.ts';
import { type Block, type Inline, type Item, type Link, misleads, type Row, textOf } from '../../text/markdown/tree.ts';
import { splitBy, type TextLimits } from '../../text/split.ts';

/** Of a rich message: 32 768 characters, 500 blocks, 16 levels, 20 columns. */
export const richLimits = { length: 32_768, counts: 'shown', blocks: 500, columns: 20 } as const satisfies TextLimits;
/** Of a message without blocks, after its tags are read; and of a caption. */
export const messageLength = 4096;
export const captionLength = 1024;

/** Levels are counted with the words themselves and with all four marks that may stand around them. */
const levels = 16;
const levelsOfWords = 6;
/** Of a table in columns on a phone, as fixed-width text. */
const phoneWidth = 34;

/** Without uploads: also what drafts take. */
export type RichForm = NonNullable<Parameters<RawApi['sendRichMessageDraft']>[0]>['rich_message'];
type ListItem = Extract<RichBlock, { type: 'list' }>['items'][number];
type RichBlock = NonNullable<RichForm['blocks']>[number];

interface RichOptions {
  /** Of this bot, without their slash: they can be pressed. Nothing else in a text is made a command, mention or tag. */
  readonly commands?: readonly string[];
  /** With words, code and quotations only, for what Telegram has refused otherwise. */
  readonly simple?: boolean;
}

/** For sendRichMessage, edits and drafts. The Markdown is a part that was split by `richLimits`. */
export function richMessage(markdown: string, options: RichOptions = {}): RichForm {
  const tree = parseMarkdown(markdown);
  const rich = new RichWriter(options).blocks(tree, 0);
  // A message of lines alone is refused.
  const blocks = rich.some(hasText) ? rich : new RichWriter({ ...options, simple: true }).blocks(tree, 0);
  return {
    blocks: blocks.length > 0 ? blocks : [{ type: 'paragraph', text: markdown.trim() || '\u00a0' }],
    ...(isRightToLeft(markdown) ? { is_rtl: true } : {}),
    skip_entity_detection: true,
  };
}

function hasText(block: RichBlock): boolean {
  if (block.type === 'list') return block.items.some((item) => item.blocks.some(hasText));
  return block.type === 'blockquote' ? block.blocks.some(hasText) : block.type !== 'divider';
}

/** One text in the two forms that every server takes. */
export interface SimpleText {
  /** With parse_mode HTML. */
  readonly html: string;
  /** Without any, for what is refused as HTML: no marks, links with their addresses. */
  readonly plain: string;
}

/** Messages for a server without rich ones; `length` is what one of them holds, in either form. */
export function simpleMessages(markdown: string, length = messageLength): SimpleText[] {
  const measure = (block: Block) => ({ length: lengthOf(simpleText([block])) + 2, blocks: 0 });
  // The empty lines between the pieces of a list count as well: with less room, until every message fits.
  for (let room = length; ; room = Math.floor(room * 0.9)) {
    const parts = splitBy(markdown, { measure, room: { length: room, blocks: 0 } });
    const messages = parts.map((part) => simpleText(parseMarkdown(part)));
    if (room < 20 || messages.every((message) => lengthOf(message) <= length)) return messages;
  }
}

/** Undefined when it is too long: then it is a message of its own. */
export function caption(markdown: string): SimpleText | undefined {
  const text = simpleText(parseMarkdown(markdown));
  return lengthOf(text) <= captionLength ? text : undefined;
}

function simpleText(blocks: readonly Block[]): SimpleText {
  return { html: htmlOf(flatten(blocks, phoneWidth)), plain: plainBlocks(blocks, 0) };
}

/** In the longer form. A server takes eight bytes of HTML for each character that it lets through. */
function lengthOf({ html, plain }: SimpleText): number {
  const shown = html.replace(/<[^>]*>/g, '').replace(/&\w+;/g, '&').length;
  return Math.max(shown, plain.length, Math.ceil(Buffer.byteLength(html) / 8));
}

class RichWriter {
  readonly #commands: ReadonlySet<string>;
  readonly #simple: boolean;

  constructor({ commands = [], simple = false }: RichOptions) {
    this.#commands = new Set(commands);
    this.#simple = simple;
  }

  /** `level`: how many stand around them. */
  blocks(blocks: readonly Block[], level: number): RichBlock[] {
    return blocks.flatMap((block) => this.#block(block, level));
  }

  #block(block: Block, level: number): RichBlock[] {
    switch (block.type) {
      case 'paragraph':
        return this.#words(block.children, (text) => ({ type: 'paragraph', text }));
      case 'heading': {
        if (this.#simple)
          return this.#words(block.children, (text) => ({ type: 'paragraph', text: { type: 'bold', text } }));
        const size = sizes[block.level - 1] ?? 6;
        return this.#words(block.children, (text) => ({ type: 'heading', text, size }));
      }
      case 'code':
        if (block.text.trim() === '') return [];
        return [{ type: 'pre', text: block.text, ...(block.language === '' ? {} : { language: block.language }) }];
      case 'rule':
        return [this.#simple ? { type: 'paragraph', text: '———' } : { type: 'divider' }];
      case 'quote': {
        const inside = this.blocks(block.children, level + 1);
        return fitsAt(level + 1) && inside.length > 0 ? [{ type: 'blockquote', blocks: inside }] : inside;
      }
      case 'list':
        if (this.#simple || !fitsAt(level + 2)) return this.blocks(plainer(block), level);
        return [{ type: 'list', items: block.items.map((item) => this.#item(item, level + 2)) }];
      case 'table':
        if (this.#simple || block.header.length > richLimits.columns) return this.#records(block, level);
        return [{ type: 'table', cells: this.#cells(block), is_bordered: true }];
    }
  }

  #words(run: readonly Inline[], block: (text: RichText) => RichBlock): RichBlock[] {
    return textOf(run).trim() === '' ? [] : [block(this.#text(run))];
  }

  #item({ number, checked, children }: Item, level: number): ListItem {
    const blocks = this.blocks(children, level);
    return {
      blocks: blocks.length > 0 ? blocks : [{ type: 'paragraph', text: '\u00a0' }],
      ...(number === undefined ? {} : { value: number, type: '1' as const }),
      ...(checked === undefined ? {} : { has_checkbox: true as const }),
      ...(checked === true ? { is_checked: true as const } : {}),
    };
  }

  #records(block: Extract<Block, { type: 'table' }>, level: number): RichBlock[] {
    return this.blocks(plainer(block), level);
  }

  #cells({ align, header, rows }: Extract<Block, { type: 'table' }>): RichBlockTableCell[][] {
    const cell = (run: readonly Inline[], n: number): RichBlockTableCell => ({
      text: textOf(run).trim() === '' ? '\u00a0' : this.#text(run),
      align: align[n] ?? 'left',
      valign: 'top',
    });
    const line = (row: Row) => header.map((_, n) => cell(row[n] ?? [], n));
    return [line(header).map((one) => ({ ...one, is_header: true as const })), ...rows.map(line)];
  }

  #text(run: readonly Inline[]): RichText {
    const parts = run
      .flatMap((node) => this.#inline(node))
      .reduce<RichText[]>((joined, part) => {
        const last = joined.at(-1);
        if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part;
        else joined.push(part);
        return joined;
      }, []);
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : parts;
  }

  #inline(node: Inline): RichText[] {
    switch (node.type) {
      case 'text':
        return this.#withCommands(node.text);
      case 'verbatim':
        return [node.text];
      case 'break':
        return ['\n'];
      case 'code':
        return [{ type: 'code', text: node.text }];
      case 'bold':
      case 'italic':
        return [{ type: node.type, text: this.#text(node.children) }];
      case 'strike':
        return [{ type: 'strikethrough', text: this.#text(node.children) }];
      case 'link':
        return this.#simple ? [plainRun([node])] : [this.#link(node), ...(misleads(node) ? [` (${node.url})`] : [])];
    }
  }

  #link({ url, children }: Link): RichText {
    const text = this.#text(children);
    const [, kind, rest = ''] = /^(mailto|tel):(.*)$/i.exec(url) ?? [];
    if (kind === undefined) return { type: 'url', text, url };
    return kind.toLowerCase() === 'tel'
      ? { type: 'phone_number', text, phone_number: rest }
      : { type: 'email_address', text, email_address: rest.replace(/\?.*$/, '') };
  }

  #withCommands(text: string): RichText[] {
    if (this.#commands.size === 0) return [text];
    return text.split(/(?<![^\s(])(\/\w+)(?![\w/@])/).flatMap((piece): RichText[] => {
      if (piece === '') return [];
      const known = piece.startsWith('/') && this.#commands.has(piece.slice(1));
      return [known ? { type: 'bot_command', text: piece, bot_command: piece } : piece];
    });
  }
}

const sizes = [1, 2, 3, 4, 5, 6] as const;

/** Whether words may stand where so many levels are around them. */
function fitsAt(level: number): boolean {
  return level + levelsOfWords <= levels;
}

/** By the first letter that has a direction. */
function isRightToLeft(text: string): boolean {
  const letter =
    /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.exec(
      text,
    )?.[0];
  return (
    letter !== undefined &&
    /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.test(letter)
  );
}

/** Quotations cannot stand inside one another: the inner ones have a bar before their lines. */
function htmlOf(lines: readonly Flat[]): string {
  let html = '';
  let quoted = false;
  for (const [n, flat] of lines.entries()) {
    const inside = flat.quotes > 0;
    html +=
      (quoted && !inside ? '</blockquote>' : '') + (n > 0 ? '\n' : '') + (inside && !quoted ? '<blockquote>' : '');
    quoted = inside;
    html += htmlLine(flat);
  }
  return quoted ? `${html}</blockquote>` : html;
}

function htmlLine(flat: Flat): string {
  const bar = '│ '.repeat(Math.max(0, flat.quotes - 1));
  if (flat.type === 'words') return escaped(bar + flat.indent) + htmlRun(flat.run, []);
  if (flat.text.trim() === '') return '';
  const text = escaped(
    flat.text
      .split('\n')
      .map((line) => bar + line)
      .join('\n'),
  );
  const language = flat.language.replace(/[^\w+#.-]/g, '');
  return language === '' ? `<pre>${text}</pre>` : `<pre><code class="language-${language}">${text}</code></pre>`;
}

const tags = { bold: 'b', italic: 'i', strike: 's' } as const;

/** `around`: the tags that are open. Code stands inside of none; inside a link it is words, for the link is worth more. */
function htmlRun(run: readonly Inline[], around: readonly string[]): string {
  return run
    .map((node) => htmlInline(node, around))
    .join('')
    .replace(/<(b|i|s)><\/\1>/g, '');
}

function htmlInline(node: Inline, around: readonly string[]): string {
  switch (node.type) {
    case 'text':
    case 'verbatim':
      return escaped(node.text);
    case 'break':
      return '\n';
    case 'code': {
      if (around.includes('a')) return escaped(node.text);
      const close = around.toReversed().map((tag) => `</${tag}>`);
      return `${close.join('')}<code>${escaped(node.text)}</code>${around.map((tag) => `<${tag}>`).join('')}`;
    }
    case 'bold':
    case 'italic':
    case 'strike': {
      const tag = tags[node.type];
      return `<${tag}>${htmlRun(node.children, [...around, tag])}</${tag}>`;
    }
    case 'link': {
      const words = `<a href="${escaped(node.url)}">${htmlRun(node.children, [...around, 'a'])}</a>`;
      return misleads(node) ? words + escaped(` (${node.url})`) : words;
    }
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '&quot;');
}
