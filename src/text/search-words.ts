/** Words that must stand beside each other in this order. */
export interface Phrase {
  readonly words: string;
  /** More letters may follow the last one. */
  readonly open: boolean;
}

// Scripts that are written without spaces, or whose words grow without one: each character is found by itself.
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Extended_Pictographic}々ー]\p{M}*/gu;
// What the index takes for part of a word.
const wordly = /[\p{L}\p{N}\p{M}\p{Co}\p{So}]/u;
/** More phrases than anybody looks for. */
const mostPhrases = 16;
/** With fewer letters nearly every word is a longer form of it. */
const openFrom = 3;

/** A text as the index is given it, and what is looked for in it: case and accents are the index's own affair. */
export function searchable(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFKC')
    .replace(/[ßẞ]/g, 'ss')
    .replace(/\p{Cc}/gu, ' ')
    .replace(unspaced, ' $& ');
}

/** What a person looks for: words, "phrases in quotation marks", and as last word the beginning of one. */
export function phrasesOf(query: string): Phrase[] {
  const parts = query.replace(/[“”„«»「」]/g, '"').matchAll(/"([^"]*)"?|[^\s"]+/g);
  const phrases = [...parts].map(([all, quoted]) => ({ words: words(quoted ?? all), quoted: quoted !== undefined }));
  const known = phrases.filter(({ words }) => wordly.test(words)).slice(0, mostPhrases);
  return known.map(({ words, quoted }, i) => ({ words, open: i === known.length - 1 && !quoted && mayGrow(words) }));
}

function words(text: string): string {
  return searchable(text).replaceAll('"', ' ').replace(/\s+/g, ' ').trim();
}

function mayGrow(text: string): boolean {
  const [last = ''] = /[\p{L}\p{N}\p{M}]*$/u.exec(text) ?? [];
  return [...last].length >= openFrom;
}
