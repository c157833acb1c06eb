import { plainText } from '../plain.ts';
import { displayWidth } from '../width.ts';

/** A run of text in one style; styles are SGR numbers (1 = bold …). */
export interface Span {
  readonly text: string;
  readonly style: readonly number[];
}

/** Words are kept whole where they can be; a line begins with the spaces it was written with. Newlines inside spans break. */
export function wrapSpans(spans: readonly Span[], width: number): Span[][] {
  const lines: Span[][] = [];
  let line: Span[] = [];
  let used = 0;
  let broken = false;
  const end = (word = false) => {
    lines.push(trimEnd(line));
    line = [];
    used = 0;
    broken = word;
  };
  for (const piece of spans.flatMap(pieces)) {
    if (piece.text === '\n') {
      end();
      continue;
    }
    const size = displayWidth(piece.text);
    const space = piece.text.trim() === '';
    if (used + size > width && used > 0 && !space) end(true);
    if (space && used === 0 && broken) continue;
    line.push(piece);
    used += size;
  }
  if (line.length > 0) end();
  return lines;
}

/** One line of spans, each closing its own style. The last door: no control character passes. */
export function paint(spans: readonly Span[], color: boolean): string {
  return merge(spans)
    .map(({ text, style }) => ({ text: plainText(text), style }))
    .map(({ text, style }) => (color && style.length > 0 ? `\u001b[${style.join(';')}m${text}\u001b[0m` : text))
    .join('');
}

function pieces(span: Span): Span[] {
  return (span.text.match(/\n|[^\S\n]+|\S+/g) ?? []).map((text) => ({ text, style: span.style }));
}

function trimEnd(line: Span[]): Span[] {
  let end = line.length;
  while (end > 0 && line[end - 1]?.text.trim() === '') end -= 1;
  return line.slice(0, end);
}

function merge(spans: readonly Span[]): Span[] {
  const merged: { text: string; style: readonly number[] }[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last && last.style.join() === span.style.join()) last.text += span.text;
    else merged.push({ ...span });
  }
  return merged;
}
