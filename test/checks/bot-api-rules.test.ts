// What the stand-in for Telegram does beside texts. The rules and their documents stand in test/fixtures/bot-api.
import { expect, test } from 'vitest';
import { botByHand } from '../fixtures/bot-api/by-hand.ts';

const form = (fields: Record<string, string | Blob>) => {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  return made;
};
const png = (width: number, height: number) => {
  const bytes = new Uint8Array(24);
  bytes.set([0x89, 0x50, 0x4e, 0x47]);
  new DataView(bytes.buffer).setUint32(16, width);
  new DataView(bytes.buffer).setUint32(20, height);
  return new File([bytes], 'p.png');
};
const MB = 1024 * 1024;
const big = (size: number) => new File([new Uint8Array(size)], 'big.jpg');

test('refusals have the words of the server', async () => {
  await using by = await botByHand({ privateTopics: true });
  const { api, ann, chat } = by;
  const mine = (await by.send('sendMessage', { text: 'mine' })).message_id;
  const theirs = api.say({ chat, text: 'theirs' }).message_id;
  const topic = api.openTopic(chat, { from: ann, name: 'T' });
  api.closeTopic(chat, topic);
  const emoji = (...list: string[]) => list.map((one) => ({ type: 'emoji', emoji: one }));
  const key = (data: string) => ({ inline_keyboard: [[{ text: 'x', callback_data: data }]] });
  const file = api.say({ chat, document: { size: 20 * MB + 1, name: 'film.mkv' } }).document?.file_id;
  const refused: [method: string, params: object, description: string][] = [
    ['doMagic', {}, 'Not Found: method not found'],
    ['sendMessage', { chat_id: 12345, text: 'x' }, 'chat not found'],
    ['sendMessage', { text: 'x', message_thread_id: 77 }, 'message thread not found'],
    ['sendMessage', { text: 'x', message_thread_id: topic }, 'TOPIC_CLOSED'],
    ['sendMessage', { text: 'x', reply_parameters: { message_id: 99 } }, 'message to be replied not found'],
    ['sendMessage', { text: 'x', reply_markup: key('d'.repeat(65)) }, 'BUTTON_DATA_INVALID'],
    ['sendMessage', { text: 'x', reply_markup: key('') }, 'BUTTON_DATA_INVALID'],
    [
      'editMessageText',
      { message_id: mine, text: 'mine' },
      'message is not modified: specified new message content and',
    ],
    ['editMessageText', { message_id: 99, text: 'x' }, 'message to edit not found'],
    ['editMessageText', { message_id: theirs, text: 'x' }, "message can't be edited"],
    ['setMessageReaction', { message_id: 99, reaction: emoji('👍') }, 'message to react not found'],
    ['setMessageReaction', { message_id: theirs, reaction: emoji('❤️') }, 'REACTION_INVALID'],
    ['setMessageReaction', { message_id: theirs, reaction: emoji('👀', '👍') }, 'REACTIONS_TOO_MANY'],
    ['sendMessageDraft', { draft_id: 0, text: 'x' }, 'draft_id must be non-zero'],
    ['getFile', { file_id: file }, 'file is too big'],
    ['sendPhoto', form({ chat_id: String(chat.id), photo: big(10 * MB + 1) }), 'file of size'],
    ['sendPhoto', form({ chat_id: String(chat.id), photo: png(10_000, 1) }), 'PHOTO_INVALID_DIMENSIONS'],
    ['sendPhoto', form({ chat_id: String(chat.id), photo: png(2_100, 100) }), 'PHOTO_INVALID_DIMENSIONS'],
    ['sendDocument', form({ chat_id: String(chat.id), document: big(50 * MB + 1) }), 'Request Entity Too Large'],
  ];
  for (const [method, params, description] of refused) {
    const whole = params instanceof FormData ? params : { chat_id: chat.id, ...params };
    const { ok, ...said } = await by.call(method, whole);
    expect([method, ok, said.description?.replace('Bad Request: ', '').slice(0, description.length)]).toEqual([
      method,
      false,
      description,
    ]);
  }
  expect((await by.call('getMe', {}, { token: '1:wrong' })).description).toBe('Unauthorized');
  expect(api.sent(chat).map((one) => one.text)).toEqual(['mine']);
  await by.send('sendMessage', { text: 'x', reply_parameters: { message_id: 99, allow_sending_without_reply: true } });
  api.block(chat);
  expect((await by.call('sendMessage', { chat_id: chat.id, text: 'x' })).description).toBe(
    'Forbidden: bot was blocked by the user',
  );
});

