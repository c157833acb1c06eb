import { type Command, commonStart, completions } from './commands.ts';
import { type Draft, edit, emptyDraft, insert, paste, shownAs, unfolded } from './editor.ts';
import type { Key } from './keys.ts';
import { type Cursor, cursorIn, cutTo, inputRows, rowAway, windowOf } from './layout.ts';

/** What became of a key: `enter` and `nothing` are for whoever holds the composer. */
export type Pressed = 'edited' | 'enter' | 'nothing';

export interface ComposerView {
  readonly rows: readonly string[];
  readonly cursor: Cursor;
  /** Below what is typed. */
  readonly hint: string | undefined;
}

interface Search {
  readonly query: string;
  /** Index in the history of what was found. */
  readonly found: number | undefined;
}

const prompt = '› ';

/** What is being typed: editing, history, search and completion. */
export class Composer {
  readonly #history: string[];
  readonly #commands: () => readonly Command[];
  #draft: Draft = emptyDraft;
  /** Where in the history we are; its length: at what is being typed now. */
  #at: number;
  #typed: Draft = emptyDraft;
  #search: Search | undefined;
  #hint: string | undefined;
  #undo: Draft[] = [];

  constructor(history: readonly string[], commands: () => readonly Command[]) {
    this.#history = [...history];
    this.#at = this.#history.length;
    this.#commands = commands;
  }

  get isEmpty(): boolean {
    return this.#draft.text === '';
  }

  get isSearching(): boolean {
    return this.#search !== undefined;
  }

  /** Ends a search without taking what was found. */
  cancelSearch(): void {
    this.#search = undefined;
  }

  /** Empties the line; Ctrl-Y brings it back. */
  clear(): void {
    this.#draft = { ...emptyDraft, folds: this.#draft.folds, cut: this.#draft.text || this.#draft.cut };
    this.#at = this.#history.length;
  }

