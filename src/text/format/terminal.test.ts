import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayWidth } from '../width.ts';
import { formatTerminal } from './terminal.ts';

const plain = (markdown: string, width = 40) => formatTerminal(markdown, { width, color: false });

test('paragraphs are wrapped at words, marks of Markdown are gone', () => {
  expect(plain('Some **bold** and _slanted_ words that do not fit into one line')).toBe(
    'Some bold and slanted words that do not\nfit into one line',
  );
});

test('lists keep their marks, nesting and boxes', () => {
  expect(plain('- one\n  - two\n- [x] done\n\n3. three\n4. four')).toBe(
    '• one\n  • two\n• [x] done\n\n3. three\n4. four',
  );
});

test('code keeps its lines', () => {
  expect(plain('```js\nif (a) {\n    b();\n}\n```\nand `c`')).toBe('  if (a) {\n      b();\n  }\n\nand c');
});

test('quotes, rules and links can be read', () => {
  expect(plain('> said\n\n---\n\n[here](https://a.b) <https://c.d>')).toBe(
    `│ said\n\n${'─'.repeat(40)}\n\nhere (https://a.b) https://c.d`,
  );
});

test('a table stands in columns, or line by line where it does not fit', () => {
  const table = '| city | no |\n|---|---|\n| 東京 | 1 |\n| Berlin | 22 |';
  expect(plain(table)).toBe('city    no\n──────  ──\n東京    1\nBerlin  22');
  const wide = plain(`| city | text |\n|---|---|\n| Rome | ${'word '.repeat(20)}|`, 30);
  expect(wide.split('\n').slice(0, 2)).toEqual(['city: Rome', 'text: word word word word word']);
});

test('colour adds escape sequences and nothing else', () => {
  const markdown = '# One\n\n**two** `three`\n\n> four';
  const coloured = formatTerminal(markdown, { width: 40, color: true });
  expect(coloured).toContain('\u001b[1mtwo\u001b[0m');
  expect(stripVTControlCharacters(coloured)).toBe(plain(markdown));
});

test('no control character of the text reaches the terminal', () => {
  expect(plain('a\u001b[31mb\u0007c\u009bd\r\ne&#27;[31m `&#7;`')).toBe('a[31mbcd\ne&#27;[31m &#7;');
  expect(plain('&#x1b;[2J [x](https://a&#27;b) ![&#27;](c) <b t="&#27;">\n\n```\n&#27;\n```')).not.toContain('\u001b');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(plain(text)).not.toMatch(/(?![\t\n])\p{Cc}/u);
    }),
  );
});

test('width counts wide characters, emoji and joining marks', () => {
  expect(['abc', '世界', '👩‍💻', 'é'.normalize('NFD'), '', 'a\u200bb'].map(displayWidth)).toEqual([3, 4, 2, 1, 0, 2]);
});

test('what is no Markdown comes out as it was written', () => {
  expect(plain('1 &lt; 2 **&quot;x&quot;** <b>no tag</b>', 60)).toBe('1 &lt; 2 &quot;x&quot; <b>no tag</b>');
  expect(plain('Shopping list:\nmilk\n  or tea\nbread')).toBe('Shopping list:\nmilk\n  or tea\nbread');
});
