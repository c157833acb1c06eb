// What is Markdown in a chat. CommonMark with the tables and the strikethrough of GitHub, less whatever makes words of a
// chat vanish: HTML, entities and references are text, and so are marks that people write without meaning any.
import { createRequire } from 'node:module';
import type { MarkdownIt, StateBlock, StateInline } from 'markdown-it';

/** Deeper quotations and lists are text. */
const deepest = 40;
const scheme = /^(?:https?:\/\/[^\s/]|mailto:[^\s@]+@|tel:\+?[\d-]+$)/i;

/** Made with the first text that needs it and kept like a pattern: it holds nothing of the texts that it reads. */
const made = new Map<'chat', MarkdownIt>();

export function chatMarkdown(): MarkdownIt {
  const parser = made.get('chat') ?? makeParser();
  made.set('chat', parser);
  return parser;
}

function makeParser(): MarkdownIt {
  const Parser = markdownIt();
  const md = new Parser({ html: false, linkify: false, typographer: false });
  md.disable(['reference', 'lheading', 'entity', 'autolink', 'html_block', 'html_inline']);
  md.validateLink = (url) => scheme.test(url);
  const { block, inline } = md;
  for (const { name, fn, alt } of [...block.ruler.__rules__]) {
    if (name === 'blockquote') block.ruler.at(name, guarded(fn, isQuotation), { alt });
    if (name === 'list') block.ruler.at(name, guarded(fn, isList), { alt });
    if (name === 'table') block.ruler.at(name, (...args) => fn(...args) && keepExtraCells(args[0], args[3]), { alt });
  }
  block.ruler.before('blockquote', 'line-ends-it', endsIt, { alt: ['paragraph', 'blockquote'] });
  inline.ruler.at('newline', lineBreak);
  inline.ruler.before('escape', 'verbatim', verbatim);
  inline.ruler.before('escape', 'address', address);
  inline.ruler.before('emphasis', 'no-mark', noMark);
  inline.State = delimiting(inline.State);
  return md;
}

// Loaded with the first text that needs it: 30 ms, which a host need not spend at its start.
function markdownIt(): typeof import('markdown-it').default {
  return createRequire(import.meta.url)('markdown-it');
}

type BlockRule = (state: StateBlock, start: number, end: number, silent: boolean) => boolean;

function guarded(rule: BlockRule, means: (line: string) => boolean): BlockRule {
  return (state, start, end, silent) =>
    state.level < deepest && means(lineOf(state, start)) && rule(state, start, end, silent);
}

/** `>:(`, `>50 %` and `>>> print()` are what they look like. */
function isQuotation(line: string): boolean {
  return /^>(?:[ \t]|$)/.test(line);
}

/** `1986. A great year` and `+ 5 points` are what they look like. */
function isList(line: string): boolean {
  return /^(?:[-*]|\d{1,3}[.)])(?:[ \t]|$)/.test(line);
}

/** A line that does not carry the mark of a quotation, a list or a table stands outside of it: people do not write on lazily. */
function endsIt(state: StateBlock, start: number, _end: number, silent: boolean): boolean {
  if (!silent) return false;
  if (state.parentType === 'blockquote') return true;
  if (state.parentType === 'table') return !lineOf(state, start).includes('|');
  return state.parentType === 'paragraph' && (state.sCount[start] ?? 0) < state.blkIndent;
}

function lineOf(state: StateBlock, line: number): string {
  return state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);
}

/** GitHub drops cells that have no heading; here they stay, in the last one. */
function keepExtraCells({ tokens, src, bMarks, tShift, eMarks }: StateBlock, silent: boolean): true {
  if (silent) return true;
  let columns = 0;
  let line = 0;
  for (let at = tokens.findLastIndex((token) => token.type === 'table_open'); at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.type === 'th_open') columns += 1;
    if (token?.type === 'tr_open') line = token.map?.[0] ?? 0;
    if (token?.type !== 'tr_close') continue;
    const cells = cellsOf(src.slice((bMarks[line] ?? 0) + (tShift[line] ?? 0), eMarks[line]));
    const last = tokens[at - 2];
    if (cells.length > columns && last) last.content = [last.content, ...cells.slice(columns)].join(' | ');
  }
  return true;
}

