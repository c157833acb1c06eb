import { expect, test } from 'vitest';
import { openTelegram, type TelegramUnderTest } from '../../../test/fixtures/telegram.ts';

function texts(telegram: TelegramUnderTest): string[] {
  return telegram.events.messages.map((message) => message.text);
}

test('starting takes a webhook away, keeps what waits, and shows the commands that Telegram can name', async () => {
  const commands = [
    { name: 'status', description: 'what I do' },
    { name: 'remote-control', description: 'has a dash' },
  ];
  await using telegram = await openTelegram({ idle: true, commands });
  const { api, events } = telegram;
  const { chat } = telegram.ann();
  api.say({ chat, text: 'while the host was down' });
  await telegram.start();
  await api.waitUntilIdle();
  expect(texts(telegram)).toEqual(['while the host was down']);
  await api.waitFor('the menu', () => api.commands !== undefined && JSON.stringify(api.commands) !== '[]');
  expect(api.commands).toEqual([{ command: 'status', description: 'what I do' }]);
  expect(api.calls('deleteWebhook').map((call) => call.params)).toEqual([{}]);
  expect(events.opened).toContain(undefined);
});

test('a chat is shown before its first message, once, and again when its name changes', async () => {
  await using telegram = await openTelegram();
  const { api, events } = telegram;
  const ann = api.person('Ann');
  const group = api.supergroup('Garden');
  api.join(group, ann);
  api.say({ chat: group, from: ann, text: 'hi' });
  api.say({ chat: group, from: ann, text: 'again' });
  await api.waitUntilIdle();
  const jid = `tg:${group.id}`;
  expect(events.chats).toEqual([{ jid, name: 'Garden', isGroup: true, addedBy: String(ann.id) }]);
  expect(texts(telegram)).toEqual(['hi', 'again']);
});

test('buttons come back as clicks, answered at once; a value that is too long is refused', async () => {
  await using telegram = await openTelegram();
  const { api, events } = telegram;
  const { chat, ann } = telegram.ann();
  const buttons = [
    { label: 'Yes', value: 'answer:yes' },
    { label: 'No', value: 'answer:no' },
    { label: 'Later', value: 'answer:later' },
  ];
  const id = await telegram.send(chat, 'Sure?', { buttons });
  expect(api.sent(chat)[0]?.buttons.map((row) => row.length)).toEqual([2, 1]);
  const click = api.click({ chat, message: id, data: 'Yes', from: ann });
  await api.waitFor('the answer to the click', () => api.clickAnswer(click));
  expect(events.messages).toMatchObject([{ kind: 'click', platformId: click, text: 'answer:yes' }]);
  const long = [{ label: 'x', value: 'ü'.repeat(33) }];
  await expect(telegram.send(chat, 'Sure?', { buttons: long })).rejects.toMatchObject({ code: 'channel.refused' });
});

test('drafts grow in private chats and end with the answer; groups are edited', async () => {
  await using telegram = await openTelegram();
  const { api, channel } = telegram;
  const { chat } = telegram.ann();
  const place = { jid: `tg:${chat.id}`, thread: undefined };
  expect(channel.streaming(place.jid)).toMatchObject({ type: 'draft' });
  expect(channel.streaming('tg:-100')).toMatchObject({ type: 'edit', everyMs: 3_100 });
  for (const text of ['So', 'So it', 'So it **goes**']) await channel.draft(place, { id: 3, text });
  const [draft] = api.chat(chat).drafts;
  expect(draft).toMatchObject({
    id: 3,
    shown: true,
    states: [{ text: 'So' }, { text: 'So it' }, { text: 'So it goes' }],
  });
  await telegram.send(chat, 'So it **goes**.');
  expect(api.chat(chat).drafts).toMatchObject([{ shown: false }]);
});

test('a server without drafts is not asked for them again', async () => {
  await using telegram = await openTelegram();
  const { api, channel } = telegram;
  const { chat } = telegram.ann();
  const place = { jid: `tg:${chat.id}`, thread: undefined };
  for (const method of ['sendRichMessageDraft', 'sendMessageDraft']) {
    api.fault({ method, kind: '404', description: 'Not Found: method not found', times: Number.POSITIVE_INFINITY });
  }
  await channel.draft(place, { id: 3, text: 'So' });
  expect(channel.streaming(place.jid)).toEqual({ type: 'none' });
  const asked = api.log.length;
  await channel.draft(place, { id: 3, text: 'So it' });
  expect(api.log.slice(asked).filter((call) => /Draft/.test(call.method))).toEqual([]);
});

test('only reactions that Telegram knows are sent, and one can be taken back', async () => {
  await using telegram = await openTelegram();
  const { api, channel } = telegram;
  const { chat } = telegram.ann();
  const { message_id: id } = api.say({ chat, text: 'hello' });
  const react = (emoji: string | undefined) =>
    channel.react({ jid: `tg:${chat.id}`, platformId: String(id), emoji }, AbortSignal.timeout(10_000));
  await react('❤️');
  expect(api.chat(chat).messages[0]?.reactions).toMatchObject([{ emoji: '❤' }]);
  await expect(react('🦖')).rejects.toMatchObject({ code: 'channel.refused' });
  expect(api.calls('setMessageReaction')).toHaveLength(1);
  await react(undefined);
  expect(api.chat(chat).messages[0]?.reactions).toEqual([]);
});

test('edits and reactions of people are heard', async () => {
  await using telegram = await openTelegram();
  const { api, events } = telegram;
  const { chat } = telegram.ann();
  const { message_id: id } = api.say({ chat, text: 'first' });
  api.say({ chat, text: 'second', edit: id });
  api.say({ chat, text: 'third', edit: id });
  const answer = await telegram.send(chat, 'ok');
  api.react({ chat, message: answer, emoji: '👍' });
  await api.waitUntilIdle();
  expect(events.messages).toMatchObject([
    { kind: 'message', platformId: String(id), text: 'first', revision: 0 },
    { kind: 'edit', platformId: String(id), text: 'second' },
    { kind: 'edit', platformId: String(id), text: 'third' },
    { kind: 'reaction', text: '👍', replyTo: { id: String(answer) } },
  ]);
  expect(new Set(events.messages.map((message) => message.revision)).size).toBe(4);
});

test('a refresh shows the chats it is asked about by the names they have now; one that is gone keeps the old one', async () => {
  await using telegram = await openTelegram();
  const { api, events, channel } = telegram;
  const { chat, ann } = telegram.ann();
  const group = api.supergroup('Garden');
  api.join(group, ann);
  await api.waitUntilIdle();
  events.chats.length = 0;
  await channel.refresh?.([`tg:${chat.id}`, 'tg:4711', `tg:${group.id}`, 'dc:1']);
  expect(events.chats).toEqual([
    { jid: `tg:${chat.id}`, name: 'Ann', isGroup: false },
    { jid: `tg:${group.id}`, name: 'Garden', isGroup: true },
  ]);
  expect(events.messages).toEqual([]);
});
