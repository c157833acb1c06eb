// What a person reads on Telegram, for every way to say it. The rules and their documents stand in test/fixtures/bot-api.
import { expect, test } from 'vitest';
import { botByHand } from '../fixtures/bot-api/by-hand.ts';

const markdown = (source: string) => ({ rich_message: { markdown: source } });
const html = (source: string) => ({ rich_message: { html: source } });
const blocks = (...list: object[]) => ({ rich_message: { blocks: list } });

test.each<[what: string, params: object, text: string, marks?: string[]]>([
  ['plain text as it is', { text: ' a *b* <c>\n d ' }, 'a *b* <c>\n d'],
  [
    'what is found without being asked for',
    { text: 'see https://x.y/z. or README.md @name #tag1 $USD /cmd@bot a@b.org +12345678901 x@y' },
    'see https://x.y/z. or README.md @name #tag1 $USD /cmd@bot a@b.org +12345678901 x@y',
    [
      'url:https://x.y/z',
      'url:README.md',
      'mention:@name',
      'hashtag:#tag1',
      'cashtag:$USD',
      'bot_command:/cmd@bot',
    ].concat(['email:a@b.org', 'phone_number:+12345678901']),
  ],
  [
    'HTML, nested and decoded',
    {
      text: '<b>a<i>b</i></b> &lt;x&gt; <a href="https://x.y/?a=1&amp;b=2">l</a> &copy; 😀<u>u</u>',
      parse_mode: 'HTML',
    },
    'ab <x> l &copy; 😀u',
    ['bold:ab', 'italic:b', 'text_link:l', 'underline:u'],
  ],
  [
    'MarkdownV2',
    { text: '*a _b_* `c\\`` ||d|| [e](https://x.y/\\)) 1\\. __f__\n>q\n```ts\ng\n```', parse_mode: 'MarkdownV2' },
    'a b c` d e 1. f\nq\ng',
    ['bold:a b', 'italic:b', 'code:c`', 'spoiler:d', 'text_link:e', 'underline:f', 'blockquote:q', 'pre:g'],
  ],
  ['rich Markdown: a line break is a blank', markdown('Shopping:\nmilk\nbread  \neggs'), 'Shopping: milk bread\neggs'],
  [
    'rich Markdown: marks and tags nobody meant',
    markdown('a || b, x == 1 and y == 2 || <your-name> List<String> costs $5 or $10'),
    'a  b, x  1 and y  2  List costs 5 or 10',
    ['spoiler: b, x  1 and y  2 ', 'marked: 1 and y ', 'mathematical_expression:5 or '],
  ],
  [
    'rich Markdown: escaped, it is what it says',
    markdown('a \\|\\| b \\=\\= c \\$5 &lt;x&gt; \\*y\\* 2 * 3 * 4 a_b_c'),
    'a || b == c $5 <x> *y* 2 * 3 * 4 a_b_c',
  ],
  [
    'rich Markdown: lists, tables, quotations, code, rules',
    markdown(
      '# H\n- a\n  1. b\n- [x] c\n\n| d | e |\n|-|-|\n| **f** | g |\n\n> h\n> i\n\n```ts\nlet j;\n\nk\n```\n---\n*l*',
    ),
    'H\n• a\n  1. b\n☑ c\nd | e\nf | g\nh i\nlet j;\n\nk\nl',
    ['bold:f', 'italic:l'],
  ],
  [
    'rich HTML: white space is one blank, <br> a line',
    html('<p>a\n  b<br>c <mark>d</mark></p><ol start="3"><li>e</li></ol><pre>f\n g</pre>'),
    'a b\nc d\n3. e\nf\n g',
    ['marked:d'],
  ],
  [
    'blocks: every character as given, but entities are found',
    blocks(
      { type: 'paragraph', text: ['a || b <c>\nd @name ', { type: 'bold', text: '*e*' }] },
      { type: 'list', items: [{ blocks: [{ type: 'paragraph', text: 'f' }], value: 7 }] },
      { type: 'pre', text: '@g', language: 'ts' },
    ),
    'a || b <c>\nd @name *e*\n7. f\n@g',
    ['mention:@name', 'bold:*e*'],
  ],
  [
    'blocks: nothing is found when that is asked for',
    { rich_message: { blocks: [{ type: 'paragraph', text: '@name #tag' }], skip_entity_detection: true } },
    '@name #tag',
  ],
])('%s', async (_, params, text, marks = []) => {
  await using by = await botByHand();
  await by.send('rich_message' in params ? 'sendRichMessage' : 'sendMessage', params);
  const [{ reads } = { reads: undefined }] = by.api.chat(by.chat).messages;
  expect(reads?.text).toBe(text);
  expect(reads?.marks.map((mark) => `${mark.type}:${mark.text}`).sort()).toEqual([...marks].sort());
  if (!/\|/.test(text)) for (const mark of reads?.marks ?? []) expect(text.slice(mark.offset)).toContain(mark.text);
});

