import { type Phrase, withoutAccents } from './search-words.ts';
import { boundaryBefore, oneLine } from './shorten.ts';

const before = 60;
const longest = 240;
/** A place further on in a text is not looked for: the snippet is its beginning. */
const lookedAt = 20_000;

/** A piece of a text around the first place where one of the phrases begins, on one line, without control characters. */
export function snippet(text: string, phrases: readonly Phrase[]): string {
  const line = oneLine(text);
  if (line.length <= longest) return line;
  const at = placeOf(line, phrases);
  const start = at <= before ? 0 : boundaryBefore(line, atWord(line, at - before));
  const end = boundaryBefore(line, start + longest);
  const piece = line.slice(start, end);
  return `${start > 0 ? '…' : ''}${piece}${end < line.length ? '…' : ''}`;
}

function placeOf(line: string, phrases: readonly Phrase[]): number {
  const { folded, origins } = foldAll(line.slice(0, lookedAt));
  const places = phrases.map(({ words }) => folded.indexOf(words.split(' ')[0] ?? '')).filter((place) => place >= 0);
  return places.length === 0 ? 0 : (origins?.[Math.min(...places)] ?? Math.min(...places));
}

/** Lower case without accents; where lengths differ, `origins` says for each unit where it was. */
function foldAll(text: string): { folded: string; origins: readonly number[] | undefined } {
  if (/^\p{ASCII}*$/u.test(text)) return { folded: text.toLowerCase(), origins: undefined };
  const origins: number[] = [];
  let folded = '';
  let at = 0;
  for (const character of text) {
    const plain = withoutAccents(character);
    folded += plain;
    for (let i = 0; i < plain.length; i++) origins.push(at);
    at += character.length;
  }
  return { folded, origins };
}

function atWord(line: string, from: number): number {
  const space = line.indexOf(' ', from);
  return space >= 0 && space < from + before ? space + 1 : from;
}
