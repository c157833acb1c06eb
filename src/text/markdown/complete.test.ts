import fc from 'fast-check';
import { expect, test } from 'vitest';
import { campaign, soup, written } from '../../../test/fixtures/markdown.ts';
import { completeMarkdown } from './complete.ts';
import { parseMarkdown } from './parse.ts';
import { wordsOf } from './print.ts';

test.each([
  ['hello **bol', 'hello **bol**'],
  ['see `npm te', 'see `npm te`'],
  ['**bold `cod', '**bold `cod`**'],
  ['> q **w', '> q **w**'],
  ['so **', 'so '],
  ['a [link](htt', 'a link'],
  ['2 * 3', '2 * 3'],
  ['```js\nx = **y', '```js\nx = **y'],
])('while it is written, %j is shown as %j', (partial, shown) => {
  expect(completeMarkdown(partial)).toBe(shown);
});

test('no beginning of a text throws, and none shows words that the text does not have', () => {
  const squeezed = (text: string) => wordsOf(parseMarkdown(text)).replace(/[\s*_~`[\]()!|:#>-]+/g, '');
  fc.assert(
    fc.property(
      fc.oneof(
        soup,
        written.map(({ markdown }) => markdown),
      ),
      fc.nat(),
      (text, place) => {
        const partial = text.slice(0, place % (text.length + 1));
        const letters = new Set(partial.toWellFormed());
        for (const letter of squeezed(completeMarkdown(partial)))
          expect(letters.has(letter) || letter === '\ufffd' || letter.charCodeAt(0) >= 0xd800).toBe(true);
      },
    ),
    campaign('beginnings'),
  );
});
