import fc from 'fast-check';
import { expect, test } from 'vitest';
import { campaign, soup, written } from '../../../test/fixtures/markdown.ts';
import { countRich, readHtml, readRich } from '../../../test/fixtures/reader.ts';
import { splitMarkdown } from '../../text/split.ts';
import { caption, captionLength, richLimits, richMessage, simpleMessages } from './render.ts';

const lines = (all: readonly string[]) =>
  all.map((line) => line.replace(/\u00a0/g, ' ').trim()).filter((line) => line !== '');
const read = (markdown: string) => lines(readRich(richMessage(markdown)));
/** Without what a list, a quotation or a table puts around words, and without white space. */
const bare = (text: string) => text.replace(/\s|\(https:\/\/[^\s()]*\)/g, '');

test('every cell that was written is read without rich messages, as HTML and as plain text', () => {
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

test.each([
  ['Shopping list:\nmilk\nbread\neggs'],
  ['Use a || b, or test x == 1 and y == 2. Write to <your-name> at <host>, keep List<String>.'],
  ['$5 and $10, $x$, \\(a_1\\), [^1] #tag @name /path <tag> &amp; ~20 min~ snake_case_name 2 * 3 * 4'],
  ['1986. A great year\n+ 5 points\n>:( and >>> print(1)\n[^1]: a note\n[12:30]: lunch\n[Anna]: hello'],
  ['[x](javascript:alert(1)) [y](tg://user?id=1) [z](file:///etc/passwd) [w](/workspace/report.pdf) ![alt](a.png)'],
  ['SELECT *, count(*) FROM t, and __init__.py, x**2 + y**2, *.txt and *.md'],
  ['- no\n-\n*\n#\n>'],
])('exactly these characters: %j', (text) => {
  expect(read(text.replace(/^- no\n/, ''))).toEqual(text.replace(/^- no\n/, '').split('\n'));
});

test('nothing is fetched, pressed or detected that was only written', () => {
  const text =
    '![a picture](https://example.org/a.png) <tg-button type="callback_data">x</tg-button> @ann #tag /new /old';
  const message = richMessage(text, { commands: ['new'] });
  expect(message).toMatchObject({ skip_entity_detection: true });
  expect(message.blocks).toEqual([
    {
      type: 'paragraph',
      text: [
        { type: 'url', text: 'a picture', url: 'https://example.org/a.png' },
        ' <tg-button type="callback_data">x</tg-button> @ann #tag ',
        { type: 'bot_command', text: '/new', bot_command: '/new' },
        ' /old',
      ],
    },
  ]);
});

test('words that look like another address than the one they lead to come with the true one', () => {
  expect(read('[https://bank.com](https://evil.example/x)')).toEqual(['https://bank.com (https://evil.example/x)']);
  expect(read('[bank.com/login](https://evil.example/x)')).toEqual(['bank.com/login (https://evil.example/x)']);
  expect(read('[ann@bank.com](mailto:eve@evil.example)')).toEqual(['ann@bank.com (mailto:eve@evil.example)']);
  expect(read('[example.org](https://www.example.org/a) and [here](https://a.b)')).toEqual(['example.org and here']);
});

test('an answer about Markdown keeps its form, the fence stays a fence', () => {
  const { blocks = [] } = richMessage('**How** to:\n```md\n![alt](a.png)\n| a |\n```');
  expect(blocks.map((block) => block.type)).toEqual(['paragraph', 'pre']);
});

test('a table of 120 rows is one message; one of 25 columns and ten lists in each other can be read', () => {
  const row = (cells: number, n: number) => `|${Array.from({ length: cells }, (_, c) => ` ${n}.${c} |`).join('')}`;
  const table = (columns: number, rows: number) =>
    [
      row(columns, 0),
      `|${'---|'.repeat(columns)}`,
      ...Array.from({ length: rows }, (_, n) => row(columns, n + 1)),
    ].join('\n');
  expect(splitMarkdown(table(3, 120), richLimits)).toHaveLength(1);
  expect(richMessage(table(3, 120)).blocks).toMatchObject([{ type: 'table', cells: { length: 121 } }]);
  expect(read(table(25, 2)).at(-1)).toBe('0.24: 2.24');
  const nested = Array.from({ length: 12 }, (_, n) => `${'  '.repeat(n)}- level ${n}`).join('\n');
  expect(bare(read(nested).join(''))).toContain('level11');
  expect(countRich(richMessage(nested)).levels).toBeLessThanOrEqual(16);
});

test('a caption has its marks; a longer one is a message of its own', () => {
  expect(caption('**So** & `code` <b>')).toEqual({
    html: '<b>So</b> &amp; <code>code</code> &lt;b&gt;',
    plain: 'So & code <b>',
  });
  expect(caption(`**${'x'.repeat(captionLength)}**`)).toMatchObject({ plain: 'x'.repeat(captionLength) });
  expect(caption('x'.repeat(captionLength + 1))).toBeUndefined();
});

test('a narrow table stands in columns of fixed width, a wide one as lines with its headings', () => {
  const [narrow] = simpleMessages('| a | b |\n|---|---|\n| one | 2 |');
  expect(narrow).toEqual({ html: '<pre>a    b\n───  ─\none  2</pre>', plain: 'a: one\nb: 2' });
  const [wide] = simpleMessages(`| a | b |\n|---|---|\n| one | ${'word '.repeat(10)}|`);
  expect(wide?.html).toBe(`a: one\nb: ${'word '.repeat(10).trim()}`);
});

test('text from right to left is shown so', () => {
  expect(richMessage('**مرحبا** Ann').is_rtl).toBe(true);
  expect(richMessage('Ann says مرحبا').is_rtl).toBeUndefined();
});

test.each([
  ['see https://youtu.be/dQw4w9WgXc_', 'https://youtu.be/dQw4w9WgXc_'],
  ['see https://youtu.be/dQw4w9WgXc_.', 'https://youtu.be/dQw4w9WgXc_'],
  ['snake_case at https://a.b/x_y_', 'https://a.b/x_y_'],
  ['_https://a.b/c_', 'https://a.b/c'],
  ['_see https://a.b/c_', 'https://a.b/c'],
  ['**https://a.b/c**', 'https://a.b/c'],
])('an underscore at the end of an address is part of it, unless it closes a mark: %s', (markdown, url) => {
  expect(JSON.stringify(richMessage(markdown))).toContain(JSON.stringify(url));
  expect(simpleMessages(markdown)[0]?.html).toContain(`<a href="${url}">`);
});
