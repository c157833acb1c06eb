// What a person reads on Telegram of a Markdown text, by somebody else than who wrote it: the stand-in's own reader.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { richLimits, richMessage, simpleMessages } from '../../src/channels/telegram/render.ts';
import { splitMarkdown } from '../../src/text/split.ts';
import type { FaultOrder } from '../fixtures/bot-api/faults.ts';
import { readingOf } from '../fixtures/bot-api/reads.ts';
import { readRich, richInput } from '../fixtures/bot-api/rich.ts';
import { format } from '../fixtures/bot-api/text.ts';
import { campaign, soup, written } from '../fixtures/markdown.ts';
import { openTelegram } from '../fixtures/telegram.ts';

const message = { message_id: 1, date: 1, chat: { id: 1, type: 'private' } } as const;

function ofRich(markdown: string): string {
  const form = richInput.parse(richMessage(markdown));
  return readingOf({ ...message, rich_message: { blocks: readRich(form) } }).text;
}

/** As one message, however long: where it is cut is not asked here. */
function ofMessage(markdown: string, mode: 'HTML' | undefined): string {
  const [one] = simpleMessages(markdown, 1_000_000);
  const { text, entities } = format((mode ? one?.html : one?.plain) ?? '', mode);
  return readingOf({ ...message, text, entities }).text;
}

/** Lines with words, without the bars of quotations, rules, and white space at the ends. Too deep for a list, an item has a dash. */
const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) =>
      line
        .replace(/^(?:│ ?)+/, '')
        .trim()
        .replace(/^- /, '• '),
    )
    .filter((line) => line !== '' && line !== '———');

test('of a rich message every line is read as it was written, bullets and numbers with it', () => {
  fc.assert(
    fc.property(written, ({ markdown, labelled }) => {
      expect(linesOf(ofRich(markdown))).toEqual(linesOf(labelled.join('\n').replaceAll('\t', ' | ')));
    }),
    campaign('rich, read by the stand-in', 500),
  );
});

test('without rich messages the same lines are read, as HTML and as plain text with the addresses of links', () => {
  // Tables are columns or records there: their cells are looked for in the renderer's own test.
  const tableless = written.filter(({ lines }) => !lines.some((line) => line.includes('\t')));
  fc.assert(
    fc.property(tableless, ({ markdown, labelled }) => {
      const expected = linesOf(labelled.join('\n'));
      expect(linesOf(ofMessage(markdown, 'HTML'))).toEqual(expected);
      const plain = ofMessage(markdown, undefined).replace(/ \(https:\/\/example\.org\/a[.?][^\s()]*\)/g, '');
      expect(linesOf(plain)).toEqual(expected);
    }),
    campaign('HTML and plain, read by the stand-in', 500),
  );
});

test('whatever is written, Telegram takes it in both forms', () => {
  fc.assert(
    fc.property(soup, (text) => {
      for (const part of splitMarkdown(text, richLimits)) {
        for (const simple of [false, true]) readRich(richInput.parse(richMessage(part, { simple })));
        for (const { html } of simpleMessages(part)) format(html, 'HTML');
      }
    }),
    { ...campaign('taken by the stand-in', 500), examples: [['***'], ['> ---'], ['- ***'], ['1. > ***\n2. ---']] },
  );
});

const named = [
  'Shopping list:\nmilk\nbread\neggs',
  'Use a || b, or test x == 1 and y == 2 || z.',
  'Write to <your-name> at <host>, keep List<String> and Map<K, V>.',
  '$5 and $10, or $20',
  '#tag @name /path and user@example.org',
  '2 * 3 * 4, snake_case_name, __init__.py, ~20 min~ &amp; [^1]',
];

test.each([
  ['rich', undefined],
  ['HTML', { method: 'sendRichMessage', kind: '404' }],
  ['plain', { method: '*', kind: '400', match: ({ parse_mode: mode, rich_message: rich }) => Boolean(mode ?? rich) }],
] satisfies [string, FaultOrder | undefined][])(
  'what the channel itself sends is read as it was written: %s',
  async (_form, fault) => {
    await using telegram = await openTelegram();
    const { api } = telegram;
    if (fault) api.fault({ ...fault, times: Number.POSITIVE_INFINITY });
    const { chat } = telegram.ann();
    for (const text of [...named, '```md\n![alt](a.png)\n| a |\n```']) await telegram.send(chat, text);
    const sent = api.sent(chat);
    expect(sent.map(({ reads }) => reads.text)).toEqual([...named, '![alt](a.png)\n| a |']);
    expect(sent.every(({ rich }) => (rich === undefined) === (fault !== undefined))).toBe(true);
  },
);
