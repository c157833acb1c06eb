import fc from 'fast-check';
import { expect, test } from 'vitest';
import { campaign, soup, written } from '../../test/fixtures/markdown.ts';
import { parseMarkdown } from './markdown/parse.ts';
import { printMarkdown, wordsOf } from './markdown/print.ts';
import type { Block } from './markdown/tree.ts';
import { splitBy, splitMarkdown } from './split.ts';

const squeezed = (text: string) => text.replace(/\s+/g, '');
const said = (markdown: string) => squeezed(wordsOf(parseMarkdown(markdown)));
const hostile = soup.filter((text) => text.isWellFormed());
const anyText = fc.oneof(
  written.map(({ markdown }) => markdown),
  hostile,
);

test('no part is longer than the limit, and none is blank, whatever the text and the limit', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 10, max: 200 }), (text, length) => {
      for (const part of splitMarkdown(text, { length })) {
        expect(part.length).toBeLessThanOrEqual(length);
        expect(part.trim()).not.toBe('');
      }
    }),
    campaign('limits'),
  );
});

test('the parts together say what the text says, cut at any length; nothing is lost and nothing comes twice', () => {
  // A table that is cut repeats its heading.
  const tableless = written.filter(({ markdown }) => !markdown.includes('|---|'));
  const whole = fc.tuple(
    tableless.map(({ markdown }) => markdown),
    fc.integer({ min: 250, max: 500 }),
  );
  // Below that a link comes with its address behind it, and an item with its mark as a word.
  const short = fc.tuple(
    hostile.filter((text) => !text.includes('](')),
    fc.integer({ min: 60, max: 200 }),
  );
  fc.assert(
    fc.property(fc.oneof(whole, short), ([text, length]) => {
      expect(splitMarkdown(text, { length }).map(said).join('')).toBe(said(text));
    }),
    campaign('nothing lost'),
  );
});

test('no character as people see it is cut in half', () => {
  const family = '👨‍👩‍👧‍👦';
  const text = fc.array(fc.constantFrom(family, '🇩🇪', 'e\u0301', 'नि', '👍🏽', 'ab', '東'), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(text, fc.integer({ min: 14, max: 60 }), (all, length) => {
      const graphemes = (one: string) => [...new Intl.Segmenter('en').segment(one)].map(({ segment }) => segment);
      expect(splitMarkdown(all.join(''), { length }).flatMap(graphemes)).toEqual(graphemes(all.join('')));
    }),
    campaign('graphemes'),
  );
});

test('a table that goes on repeats its heading; where its reader counts, 120 rows are one message', () => {
  const rows = Array.from({ length: 120 }, (_, n) => `| row number ${n} with words | value ${n} |`);
  const table = `| what | how much |\n|---|--:|\n${rows.join('\n')}`;
  expect(splitMarkdown(table, { length: 32_768, counts: 'shown', blocks: 500, columns: 20 })).toEqual([table]);
  const parts = splitMarkdown(table, { length: 1000 });
  expect(parts.length).toBeGreaterThan(4);
  const rest = parts.flatMap((part) => {
    expect(part).toMatch(/^\| what \| how much \|\n\|[ -]+\|[ -]+: \|\n\| row/);
    return part.split('\n').slice(2);
  });
  expect(rest).toEqual(rows);
});

test('code, lists, quotations and marks are whole on both sides of a cut', () => {
  const cut = (text: string, length: number) => splitMarkdown(text, { length });
  expect(cut('```js\naaaaaaaaaaaaaaaaaaaa\nbbbbbbbbbbbbbbbbbbbb\n```\nend', 38)).toEqual([
    '```js\naaaaaaaaaaaaaaaaaaaa\n```',
    '```js\nbbbbbbbbbbbbbbbbbbbb\n```\n\nend',
  ]);
  expect(cut('7. seven is long enough\n8. eight is long, too\n9. nine', 36)).toEqual([
    '7. seven is long enough',
    '8. eight is long, too\n9. nine',
  ]);
  expect(cut('> one quotation of words\n> that goes on for long', 30)).toEqual([
    '> one quotation of words',
    '> that goes on for long',
  ]);
  expect(cut('**these words are bold and [this is a link](https://a.b) too**', 44)).toEqual([
    '**these words are bold and**',
    '**[this is a link](https://a.b) too**',
  ]);
});

test('a text that fits is left alone, a blank one has no parts', () => {
  expect(splitMarkdown('  one\n\ntwo ', { length: 100 })).toEqual(['  one\n\ntwo ']);
  expect(splitMarkdown(' \n\n ', { length: 10 })).toEqual([]);
});

test('a text four times as long is four times the work to cut', () => {
  const work = [1, 4].map((times) => {
    const text = [
      'word *marked* and `code`\n'.repeat(300 * times),
      '- item of a list\n'.repeat(300 * times),
      `| a | b |\n|---|---|\n${'| one | two |\n'.repeat(300 * times)}`,
      'x'.repeat(5_000 * times),
    ].join('\n');
    let looked = 0;
    const measure = (block: Block) => {
      const length = printMarkdown([block]).length + 2;
      looked += length;
      return { length, blocks: 1 };
    };
    splitBy(text, { measure, room: { length: 1_000, blocks: 100_000 } });
    return looked;
  });
  expect(work[1]).toBeLessThan((work[0] ?? 0) * 5);
});