function cellsOf(line: string): string[] {
  const cells = line.trim().split(/(?<!\\)\|/);
  if (cells[0] === '') cells.shift();
  if (cells.at(-1) === '') cells.pop();
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** The indentation of the next line stays: it may be a poem, or a drawing. */
function lineBreak(state: StateInline, silent: boolean): boolean {
  if (state.src[state.pos] !== '\n') return false;
  if (!silent) {
    state.pending = state.pending.trimEnd();
    state.push('hardbreak', 'br', 0);
  }
  state.pos += 1;
  return true;
}

/** Bounded, so that a text of nothing but beginnings takes no longer than any other. */
const formula =
  /\$\$[^`]{1,2000}?\$\$|\$(?![\s$])[^\n`$]{0,500}?[^\s\\`$]\$(?!\d)|\\\((?:[^\\\n`]|\\[^)\n]){0,500}?\\\)|\\\[(?:[^\\`]|\\[^\]]){0,2000}?\\\]/y;
/** Something that only formulas hold; a formula without it reads the same either way. */
const mathematical = /[\\^{}=_]/;

/** A formula, and the arm of ¯\_(ツ)_/¯: marks inside them are none. */
function verbatim(state: StateInline, silent: boolean): boolean {
  const { src, pos } = state;
  if (src.startsWith('¯\\_', pos - 1)) return pushText(state, { type: 'text', text: '\\_', silent });
  // In the words of a link brackets are escaped.
  if (src[pos] !== '$' && (src[pos] !== '\\' || state.linkLevel > 0)) return false;
  formula.lastIndex = pos;
  const found = formula.exec(src)?.[0];
  if (found === undefined || pos + found.length > state.posMax) return false;
  const inner = found.startsWith('$$') || found.startsWith('\\') ? found.slice(2, -2) : found.slice(1, -1);
  if (!mathematical.test(inner) || inner.includes('**')) return false;
  return pushText(state, { type: 'verbatim', text: found, silent });
}

function pushText(state: StateInline, { type, text, silent }: { type: string; text: string; silent: boolean }): true {
  if (!silent) state.push(type, '', 0).content = text;
  state.pos += text.length;
  return true;
}

// A bracket ends it: it may be the words of a link.
const written = /https?:\/\/[^\s<>"`\u200b|[\]]+/iy;

/** An address as people write it, or between `<` and `>`. */
function address(state: StateInline, silent: boolean): boolean {
  const { src, pos } = state;
  const between = src[pos] === '<';
  if (!between && src[pos] !== ':') return false;
  const begun = between ? '' : (/(?<![\p{L}\p{N}])https?$/iu.exec(src.slice(Math.max(0, pos - 6), pos))?.[0] ?? '');
  if (state.linkLevel > 0 || (!between && begun === '')) return false;
  written.lastIndex = between ? pos + 1 : pos - begun.length;
  const found = written.exec(src)?.[0] ?? '';
  const url = between ? found : withoutTail(found, src.slice(0, pos - begun.length));
  if (!/^https?:\/\/[^/?#]/i.test(url) || (between && src[pos + 1 + url.length] !== '>')) return false;
  if (written.lastIndex > state.posMax) return false;
  if (!silent) {
    if (!state.pending.endsWith(begun)) return false;
    state.pending = state.pending.slice(0, state.pending.length - begun.length);
    state.push('link_open', 'a', 1).attrs = [['href', url]];
    state.push('text', '', 0).content = url;
    state.push('link_close', 'a', -1);
  }
  state.pos += between ? url.length + 2 : url.length - begun.length;
  return true;
}

const opensMark = /(?<![\p{L}\p{N}_/])_+(?=[^\s_]|$)/u;

/**
 * Without the full stop of its sentence, the marks around it and a bracket that was opened before it. An underscore is the
 * address's own (every 64th video ends in one) where none before it has opened a mark.
 */
function withoutTail(url: string, before: string): string {
  let end = url.length;
  const surplus = new Map(
    ['()', '[]', '{}'].map(([open = '', close = '']) => [close, count(url, close) - count(url, open)]),
  );
  for (;;) {
    const last = url[end - 1] ?? '';
    const over = surplus.get(last);
    if (
      !(last === '_' ? opensMark.test(before) : /[.,;:!?*~'"“”„»«…)\]}]/.test(last)) ||
      (over !== undefined && over <= 0)
    )
      return url.slice(0, end);
    if (over !== undefined) surplus.set(last, over - 1);
    end -= 1;
  }
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

const dunder =
  /__(?:init|main|name|file|all|dict|doc|class|repr|str|new|call|len|iter|next|enter|exit|version|future)__/y;

/** `a*b*c`, `2**10`, `__init__`: stars and underscores that mark nothing. */
function noMark(state: StateInline, silent: boolean): boolean {
  const { src, pos } = state;
  const mark = src[pos];
  if (mark === '_' && src[pos - 1] !== '_') {
    dunder.lastIndex = pos;
    const name = dunder.exec(src)?.[0];
    if (name !== undefined && pos + name.length <= state.posMax)
      return pushText(state, { type: 'text', text: name, silent });
  }
  // `^_^`, `-_-`
  if (mark === '_' && /^[-^<>;=/)]_[-^<>;=/]$/.test(src.slice(pos - 1, pos + 2)))
    return pushText(state, { type: 'text', text: '_', silent });
  if (mark !== '*' || src[pos - 1] === '*') return false;
  let end = pos + 1;
  while (src[end] === '*' && end < state.posMax) end += 1;
  const around = (src[pos - 1] ?? ' ') + (src[end] ?? ' ');
  const product = end - pos === 1 ? /^[a-z\d]{2}$/i : /^(?:\d[a-z\d]|[a-z]\d)$/i;
  if (!product.test(around)) return false;
  return pushText(state, { type: 'text', text: src.slice(pos, end), silent });
}

const cjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** Which stars open and close: not those of `(*, count(*))`, but those beside scripts without spaces, whatever stands there. */
function delimiting(State: typeof StateInline): typeof StateInline {
  return class extends State {
    override scanDelims(start: number, canSplitWord: boolean) {
      const scanned = super.scanDelims(start, canSplitWord);
      const before = this.src[start - 1] ?? ' ';
      const after = this.src[start + scanned.length] ?? ' ';
      const star = this.src[start] === '*';
      const opens = scanned.can_open || (star && cjk.test(before) && !/\s/.test(after));
      const closes = scanned.can_close || (star && cjk.test(after) && !/\s/.test(before));
      return {
        length: scanned.length,
        can_open: opens && !/[,;)\]}]/.test(after),
        can_close: closes && !/[([{]/.test(before),
      };
    }
  };
}
