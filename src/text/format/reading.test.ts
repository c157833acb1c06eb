import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { campaign, soup, written } from '../../../test/fixtures/markdown.ts';
import { formatPlain } from './plain.ts';
import { formatTerminal } from './terminal.ts';

/** Without what stands around words: bars, bullets, numbers, boxes, rules, white space, and addresses behind a link. */
const bare = (text: string) =>
  text.replace(/^(?:[│•☐☑\s]|\[[ x]\]\s|\d{1,3}\.\s)+/gm, '').replace(/[─—\s]|\(https:\/\/[^\s()]*\)/g, '');

test('a person reads in a terminal and in a pipe what was written, marks or not', () => {
  fc.assert(
    fc.property(written, fc.constantFrom(40, 80, 500), ({ markdown, lines }, width) => {
      const shown = [
        formatTerminal(markdown, { width, color: false }),
        stripVTControlCharacters(formatTerminal(markdown, { width, color: true })),
        formatPlain(markdown, { tableWidth: width }),
      ].map(bare);
      for (const text of shown)
        for (const cell of lines.flatMap((line) => line.split('\t'))) expect(text).toContain(bare(cell));
    }),
    campaign('terminal and pipe'),
  );
});

test('whatever is written, nothing throws and no control character comes out', () => {
  fc.assert(
    fc.property(soup, (text) => {
      for (const shown of [formatTerminal(text, { width: 40, color: false }), formatPlain(text, { tableWidth: 80 })]) {
        expect(shown).not.toMatch(/(?![\t\n])\p{Cc}/u);
      }
    }),
    campaign('hostile in a terminal'),
  );
});

test('code in a pipe can be copied, a list and a quotation can be read', () => {
  const text =
    '# Do\n1. first\n   - nested\n2. then:\n   ```sh\n   npm test\n   ```\n> said\n\n- [x] done\n\n[here](https://a.b)';
  expect(formatPlain(text, { tableWidth: 80 })).toBe(
    'Do\n\n1. first\n   • nested\n2. then:\nnpm test\n\n│ said\n\n• ☑ done\n\nhere (https://a.b)',
  );
});
