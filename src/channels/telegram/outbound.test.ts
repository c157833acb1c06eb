import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openTelegram } from '../../../test/fixtures/telegram.ts';
import { splitMarkdown } from '../../text/split.ts';

const directory = mkdtempSync(join(tmpdir(), 'telegram-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function fileOf(name: string, bytes: Uint8Array | string = 'some bytes', mime?: string) {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${name.replaceAll('/', '_')}-${Math.random()}`);
  writeFileSync(path, bytes);
  return { path, name, mime };
}

test('an answer is sent as rich Markdown in one call, as a reply, in its topic', async () => {
  await using telegram = await openTelegram();
  const { api } = telegram;
  const ann = api.person('Ann');
  const forum = api.supergroup('Forum', { forum: true });
  api.join(forum, ann);
  const topic = api.openTopic(forum, { from: ann, name: 'Tools' });
  const question = api.say({ chat: forum, from: ann, text: 'how?', topic });
  await api.waitUntilIdle();
  expect(telegram.events.messages[0]).toMatchObject({ text: 'how?', thread: String(topic) });
  const more = { thread: String(topic), replyTo: String(question.message_id) };
  const id = await telegram.send(forum, '**So**, with `code`', more);
  const [sent] = api.sent(forum);
  expect(sent).toMatchObject({ id, text: 'So, with code', topic, replyTo: question.message_id });
  expect(api.log.filter((call) => /^send/.test(call.method)).map((call) => call.method)).toEqual(['sendRichMessage']);
});

test.each([
  ['rich', 1, ['sendRichMessage', 'sendRichMessage']],
  ['rich in any way', 2, ['sendRichMessage', 'sendRichMessage', 'sendMessage']],
])('what is refused as %s goes in a plainer form, whole and still formatted', async (_, times, methods) => {
  await using telegram = await openTelegram();
  const { api } = telegram;
  const { chat } = telegram.ann();
  const description = 'Bad Request: RICH_MESSAGE_INVALID';
  using _odd = api.fault({ method: 'sendRichMessage', kind: '400', description, times });
  await telegram.send(chat, '**odd** one');
  const bold = { text: 'odd one', marks: [{ type: 'bold', offset: 0, text: 'odd' }] };
  expect(api.sent(chat)).toMatchObject([{ reads: bold }]);
  const sending = () => api.log.map(({ method }) => method).filter((method) => /^send(Rich)?Message$/.test(method));
  expect(sending()).toEqual(methods);
  // Only that one was odd.
  await telegram.send(chat, '**fine**');
  expect(sending()).toEqual([...methods, 'sendRichMessage']);
});

test('what is refused with tags as well goes without any', async () => {
  await using telegram = await openTelegram();
  const { api } = telegram;
  const { chat } = telegram.ann();
  using _rich = api.fault({ method: 'sendRichMessage', kind: '400', times: 2 });
  using _html = api.fault({ method: 'sendMessage', kind: '400' });
  await telegram.send(chat, '**odd** & <b>');
  expect(api.sent(chat)).toMatchObject([{ reads: { text: 'odd & <b>', marks: [] } }]);
});

test('a server without rich messages is asked for them once', async () => {
  await using telegram = await openTelegram();
  const { api } = telegram;
  const { chat } = telegram.ann();
  const order = { kind: '404', description: 'Not Found: method not found', times: Number.POSITIVE_INFINITY } as const;
  using _old = api.fault({ method: 'sendRichMessage', ...order });
  await telegram.send(chat, '*one*');
  await telegram.send(chat, '*two*');
  expect(api.sent(chat).map((message) => message.text)).toEqual(['one', 'two']);
  expect(api.calls('sendRichMessage')).toHaveLength(1);
});

const leak = 'https://example.com/?leak=1';
const richShape = z.object({
  blocks: z.array(z.looseObject({ type: z.string() })),
  skip_entity_detection: z.literal(true),
});

test.each([
  ['a picture', 'see ![x](https://example.com/?leak=1)'],
  ['a picture by reference', '![x][1]\n\n[1]: https://example.com/?leak=1'],
  ['a tag that loads', '<img src="https://example.com/?leak=1">'],
  ['a button of its own making', '<tg-button type="callback_data" data="yes">ok</tg-button>'],
])('nothing in an answer makes Telegram fetch an address or act: %s', async (_, text) => {
  await using telegram = await openTelegram();
  const { api } = telegram;
  const { chat } = telegram.ann();
  await telegram.send(chat, text);
  const params = api.calls('sendRichMessage')[0]?.params;
  const { rich_message: rich } = z.object({ rich_message: richShape }).parse(params);
  expect(new Set(rich.blocks.map((block) => block.type))).toEqual(new Set(['paragraph']));
  expect(JSON.stringify(rich)).not.toMatch(/"(?:photo|video|audio|animation|button|tg-button)"/);
  // A person sees what it was, and can follow it.
  const { text: reads = '', marks = [] } = api.sent(chat)[0]?.reads ?? {};
  expect(text.startsWith('<') ? reads : marks.map(({ url }) => url)).toContain(text.startsWith('<') ? text : leak);
});

test('code that only looks like a picture keeps its form', async () => {
  await using telegram = await openTelegram();
  const { chat } = telegram.ann();
  await telegram.send(chat, '```js\nif (![1, 2].includes(x) && a < b) run();\n```');
  expect(telegram.api.calls('sendRichMessage')).toHaveLength(1);
});

test('a topic that is gone: the answer comes without it', async () => {
  await using telegram = await openTelegram();
  const { api } = telegram;
  const ann = api.person('Ann');
  const forum = api.supergroup('Forum', { forum: true });
  api.join(forum, ann);
  const topic = api.openTopic(forum, { from: ann, name: 'Tools' });
  api.removeTopic(forum, topic);
  await telegram.send(forum, 'still here', { thread: String(topic) });
  expect(api.sent(forum)).toMatchObject([{ text: 'still here', topic: undefined }]);
});

test('a group that became a supergroup gets its answer there, and is shown under its new id', async () => {
  await using telegram = await openTelegram();
  const { api, events } = telegram;
  const ann = api.person('Ann');
  const group = api.group('Garden');
  api.join(group, ann);
  const now = api.upgrade(group, { by: ann });
  await telegram.send(group, 'late answer');
  expect(api.sent(now)).toMatchObject([{ text: 'late answer' }]);
  await api.waitUntilIdle();
  expect(new Set(events.chats.map((chat) => chat.jid))).toEqual(new Set([`tg:${group.id}`, `tg:${now.id}`]));
  expect(events.moved).toEqual([[`tg:${group.id}`, `tg:${now.id}`]]);
});

test('more than one message holds, with fences, split by the host, arrive as whole parts', async () => {
  await using telegram = await openTelegram();
  const { chat } = telegram.ann();
  const text = `Look:\n\n\`\`\`ts\n${'const answer = 42; // 🙂 & <b>\n'.repeat(1_300)}\`\`\`\n\nThat is all.`;
  expect(text.length).toBeGreaterThan(32_768);
  const parts = splitMarkdown(text, telegram.channel.capabilities.textLimits);
  expect(parts.length).toBe(2);
  for (const part of parts) await telegram.send(chat, part);
  const sent = telegram.api.sent(chat);
  expect(
    sent
      .map((message) => message.text)
      .join('')
      .match(/answer = 42/g),
  ).toHaveLength(1_300);
});

test('the longest part fits as plain text too, whatever it is made of', async () => {
  await using telegram = await openTelegram();
  const { api } = telegram;
  const { chat } = telegram.ann();
  using _odd = api.fault({ method: 'sendRichMessage', kind: '400', times: 2 });
  for (const text of ['x'.repeat(4096), '🙂'.repeat(2048)]) await telegram.send(chat, text);
  expect(api.sent(chat).map((message) => message.text.length)).toEqual([4096, 4096]);
});

test.each([
  ['a.png', 'photo'],
  ['a.ogg', 'voice'],
  ['a.mp3', 'audio'],
  ['a.mp4', 'video'],
  ['a.gif', 'animation'],
  ['a; "b".pdf', 'document'],
])('a file is shown as what it is: %s as %s', async (name, kind) => {
  await using telegram = await openTelegram();
  const { chat } = telegram.ann();
  await telegram.send(chat, 'here', { file: fileOf(name) });
  const [sent] = telegram.api.sent(chat);
  expect(sent).toMatchObject({ text: 'here', files: [{ kind, size: 10 }] });
});

test('a picture that Telegram does not take as one goes as a document', async () => {
  await using telegram = await openTelegram();
  const { api } = telegram;
  const { chat } = telegram.ann();
  using _odd = api.fault({ method: 'sendPhoto', kind: '400', description: 'Bad Request: PHOTO_INVALID_DIMENSIONS' });
  await telegram.send(chat, '', { file: fileOf('long.png') });
  expect(api.sent(chat)).toMatchObject([{ files: [{ kind: 'document' }] }]);
});

test('an edit changes the text, the same text is success, a caption is edited as one', async () => {
  await using telegram = await openTelegram();
  const { api, channel } = telegram;
  const { chat } = telegram.ann();
  const edit = (id: number, text: string) =>
    channel.edit(
      { jid: `tg:${chat.id}`, thread: undefined, platformId: String(id), text },
      AbortSignal.timeout(30_000),
    );
  const id = await telegram.send(chat, 'one');
  await edit(id, '**two**');
  await edit(id, '**two**');
  const withFile = await telegram.send(chat, 'caption', { file: fileOf('a.txt') });
  await edit(withFile, 'better');
  expect(api.sent(chat)).toMatchObject([
    { text: 'two', before: ['one'] },
    { text: 'better', before: ['caption'] },
  ]);
});

test('once a server is known to have no rich messages, a text is cut so that its parts can be edited', async () => {
  await using telegram = await openTelegram();
  const { api, channel } = telegram;
  const { chat } = telegram.ann();
  const order = { kind: '404', description: 'Not Found: method not found', times: Number.POSITIVE_INFINITY } as const;
  using _old = api.fault({ ...order, method: 'sendRichMessage' });
  const id = await telegram.send(chat, 'It begins');
  const text = Array.from(
    { length: 300 },
    (_, n) => `${n}. **a line** of the answer, with [a link](https://example.org/${n})`,
  ).join('\n');
  const [first = '', ...others] = splitMarkdown(text, channel.capabilities.textLimits);
  expect(others.length).toBeGreaterThan(1);
  const place = { jid: `tg:${chat.id}`, thread: undefined };
  await channel.edit({ ...place, platformId: String(id), text: first }, AbortSignal.timeout(30_000));
  for (const other of others) await telegram.send(chat, other);
  expect(api.sent(chat)).toHaveLength(1 + others.length);
  expect(
    api
      .sent(chat)
      .map((one) => one.text)
      .join('\n'),
  ).toContain('299. a line');
});
