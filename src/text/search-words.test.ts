import { expect, test } from 'vitest';
import { phrasesOf, searchable } from './search-words.ts';
import { snippet } from './snippet.ts';

const said = (query: string) => phrasesOf(query).map(({ words, beginning }) => (beginning ? `${words}*` : words));

test.each([
  ['rain', ['rain*']],
  ['heavy  rain', ['heavy', 'rain*']],
  ['heavy "rain in May"', ['heavy', 'rain in may']],
  ['“rain in May” heavy', ['rain in may', 'heavy*']],
  ['"never closed', ['never closed']],
  ['an ox', ['an', 'ox']],
  ['a-b', ['a-b']],
  ['東京タワー', ['東 京 タ ワ ー']],
  ['iPhone手', ['iphone 手']],
  ['ｆｕｌｌ', ['full*']],
  ['STRAẞE', ['strasse*']],
  ['Ὀδυσσεύς', ['οδυσσευσ*']],
  ['İstanbul', ['istanbul*']],
  ['', []],
  ['"" - ( ) * : ^', []],
  ['a OR b* NOT (c) NEAR text:d', ['a', 'or', 'b*', 'not', '(c)', 'near', 'text:d']],
])('%j is looked for as %j', (query, phrases) => {
  expect(said(query)).toEqual(phrases);
});

test('nobody looks for more than sixteen phrases', () => {
  expect(phrasesOf('word '.repeat(100))).toHaveLength(16);
});

test('characters of scripts without spaces stand by themselves, others stay as they are', () => {
  expect(searchable('東京 is 2 big').split(/\s+/).filter(Boolean)).toEqual(['東', '京', 'is', '2', 'big']);
  expect(searchable('กินข้าว').trim().split(/\s+/)).toEqual(['กิ', 'น', 'ข้', 'า', 'ว']);
  expect(searchable('हिन्दी русский עברית')).toBe('हिन्दी русскии עברית');
});

test('a snippet shows what was looked for, on one line, whatever the text', () => {
  expect(snippet('short\n\ntext\u202e', [])).toBe('short text');
  const long = `${'fill '.repeat(100)}here is the Café${' more'.repeat(100)}`;
  const piece = snippet(long, phrasesOf('cafe'));
  expect(piece).toMatch(/^…fill .*the Café more.*…$/);
  expect(piece.length).toBeLessThanOrEqual(242);
  expect(snippet(long, phrasesOf('nowhere'))).toMatch(/^fill fill.*…$/);
  expect(snippet(`${'👍'.repeat(200)} end`, phrasesOf('end')).isWellFormed()).toBe(true);
});
