/** Words that must stand beside each other in this order. */
export interface Phrase {
  readonly words: string;
  /** The last of them where it may be the beginning of a longer one. */
  readonly beginning?: string | undefined;
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

/** A text as the index is given it, and what is looked for in it: lower case, without accents. */
export function searchable(text: string): string {
  return withoutAccents(text.toWellFormed())
    .replace(/\p{Cc}/gu, ' ')
    .replace(unspaced, ' $& ');
}

/** Letters that most people hold for the same become the same. May change the length. */
export function withoutAccents(text: string): string {
  if (/^\p{ASCII}*$/u.test(text)) return text.toLowerCase();
  const plain = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '');
  return plain.normalize('NFC').replaceAll('ß', 'ss').replaceAll('ς', 'σ');
}

/** What a person looks for: words, "phrases in quotation marks", and as last word the beginning of one. */
export function phrasesOf(query: string): Phrase[] {
  const parts = query.replace(/[“”„«»「」]/g, '"').matchAll(/"([^"]*)"?|[^\s"]+/g);
  const phrases = [...parts].map(([all, quoted]) => ({ words: words(quoted ?? all), quoted: quoted !== undefined }));
  const known = phrases.filter(({ words }) => wordly.test(words)).slice(0, mostPhrases);
  return known.map(({ words, quoted }, i) => {
    const beginning = i === known.length - 1 && !quoted ? beginningIn(words) : undefined;
    return { words, ...(beginning !== undefined && { beginning }) };
  });
}

function words(text: string): string {
  return searchable(text).replaceAll('"', ' ').replace(/\s+/g, ' ').trim();
}

function beginningIn(text: string): string | undefined {
  const [last = ''] = /[\p{L}\p{N}\p{M}]*$/u.exec(text) ?? [];
  return [...last].length >= openFrom ? last : undefined;
}
