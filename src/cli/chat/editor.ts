// The line being typed, as pure functions: a state and a key give the next state.

/** `text` may hold folds: one character each that stands for a long paste. */
export interface Draft {
  readonly text: string;
  /** Where the next character goes, in UTF-16 units. */
  readonly cursor: number;
  readonly folds: readonly string[];
  /** What was cut last. */
  readonly cut: string;
}

export const emptyDraft: Draft = { text: '', cursor: 0, folds: [], cut: '' };

// A paste beyond that is shown as one word. Counted in lines as they stand in the paste.
const mostLines = 10;
const mostUnits = 2_000;

// A plane of private characters that no font and no keyboard uses.
const firstFold = 0x100000;
const anyFold = /[\u{100000}-\u{10fffd}]/gu;

export function insert(draft: Draft, typed: string): Draft {
  const text = typed.replace(anyFold, '');
  return {
    ...draft,
    text: draft.text.slice(0, draft.cursor) + text + draft.text.slice(draft.cursor),
    cursor: draft.cursor + text.length,
  };
}

/** A short paste as if it had been typed, a long one as a fold. */
export function paste(draft: Draft, text: string): Draft {
  if (text.split('\n').length <= mostLines && text.length <= mostUnits) return insert(draft, text);
  const mark = String.fromCodePoint(firstFold + draft.folds.length);
  return {
    ...draft,
    text: draft.text.slice(0, draft.cursor) + mark + draft.text.slice(draft.cursor),
    cursor: draft.cursor + mark.length,
    folds: [...draft.folds, text],
  };
}

/** All of it, with what is folded. */
export function unfolded({ text, folds }: Draft): string {
  return text.replace(anyFold, (mark) => folds[(mark.codePointAt(0) ?? 0) - firstFold] ?? '');
}

/** What stands on the screen for a grapheme of the text. */
export function shownAs(grapheme: string, folds: readonly string[]): string {
  const fold = folds[(grapheme.codePointAt(0) ?? 0) - firstFold];
  if (fold !== undefined) {
    const lines = fold.split('\n').length;
    return lines > 1 ? `[${lines} lines pasted]` : `[${fold.length} characters pasted]`;
  }
  return grapheme === '\t' ? '    ' : grapheme.replace(/\p{Cc}/gu, '');
}

/** Undefined for a key that changes nothing here. */
export function edit(draft: Draft, key: string): Draft | undefined {
  return acts.get(key)?.(draft);
}

const acts = new Map<string, (draft: Draft) => Draft>([
  ['left', (draft) => to(draft, before(draft))],
  ['ctrl-b', (draft) => to(draft, before(draft))],
  ['right', (draft) => to(draft, after(draft))],
  ['ctrl-f', (draft) => to(draft, after(draft))],
  ['home', (draft) => to(draft, lineStart(draft))],
  ['ctrl-a', (draft) => to(draft, lineStart(draft))],
  ['end', (draft) => to(draft, lineEnd(draft))],
  ['ctrl-e', (draft) => to(draft, lineEnd(draft))],
  ['ctrl-left', (draft) => to(draft, wordStart(draft))],
  ['alt-left', (draft) => to(draft, wordStart(draft))],
  ['alt-b', (draft) => to(draft, wordStart(draft))],
  ['ctrl-right', (draft) => to(draft, wordEnd(draft))],
  ['alt-right', (draft) => to(draft, wordEnd(draft))],
  ['alt-f', (draft) => to(draft, wordEnd(draft))],
  ['backspace', (draft) => without(draft, before(draft), draft.cursor)],
  ['ctrl-h', (draft) => without(draft, before(draft), draft.cursor)],
  ['delete', (draft) => without(draft, draft.cursor, after(draft))],
  ['ctrl-d', (draft) => without(draft, draft.cursor, after(draft))],
  ['ctrl-u', (draft) => cut(draft, lineStart(draft), draft.cursor)],
  ['ctrl-k', (draft) => cut(draft, draft.cursor, lineEnd(draft))],
  ['ctrl-w', (draft) => cut(draft, blankStart(draft), draft.cursor)],
  ['alt-backspace', (draft) => cut(draft, wordStart(draft), draft.cursor)],
  ['ctrl-backspace', (draft) => cut(draft, wordStart(draft), draft.cursor)],
  ['alt-d', (draft) => cut(draft, draft.cursor, wordEnd(draft))],
  ['ctrl-y', yank],
  ['ctrl-t', swap],
  ['alt-enter', (draft) => insert(draft, '\n')],
  ['ctrl-j', (draft) => insert(draft, '\n')],
]);

function to(draft: Draft, cursor: number): Draft {
  return { ...draft, cursor };
}

function without(draft: Draft, from: number, end: number): Draft {
  return { ...draft, text: draft.text.slice(0, from) + draft.text.slice(end), cursor: from };
}

function cut(draft: Draft, from: number, end: number): Draft {
  return from === end ? draft : { ...without(draft, from, end), cut: draft.text.slice(from, end) };
}

// Folds among it are still known.
function yank(draft: Draft): Draft {
  const { text, cursor, cut: back } = draft;
  return { ...draft, text: text.slice(0, cursor) + back + text.slice(cursor), cursor: cursor + back.length };
}

/** Swaps the two characters before the cursor, or around it. */
function swap(draft: Draft): Draft {
  const middle = draft.cursor === draft.text.length ? before(draft) : draft.cursor;
  const start = before(to(draft, middle));
  const end = after(to(draft, middle));
  if (start === middle || middle === end) return draft;
  const { text } = draft;
  const swapped = text.slice(middle, end) + text.slice(start, middle);
  return { ...draft, text: text.slice(0, start) + swapped + text.slice(end), cursor: end };
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

function before({ text, cursor }: Draft): number {
  return cursor === 0 ? 0 : (graphemes.segment(text).containing(cursor - 1)?.index ?? 0);
}

function after({ text, cursor }: Draft): number {
  const one = graphemes.segment(text).containing(cursor);
  return one ? one.index + one.segment.length : text.length;
}

function lineStart({ text, cursor }: Draft): number {
  return text.lastIndexOf('\n', cursor - 1) + 1 || 0;
}

// A line's end that stands at the cursor itself is removed by a second Ctrl-K.
function lineEnd({ text, cursor }: Draft): number {
  const end = text.indexOf('\n', cursor);
  return end < 0 ? text.length : end;
}

function wordStart({ text, cursor }: Draft): number {
  return text.slice(0, cursor).search(/[\p{L}\p{N}\p{M}_]*[^\p{L}\p{N}\p{M}_]*$/u);
}

function wordEnd({ text, cursor }: Draft): number {
  return cursor + (/^[^\p{L}\p{N}\p{M}_]*[\p{L}\p{N}\p{M}_]*/u.exec(text.slice(cursor))?.[0].length ?? 0);
}

function blankStart({ text, cursor }: Draft): number {
  return text.slice(0, cursor).search(/\S*\s*$/u);
}