test('files come and go to the byte, in a form, as JSON, in the address', async () => {
  await using by = await botByHand();
  const { api, chat } = by;
  const bytes = Buffer.from('--not\r\n\r\na boundary\r\n--\0\xff', 'latin1');
  const document = new File([bytes], 'a "strange" näme.bin', { type: 'application/x-thing' });
  await by.call('sendDocument', form({ chat_id: String(chat.id), caption: 'here', document }));
  const [{ files: [file] = [], text } = { files: [], text: '' }] = api.sent(chat);
  expect([text, file?.name, file?.mime, file?.bytes.equals(bytes)]).toEqual([
    'here',
    'a "strange" näme.bin',
    'application/x-thing',
    true,
  ]);
  const { result } = await by.call('getFile', { file_id: file?.id });
  const path = Object(result).file_path;
  expect(Buffer.from(await (await fetch(`${api.url}/file/bot${api.token}/${path}`)).arrayBuffer()).equals(bytes)).toBe(
    true,
  );
  await fetch(`${api.url}/bot${api.token}/SENDMESSAGE?chat_id=${chat.id}&text=four`);
  expect(api.sent(chat).at(-1)?.text).toBe('four');
});

test('an update is kept until a later offset confirms it, or for a day; one poller at a time, and none with a webhook', async () => {
  let now = 1_800_000_000_000;
  await using by = await botByHand({ now: () => now });
  const { api, chat } = by;
  for (const text of ['one', 'two', 'three']) api.say({ chat, text });
  api.react({ chat, message: 1, emoji: '👍' });
  const texts = async (params = {}) =>
    Object(await by.call('getUpdates', params)).result.map(
      ({ message }: { message: { text: string } }) => message.text,
    );
  expect(await texts()).toEqual(['one', 'two', 'three']);
  expect(await texts({ offset: 700_000_002, limit: 1 })).toEqual(['two']);
  expect(await texts({ offset: -1 })).toEqual(['three']);
  now += 24 * 3_600_000 + 1;
  expect(await texts()).toEqual([]);
  const first = by.call('getUpdates', { timeout: 50 });
  await api.waitFor('the first waits', () => api.polling);
  const second = by.call('getUpdates', { timeout: 50, allowed_updates: ['message', 'message_reaction'] });
  expect(await first).toMatchObject({
    status: 409,
    description: expect.stringMatching(/^Conflict: terminated by other/),
  });
  api.react({ chat, message: 1 });
  expect((await second).result).toMatchObject([{ message_reaction: { new_reaction: [] } }]);
  await by.call('setWebhook', { url: 'https://example.com' });
  expect((await by.call('getUpdates')).description).toContain('webhook is active');
});

test('drafts and typing vanish by themselves and with a message; an edit without a keyboard takes it away', async () => {
  let now = 1_800_000_000_000;
  await using by = await botByHand({ now: () => now });
  const { api, chat } = by;
  const shown = () => api.chat(chat).drafts.map((draft) => [draft.id, draft.shown, draft.states.at(-1)?.text]);
  await by.call('sendChatAction', { chat_id: chat.id, action: 'typing' });
  await by.call('sendRichMessageDraft', { chat_id: chat.id, draft_id: 5, rich_message: { markdown: 'I **th' } });
  expect(shown()).toEqual([[5, true, 'I **th']]);
  now += 30_000;
  expect(shown()).toEqual([[5, false, 'I **th']]);
  expect(api.chat(chat).typing).toMatchObject([{ from: now - 30_000, to: now - 25_000 }]);
  await by.call('sendMessageDraft', { chat_id: chat.id, draft_id: 6, text: 'y' });
  const reply_markup = { inline_keyboard: [[{ text: 'Yes', callback_data: 'y' }]] };
  const { message_id } = await by.send('sendMessage', { text: 'draft', reply_markup });
  expect(shown().map(([, on]) => on)).toEqual([false, false]);
  const click = api.click({ chat, message: message_id, data: 'Yes' });
  api.expireClick(click);
  expect((await by.call('answerCallbackQuery', { callback_query_id: click })).description).toContain(
    'query is too old',
  );
  await by.send('editMessageText', { message_id, text: 'final' });
  expect(api.chat(chat).messages).toMatchObject([{ text: 'final', before: ['draft'], buttons: [] }]);
});

test('people: long texts are cut, albums come apart, links start a bot, groups become supergroups', async () => {
  await using by = await botByHand({ username: 'nano_bot' });
  const { api, ann, chat } = by;
  api.say({ chat, text: 'x'.repeat(5000) });
  api.album({ chat, photos: [{ bytes: '1' }, { bytes: '2' }], text: 'both' });
  api.openLink(ann, 't.me/nano_bot?start=CODE-1');
  const heard = await by.hear();
  expect(heard.map(({ message }) => Object(message).text?.length ?? Object(message).caption ?? 'none')).toEqual([
    4096,
    904,
    'both',
    'none',
    13,
  ]);
  const group = api.group('Family');
  api.join(group, ann);
  const next = api.upgrade(group, { by: ann });
  expect(await by.call('sendMessage', { chat_id: group.id, text: 'x' })).toMatchObject({
    status: 400,
    parameters: { migrate_to_chat_id: next.id },
  });
  expect(
    (await by.hear()).map((update) =>
      Object.keys({ ...update, ...Object(update['message']) }).filter((name) => /member|migrate/.test(name)),
    ),
  ).toEqual([['my_chat_member'], ['new_chat_members'], ['migrate_to_chat_id'], ['migrate_from_chat_id']]);
});

