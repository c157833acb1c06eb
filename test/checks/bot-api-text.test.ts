import { expect, test } from 'vitest';
import { openBotApi } from '../fixtures/bot-api/bot-api.ts';
import { call, send } from '../fixtures/bot-api/call.ts';

async function speaker() {
  const api = await openBotApi();
  const chat_id = api.privateChat(api.person('Ann')).id;
  return {
    api,
    say: (text: string, parse_mode?: string) => send(api, 'sendMessage', { chat_id, text, parse_mode }),
    refused: async (text: string, parse_mode: string) =>
      (await call(api, 'sendMessage', { chat_id, text, parse_mode })).description,
    rich: (rich_message: object) => call(api, 'sendRichMessage', { chat_id, rich_message }),
  };
}

test('HTML becomes text and entities', async () => {
  const { api, say } = await speaker();
  await using _ = api;
  expect(await say('<b>a<i>b</i></b> &lt;x&gt; <a href="https://x.y/?a=1&amp;b=2">l</a>', 'HTML')).toMatchObject({
    text: 'ab <x> l',
    entities: [
      { type: 'bold', offset: 0, length: 2 },
      { type: 'italic', offset: 1, length: 1 },
      { type: 'text_link', offset: 7, length: 1, url: 'https://x.y/?a=1&b=2' },
    ],
  });
  expect(await say('<pre><code class="language-ts">let a &lt; 1</code></pre>', 'html')).toMatchObject({
    text: 'let a < 1',
    entities: [{ type: 'pre', language: 'ts', offset: 0, length: 9 }],
  });
  expect(await say('😀 <b>x</b>', 'HTML')).toMatchObject({ entities: [{ type: 'bold', offset: 3, length: 1 }] });
});

test.each([
  ['<b>x', `Can't find end tag corresponding to start tag "b"`],
  ['x</b>', 'Unexpected end tag at byte offset 1'],
  ['<b>é<i>x</b></i>', 'Unmatched end tag at byte offset 9, expected "</i>", found "</b>"'],
  ['<p>x</p>', 'Unsupported start tag "p" at byte offset 0'],
  ['1 < 2', 'Unclosed start tag at byte offset 2'],
])('broken HTML is refused: %s', async (text, complaint) => {
  const { api, refused } = await speaker();
  await using _ = api;
  expect(await refused(text, 'HTML')).toBe(`Bad Request: can't parse entities: ${complaint}`);
});

test('MarkdownV2 becomes text and entities', async () => {
  const { api, say } = await speaker();
  await using _ = api;
  expect(await say('*a _b_* `c\\`` ||d|| [e](https://x.y/\\)) 1\\. __f__', 'MarkdownV2')).toMatchObject({
    text: 'a b c` d e 1. f',
    entities: [
      { type: 'bold', offset: 0, length: 3 },
      { type: 'italic', offset: 2, length: 1 },
      { type: 'code', offset: 4, length: 2 },
      { type: 'spoiler', offset: 7, length: 1 },
      { type: 'text_link', offset: 9, length: 1, url: 'https://x.y/)' },
      { type: 'underline', offset: 14, length: 1 },
    ],
  });
  expect(await say('```ts\nlet a = b.c;\n```', 'MarkdownV2')).toMatchObject({
    text: 'let a = b.c;',
    entities: [{ type: 'pre', language: 'ts' }],
  });
  expect(await say('*a* 1.5 x_y\\_', 'Markdown').catch((error: Error) => error.message)).toContain("Can't find end");
  expect(await say('*a* 1.5!', 'Markdown')).toMatchObject({ text: 'a 1.5!', entities: [{ type: 'bold' }] });
});

test.each([
  ['1.5', `Character '.' is reserved and must be escaped with the preceding '\\'`],
  ['a - b', `Character '-' is reserved and must be escaped with the preceding '\\'`],
  ['*a', "Can't find end of Bold entity at byte offset 0"],
  ['é `a', "Can't find end of Code entity at byte offset 3"],
  ['a ) b', `Character ')' is reserved and must be escaped with the preceding '\\'`],
])('broken MarkdownV2 is refused: %s', async (text, complaint) => {
  const { api, refused } = await speaker();
  await using _ = api;
  expect(await refused(text, 'MarkdownV2')).toBe(`Bad Request: can't parse entities: ${complaint}`);
});

test('rich Markdown becomes blocks, and is read without its formatting', async () => {
  const { api, rich } = await speaker();
  await using _ = api;
  const markdown =
    '# Plan\n\nSome **bold** `x`\n\n1. one\n2. two\n\n- [x] done\n\n| a | b |\n|--|:-:|\n| 1 | 2 |\n\n```ts\nlet a;\n```\n\n---';
  const { result } = await rich({ markdown });
  expect(result).toMatchObject({
    rich_message: {
      blocks: [
        { type: 'heading', text: 'Plan', size: 1 },
        { type: 'paragraph', text: ['Some ', { type: 'bold', text: 'bold' }, ' ', { type: 'code', text: 'x' }] },
        {
          type: 'list',
          items: [
            { label: '1.', value: 1, blocks: [{ type: 'paragraph', text: 'one' }] },
            { label: '2.', value: 2 },
          ],
        },
        { type: 'list', items: [{ has_checkbox: true, is_checked: true }] },
        {
          type: 'table',
          cells: [
            [{ is_header: true }, { align: 'center' }],
            [{ text: '1' }, { text: '2' }],
          ],
        },
        { type: 'pre', text: 'let a;', language: 'ts' },
        { type: 'divider' },
      ],
    },
  });
  const [seen] = api.sent(Number(api.log[0]?.chatId));
  expect(seen?.rich).toBe(markdown);
  expect(seen?.text.split('\n').slice(0, 2)).toEqual(['Plan', 'Some bold x']);
});

test('rich messages have limits: text, blocks, columns, depth, one content', async () => {
  const { api, rich } = await speaker();
  await using _ = api;
  const refused = async (message: object) => (await rich(message)).ok === false;
  const lines = (count: number) => Array.from({ length: count }, (_, n) => `p${n}`).join('\n\n');
  expect(await refused({ markdown: 'x'.repeat(32_768) })).toBe(false);
  expect(await refused({ markdown: 'x'.repeat(32_769) })).toBe(true);
  expect(await refused({ markdown: lines(500) })).toBe(false);
  expect(await refused({ markdown: lines(501) })).toBe(true);
  const row = (cells: number) => `|${'a|'.repeat(cells)}\n|${'-|'.repeat(cells)}\n`;
  expect(await refused({ markdown: row(20) })).toBe(false);
  expect(await refused({ markdown: row(21) })).toBe(true);
  expect(await refused({ markdown: `${'>'.repeat(15)}x` })).toBe(false);
  expect(await refused({ markdown: `${'>'.repeat(17)}x` })).toBe(true);
  expect(await refused({ markdown: 'x', html: 'x' })).toBe(true);
  expect(await refused({ markdown: '' })).toBe(true);
  expect(await refused({ markdown: '![](https://example.com/x.jpg)' })).toBe(true);
  expect(await refused({ html: '<h1>Title</h1><p>Text</p>' })).toBe(false);
});
