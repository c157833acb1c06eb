import fc from 'fast-check';
import { expect, test } from 'vitest';
import { campaign, soup, written } from '../../../test/fixtures/markdown.ts';
import { countRich, readHtml, readRich } from '../../../test/fixtures/reader.ts';
import { splitMarkdown } from '../../text/split.ts';
import { caption, captionLength, messageLength, richLimits, richMessage, simpleMessages } from './render.ts';

const lines = (all: readonly string[]) =>
  all.map((line) => line.replace(/\u00a0/g, ' ').trim()).filter((line) => line !== '');
const read = (markdown: string) => lines(readRich(richMessage(markdown)));
/** Without what a list, a quotation or a table puts around words, and without white space. */
const bare = (text: string) => text.replace(/\s|\(https:\/\/[^\s()]*\)/g, '');

test('a person reads of a rich message the lines that were written, marks or not', () => {
  fc.assert(
    fc.property(written, ({ markdown, lines: expected }) => {
      expect(read(markdown)).toEqual(lines(expected));
    }),
    campaign('rich'),
  );
});

test('a person reads the same without rich messages, as HTML and as plain text', () => {
  fc.assert(
    fc.property(written, ({ markdown, lines: expected }) => {
      const messages = simpleMessages(markdown);
      for (const all of [messages.map(({ html }) => readHtml(html)), messages.map(({ plain }) => plain)]) {
        const text = bare(all.join('\n'));
        // A wide table says its headings again for each row: every cell is there, in order or not.
        for (const cell of expected.flatMap((line) => line.split('\t'))) expect(text).toContain(bare(cell));
      }
    }),
    campaign('html and plain'),
  );
});

test('whatever is written, every form is one that Telegram takes', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        soup,
        written.map(({ markdown }) => markdown),
      ),
      (text) => {
        for (const part of splitMarkdown(text, richLimits)) {
          for (const simple of [false, true]) {
            const { characters, blocks, levels, columns } = countRich(richMessage(part, { simple }));
            expect(characters).toBeLessThanOrEqual(32_768);
            expect(blocks).toBeGreaterThan(0);
            expect(blocks).toBeLessThanOrEqual(500);
            expect(levels).toBeLessThanOrEqual(16);
            expect(columns).toBeLessThanOrEqual(20);
          }
        }
        for (const { html, plain } of simpleMessages(text, 100)) {
          expect(readHtml(html).length).toBeLessThanOrEqual(100);
          expect(plain.length).toBeLessThanOrEqual(100);
        }
      },
    ),
    campaign('hostile'),
  );
});