test.each([
  ['no mode: nothing of each other', false, false, []],
  ['one of two: replies and commands', true, false, ['/go@other_bot', 'a reply']],
  ['the hearing one, without privacy: all', false, true, ['just so', '/go@other_bot', 'a reply']],
])('two bots in a group, %s', async (_, talks, listens, heard) => {
  await using by = await botByHand({ talksToBots: talks });
  const { api, ann } = by;
  const other = api.addBot({ token: '55:AAF-other', username: 'other_bot', talksToBots: listens });
  const group = api.supergroup('Team');
  api.join(group, ann);
  api.join(group, ann, 'member', other);
  const theirs = Object(
    (await by.call('sendMessage', { chat_id: group.id, text: 'hi' }, { token: other.token })).result,
  );
  await by.hear(other.token);
  for (const text of ['just so', '/go@other_bot']) await by.send('sendMessage', { chat_id: group.id, text });
  await by.send('sendMessage', {
    chat_id: group.id,
    text: 'a reply',
    reply_parameters: { message_id: theirs.message_id },
  });
  api.say({ chat: group, from: ann, text: 'of a person' });
  expect((await by.hear(other.token)).map(({ message }) => Object(message).text)).toEqual([...heard, 'of a person']);
});

test('with privacy on a bot hears commands, its name, replies to it, and that something happened', async () => {
  await using by = await botByHand({ privacy: true, username: 'nano_bot' });
  const { api, ann } = by;
  const group = api.group('Family');
  api.join(group, ann);
  const mine = (await by.send('sendMessage', { chat_id: group.id, text: 'mine' })).message_id;
  for (const text of ['dinner?', '/start', '/go@other_bot', '/go@nano_bot', 'and @Nano_Bot?'])
    api.say({ chat: group, text });
  api.say({ chat: group, text: 'to you', replyTo: mine });
  const texts = (await by.hear()).flatMap(({ message }) => Object(message).text ?? []);
  expect(texts).toEqual(['/start', '/go@nano_bot', 'and @Nano_Bot?', 'to you']);
});

test('a wait that was asked for is remembered, and who calls within it is written down', async () => {
  let now = 1_800_000_000_000;
  await using by = await botByHand({ now: () => now });
  const { api, ann, chat } = by;
  const say = (chat_id = chat.id) => by.call('sendMessage', { chat_id, text: 'x' });
  api.busy(chat, 14);
  expect(await say()).toMatchObject({ status: 429, parameters: { retry_after: 14 } });
  now += 4000;
  expect(await say()).toMatchObject({ status: 429, parameters: { retry_after: 10 } });
  expect(api.early).toHaveLength(1);
  now += 10_000;
  expect((await say()).ok).toBe(true);
  expect(api.early).toHaveLength(1);
  api.limitRates();
  const group = api.group('Family');
  api.join(group, ann);
  const taken = [];
  for (let second = 0; second < 25; second++, now += 1500) taken.push((await say(group.id)).ok);
  expect(taken.filter(Boolean)).toHaveLength(20);
  const burst = [await say(), await say(), await say(), await say()].map(({ ok }) => ok);
  expect(burst).toEqual([true, true, true, false]);
});

test('faults: no effect before, effect without an answer after, for their times only', async () => {
  await using by = await botByHand();
  const { api, chat } = by;
  const say = (text: string, more = {}) => by.call('sendMessage', { chat_id: chat.id, text }, more).catch(() => 'cut');
  for (const kind of ['dropBefore', 'dropAfter', 'cutAfter'] as const) {
    api.fault({ method: 'sendMessage', kind });
    expect(await say(kind)).toBe('cut');
  }
  const flood = api.fault({
    method: 'sendMessage',
    kind: '429',
    retryAfter: 7,
    after: 1,
    match: ({ text }) => text !== 'other',
  });
  expect([await say('other'), await say('one'), await say('two'), await say('three')]).toMatchObject([
    { ok: true },
    { ok: true },
    { status: 429 },
    { ok: true },
  ]);
  expect([flood.hits, api.early.length]).toEqual([1, 1]);
  for (const kind of ['hang', 'hangAfter'] as const) {
    api.fault({ method: 'sendMessage', kind });
    const waiting = say(kind);
    await api.waitFor(kind, () => api.calls('sendMessage').at(-1)?.params['text'] === kind);
    await api.close();
    expect(await waiting).toBe('cut');
    await api.reopen();
  }
  expect(api.sent(chat).map(({ text }) => text)).toEqual([
    'dropAfter',
    'cutAfter',
    'other',
    'one',
    'three',
    'hangAfter',
  ]);
  expect(api.log.filter(({ outcome }) => outcome === 'accepted').map(({ messageId }) => messageId)).toEqual(
    api.sent(chat).map(({ id }) => id),
  );
});
