import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fenceAfter } from './fence.ts';
import { splitText } from './split.ts';

const bare = (text: string) => text.replace(/\s+/g, '');
const withoutFences = (text: string) => bare(text.replace(/^\s*(`{3,}|~{3,})(js|py)?\s*$/gm, ''));

const word = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '世', 'ß', '.', '*'), minLength: 1, maxLength: 12 });
const line = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
const lines = fc.array(line, { maxLength: 6 }).map((all) => all.join('\n'));
const fenced = fc
  .tuple(fc.constantFrom('```', '~~~', '````', '  ```'), fc.constantFrom('', 'js', 'py'), lines)
  .map(([marker, info, body]) => `${marker}${info}\n${body}\n${marker}`);
const markdown = fc.array(fc.oneof(lines, fenced), { maxLength: 8 }).map((blocks) => blocks.join('\n\n'));
const anything = fc.string({ unit: 'binary', maxLength: 400 });

test('no part is longer than the limit, whatever the text and the limit', () => {
  fc.assert(
    fc.property(fc.oneof(markdown, anything), fc.integer({ min: 2, max: 120 }), (text, limit) => {
      for (const part of splitText(text, limit)) {
        expect(part.length).toBeLessThanOrEqual(limit);
        expect(part.trim()).not.toBe('');
      }
    }),
  );
});

test('the parts together lose nothing but white space and repeated fence lines', () => {
  fc.assert(
    fc.property(markdown, fc.integer({ min: 40, max: 200 }), (text, limit) => {
      expect(withoutFences(splitText(text, limit).join('\n'))).toBe(withoutFences(text));
    }),
  );
});

test('text without fences loses nothing but white space at any limit, and no surrogate pair is cut', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 300 }).filter((t) => !/[`~]/.test(t) && t.isWellFormed());
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 50 }), (all, limit) => {
      const parts = splitText(all, limit);
      expect(bare(parts.join(''))).toBe(bare(all));
      for (const part of parts) expect(part.isWellFormed()).toBe(true);
    }),
  );
});

test('every part but the last closes the fences it opens', () => {
  fc.assert(
    fc.property(markdown, fc.integer({ min: 40, max: 200 }), (text, limit) => {
      for (const part of splitText(text, limit).slice(0, -1)) expect(fenceAfter(part, undefined)).toBeUndefined();
    }),
  );
});

test('a text that fits is left alone, a blank one has no parts', () => {
  expect(splitText('  one\n\ntwo ', 100)).toEqual(['  one\n\ntwo ']);
  expect(splitText(' \n\n ', 2)).toEqual([]);
  expect(splitText('', 100)).toEqual([]);
});

test('paragraphs stay whole when they can', () => {
  expect(splitText('one two three\n\nfour five six', 20)).toEqual(['one two three', 'four five six']);
});

test('a fence is kept whole when a border of blocks is near', () => {
  const code = '```js\nlet a = 1;\nlet b = 2;\n```';
  expect(splitText(`some words before it\n${code}\nafter`, 40)).toEqual(['some words before it', `${code}\nafter`]);
});

test('a fence that must be cut is closed and opened again with its language', () => {
  const parts = splitText('```js\naaaaaaaaaaaaaaaaaaaa\nbbbbbbbbbbbbbbbbbbbb\ncccccccccccccccccccc\n```\nend', 36);
  expect(parts).toEqual([
    '```js\naaaaaaaaaaaaaaaaaaaa\n```',
    '```js\nbbbbbbbbbbbbbbbbbbbb\n```',
    '```js\ncccccccccccccccccccc\n```\nend',
  ]);
});

test('a text of ten megabytes is split in linear time', () => {
  const parts = splitText('x'.repeat(10_000_000), 4096);
  expect(parts).toHaveLength(Math.ceil(10_000_000 / 4096));
  const words = 'word '.repeat(2_000_000);
  expect(splitText(words, 4096).join(' ') === words).toBe(true);
});

test('a fence longer than a message is cut like any other text', () => {
  const fence = '`'.repeat(100_000);
  const parts = splitText(fence, 4_000);
  expect(parts).toHaveLength(25);
  expect(parts.join('')).toBe(fence);
});
