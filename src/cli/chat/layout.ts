// Where things stand on a screen of so many columns: pure functions.
import { displayWidth } from '../../text/width.ts';

/** One row of the screen. */
export interface Row {
  readonly text: string;
  /** It goes on in the next row without a line's end between: the terminal breaks it, and joins it again when copied. */
  readonly open?: boolean;
}

/** Part of the text being typed, in one row. */
export interface InputRow {
  readonly text: string;
  /** Where each grapheme, and the end, stands in the text being typed and in the row. */
  readonly places: readonly { readonly at: number; readonly column: number; readonly before: string }[];
}

export interface Cursor {
  readonly row: number;
  /** What stands before it in its row: only the terminal knows how wide it makes that. */
  readonly before: string;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Breaks lines that are wider than the screen; colours go on over the break. */
export function rowsOf(lines: readonly string[], width: number): Row[] {
  return lines.flatMap((line) => rowsOfLine(line, width));
}

function rowsOfLine(line: string, width: number): Row[] {
  if (/^[\x20-\x7e]*$/.test(line) && line.length <= width) return [{ text: line }];
  const rows: Row[] = [];
  let text = '';
  let used = 0;
  let style = '';
  const end = (open: boolean) => {
    rows.push({ text: style === '' ? text : `${text}\u001b[0m`, ...(open && { open }) });
    text = style;
    used = 0;
  };
  // Pieces of text and, between them, styles.
  for (const [index, piece] of line.split(/(\p{Cc}\[[0-9;]*m)/u).entries()) {
    if (index % 2 === 1) {
      style = piece === '\u001b[0m' ? '' : style + piece;
      text += piece;
      continue;
    }
    for (const { segment } of graphemes.segment(piece)) {
      const shown = segment === '\t' ? ' '.repeat(8 - (used % 8)) : segment;
      const size = mostColumns(shown);
      if (used > 0 && used + size > width) end(used === width);
      text += shown;
      used += size;
    }
  }
  end(false);
  return rows;
}

/** The text being typed as rows `width` columns wide; `show` says what stands for a grapheme. Never empty. */
export function inputRows(text: string, width: number, show: (grapheme: string) => string): InputRow[] {
  const rows: InputRow[] = [];
  let shown = '';
  let places: { at: number; column: number; before: string }[] = [];
  let used = 0;
  const end = () => {
    rows.push({ text: shown, places });
    shown = '';
    places = [];
    used = 0;
  };
  for (const { segment, index } of graphemes.segment(text)) {
    if (segment === '\n' || segment === '\r\n') {
      places.push({ at: index, column: used, before: shown });
      end();
      continue;
    }
    const piece = show(segment);
    const size = mostColumns(piece);
    if (used > 0 && used + size > width) end();
    places.push({ at: index, column: used, before: shown });
    shown += piece;
    used += size;
  }
  places.push({ at: text.length, column: used, before: shown });
  end();
  return rows;
}

export function cursorIn(rows: readonly InputRow[], at: number): Cursor & { column: number } {
  for (const [row, { places }] of rows.entries()) {
    const found = places.find((one) => one.at >= at);
    if (found) return { row, column: found.column, before: found.before };
  }
  return { row: 0, column: 0, before: '' };
}

/** The place in the text one row up or down, in the same column if there is one; undefined beyond the first or last row. */
export function rowAway(rows: readonly InputRow[], at: number, by: -1 | 1): number | undefined {
  const { row, column } = cursorIn(rows, at);
  const target = rows[row + by];
  return target && (target.places.findLast((one) => one.column <= column) ?? target.places[0])?.at;
}

/** At most `most` neighbours of which `at` is one. */
export function windowOf(count: number, at: number, most: number): { from: number; to: number } {
  const from = Math.max(0, Math.min(at - Math.floor(most / 2), count - most));
  return { from, to: Math.min(count, from + most) };
}

/**
 * The most columns that a terminal may give it: some draw a thumb and its colour, or a family, as one sign and others as
 * several. Counting too many leaves a gap, counting too few would break a row where we do not know of it.
 */
function mostColumns(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return [...graphemes.segment(text)].reduce(
    (sum, { segment }) =>
      sum +
      Math.max(
        displayWidth(segment),
        [...segment].reduce((all, one) => all + displayWidth(one), 0),
      ),
    0,
  );
}

/** Breaks plain text between words where it can. Never empty. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of text.match(/\s+|\S+/g) ?? []) {
    const fits = mostColumns(line + piece) <= width;
    if (fits || line.trim() === '') line += piece;
    else {
      lines.push(line.trimEnd());
      line = piece.trim() === '' ? '' : piece;
    }
  }
  return [...lines, line.trimEnd()];
}

/** Cut to the columns there are, with a sign that it was. */
export function cutTo(text: string, width: number): string {
  if (mostColumns(text) <= width) return text;
  let cut = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += mostColumns(segment);
    if (used > width - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}