test('blocks are named from the outside in, with their cells and languages', async () => {
  await using by = await botByHand();
  await by.send('sendRichMessage', markdown('> a\n>\n> - b\n\n| c | d |\n|-|-|\n| e | f |\n\n```ts\ng\n```'));
  expect(by.api.chat(by.chat).messages[0]?.reads.blocks).toMatchObject([
    { type: 'blockquote', depth: 1, text: 'a\n• b' },
    { type: 'paragraph', depth: 2 },
    { type: 'list', depth: 2 },
    { type: 'paragraph', depth: 3, text: 'b' },
    {
      type: 'table',
      cells: [
        ['c', 'd'],
        ['e', 'f'],
      ],
    },
    { type: 'pre', language: 'ts', text: 'g' },
  ]);
});

const many = (count: number, one: (n: number) => string, between = '\n\n') =>
  Array.from({ length: count }, (_, n) => one(n)).join(between);
const row = (cells: number) => `|${'a|'.repeat(cells)}\n|${'-|'.repeat(cells)}\n`;
const rich = (source: string) => ['sendRichMessage', markdown(source)] as const;
const say = (params: object) => ['sendMessage', params] as const;

test.each<[what: string, call: readonly [method: string, params: object], description: RegExp | undefined]>([
  ['4096 characters, whatever their units', say({ text: '𝒳'.repeat(4096) }), undefined],
  ['4096 after parsing', say({ text: `<b>${'x'.repeat(4096)}</b>`, parse_mode: 'HTML' }), undefined],
  ['one more', say({ text: 'x'.repeat(4097) }), /^message is too long$/],
  ['nothing', say({ text: ' \n ' }), /^message text is empty$/],
  [
    'an open tag',
    say({ text: '<b>x', parse_mode: 'HTML' }),
    /entities: Can't find end tag corresponding to start tag "b"$/,
  ],
  ['an end alone', say({ text: 'x</b>', parse_mode: 'HTML' }), /Unexpected end tag at byte offset 1$/],
  ['ends crossed', say({ text: '<b>é<i>x</b></i>', parse_mode: 'HTML' }), /offset 9, expected "<\/i>", found "<\/b>"$/],
  ['an unknown tag', say({ text: '<p>x</p>', parse_mode: 'HTML' }), /Unsupported start tag "p" at byte offset 0$/],
  ['less than', say({ text: '1 < 2', parse_mode: 'HTML' }), /Unsupported start tag "" at byte offset 2$/],
  [
    'a reserved character',
    say({ text: '1.5', parse_mode: 'MarkdownV2' }),
    /Character '.' is reserved and must be escaped/,
  ],
  ['an open mark', say({ text: 'é `a', parse_mode: 'MarkdownV2' }), /Can't find end of Code entity at byte offset 3$/],
  [
    'half a character',
    say({ text: '😀', entities: [{ type: 'bold', offset: 1, length: 1 }] }),
    /middle of a UTF-16 symbol/,
  ],
  [
    'an entity too far',
    say({ text: 'x', entities: [{ type: 'bold', offset: 0, length: 2 }] }),
    /after the end of the text/,
  ],
  ['32768 rich characters', rich('x'.repeat(32_768)), undefined],
  ['one more rich', rich('x'.repeat(32_769)), /too long/],
  ['500 blocks', rich(many(500, (n) => `p${n}`)), undefined],
  ['501 with their items', rich(many(250, (n) => `- p${n}`, '\n')), /too many blocks/],
  ['20 columns', rich(row(20)), undefined],
  ['21 columns', rich(row(21)), /columns/],
  ['15 quotations and their paragraph', rich(`${'>'.repeat(15)}x`), undefined],
  ['17 levels', rich(`${'>'.repeat(17)}x`), /deep/],
  ['rich nothing', rich(' '), /^RICH_MESSAGE_CONTENT_REQUIRED$/],
  ['two contents', ['sendRichMessage', { rich_message: { markdown: 'x', html: 'x' } }], /exactly one/],
  ['a picture from elsewhere', rich('![](https://example.com/x.jpg)'), /failed to get HTTP URL content/],
  ['an unknown tag in rich HTML', ['sendRichMessage', html('<blink>x</blink>')], /Unsupported start tag "blink"/],
  ['a block without its cells', ['sendRichMessage', blocks({ type: 'table' })], /Can't find field "cells"$/],
])('accepted or refused as documented: %s', async (_, [method, params], description) => {
  await using by = await botByHand();
  const said = await by.call(method, { chat_id: by.chat.id, ...params });
  expect(said.ok).toBe(description === undefined);
  if (description) expect(said.description?.replace(/^Bad Request: /, '')).toMatch(description);
});