  /** What was typed, folds and all; the line is empty afterwards. Undefined: a backslash asked for another line. */
  take(): { text: string; shown: string } | undefined {
    const draft = this.#draft;
    if (draft.cursor === draft.text.length && /(^|[^\\])\\$/.test(draft.text)) {
      this.#draft = insert({ ...draft, text: draft.text.slice(0, -1), cursor: draft.cursor - 1 }, '\n');
      return undefined;
    }
    const text = unfolded(draft);
    if (text.trim() !== '' && this.#history.at(-1) !== text) this.#history.push(text);
    this.#at = this.#history.length;
    this.#draft = emptyDraft;
    this.#undo = [];
    this.#hint = undefined;
    return {
      text,
      shown: [...draft.text].map((one) => (one === '\n' || one === '\t' ? one : shownAs(one, draft.folds))).join(''),
    };
  }

  /** Gives back what could not be sent. */
  restore(text: string): void {
    this.#draft = paste(emptyDraft, text);
  }

  press(key: Key, width: number): Pressed {
    this.#hint = undefined;
    if (this.#search) {
      const used = this.#pressInSearch(this.#search, key);
      if (used) return 'edited';
    }
    switch (key.type) {
      case 'text':
        this.#change(insert(this.#draft, key.text));
        return 'edited';
      case 'paste':
        this.#change(paste(this.#draft, key.text));
        return 'edited';
      case 'key':
        return this.#pressName(key.name, width);
    }
  }

  /** In so many columns and at most so many rows. */
  view(width: number, mostRows: number): ComposerView {
    if (this.#search) return this.#searchView(this.#search, width);
    const all = this.#rows(width);
    const at = cursorIn(all, this.#draft.cursor);
    const { from, to } = windowOf(all.length, at.row, mostRows);
    const more = to - from < all.length ? `${all.length} rows` : undefined;
    const rows = all.slice(from, to).map((row, index) => (index + from === 0 ? prompt : '  ') + row.text);
    return {
      rows,
      cursor: { row: at.row - from, before: (at.row === 0 ? prompt : '  ') + at.before },
      hint: this.#hint ?? more,
    };
  }

  #pressName(name: string, width: number): Pressed {
    switch (name) {
      case 'enter':
        return 'enter';
      case 'up':
      case 'ctrl-p':
        return this.#vertical(-1, width);
      case 'down':
      case 'ctrl-n':
        return this.#vertical(1, width);
      case 'ctrl-r':
        this.#search = { query: '', found: undefined };
        return 'edited';
      case 'tab':
        this.#complete();
        return 'edited';
      case 'ctrl-_':
        this.#draft = this.#undo.pop() ?? this.#draft;
        return 'edited';
      default: {
        const next = edit(this.#draft, name);
        if (!next) return 'nothing';
        this.#change(next);
        return 'edited';
      }
    }
  }

  #change(next: Draft): void {
    if (next.text !== this.#draft.text) this.#undo = [...this.#undo.slice(-100), this.#draft];
    this.#draft = next;
  }

  #vertical(by: -1 | 1, width: number): Pressed {
    const cursor = rowAway(this.#rows(width), this.#draft.cursor, by);
    if (cursor !== undefined) {
      this.#draft = { ...this.#draft, cursor };
      return 'edited';
    }
    const at = this.#at + by;
    if (at < 0 || at > this.#history.length) return 'nothing';
    if (this.#at === this.#history.length) this.#typed = this.#draft;
    this.#at = at;
    this.#draft = at === this.#history.length ? this.#typed : paste(emptyDraft, this.#history[at] ?? '');
    return 'edited';
  }

  #complete(): void {
    const { text, cursor } = this.#draft;
    const all = completions(text.slice(0, cursor), this.#commands());
    const common = commonStart(all);
    const only = all.length === 1;
    if (common.length > cursor || only) {
      const rest = text.slice(cursor);
      const done = only && rest === '' ? `${common} ` : common;
      this.#change({ ...this.#draft, text: done + rest, cursor: done.length });
    } else if (all.length > 1) this.#hint = all.join('  ');
  }

  /** True when the search has used the key up. */
  #pressInSearch(search: Search, key: Key): boolean {
    if (key.type !== 'key') {
      this.#find(search.query + key.text.replace(/\s+/g, ' '), this.#history.length - 1);
      return true;
    }
    switch (key.name) {
      case 'ctrl-r':
        this.#find(search.query, (search.found ?? this.#history.length) - 1);
        return true;
      case 'backspace':
        this.#find(search.query.slice(0, -1), this.#history.length - 1);
        return true;
      case 'ctrl-g':
        this.#search = undefined;
        return true;
      default:
        this.#search = undefined;
        if (search.found !== undefined) this.#draft = paste(emptyDraft, this.#history[search.found] ?? '');
        // What was found can be looked at once more before it is sent.
        return ['enter', 'tab', 'escape'].includes(key.name);
    }
  }

  #find(query: string, from: number): void {
    const wanted = query.toLowerCase();
    const last = this.#search?.found;
    const found = this.#history.findLastIndex((text, index) => index <= from && text.toLowerCase().includes(wanted));
    this.#search = {
      query,
      found: query === '' ? undefined : found >= 0 ? found : from < (last ?? 0) ? last : undefined,
    };
  }

  #searchView({ query, found }: Search, width: number): ComposerView {
    const label = `search: ${query}`;
    const text = found === undefined ? '' : (this.#history[found] ?? '').replace(/\s+/g, ' ');
    const rows = [
      cutTo(label, width - 1),
      cutTo(found === undefined && query !== '' ? '  nothing found' : `  ${text}`, width),
    ];
    const hint = 'Enter takes it · Ctrl-R older · Ctrl-C back';
    return {
      rows,
      cursor: cursorIn(
        inputRows(cutTo(label, width - 1), width, (one) => one),
        label.length,
      ),
      hint,
    };
  }

  // One column is left free for the cursor behind the last character.
  #rows(width: number) {
    const { text, folds } = this.#draft;
    return inputRows(text, Math.max(4, width - prompt.length - 1), (grapheme) => shownAs(grapheme, folds));
  }
}
