import { expect, test } from 'vitest';
import { type BotApi, openBotApi } from '../fixtures/bot-api/bot-api.ts';
import { call, send } from '../fixtures/bot-api/call.ts';

async function withAnn(options = {}) {
  const api = await openBotApi(options);
  const ann = api.person('Ann');
  return { api, ann, chat: api.privateChat(ann) };
}

async function refusal(api: BotApi, method: string, params: object): Promise<string> {
  const { status, error_code, description } = await call(api, method, params);
  expect(error_code).toBe(status);
  return `${status} ${description}`;
}

async function upload(api: BotApi, method: string, fields: Record<string, string | Blob>) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const response = await fetch(`${api.url}/bot${api.token}/${method}`, { method: 'POST', body: form });
  return JSON.parse(await response.text());
}

test('a wrong token is unauthorized, an unknown method not found, and a method may be spelled in any case', async () => {
  await using api = await openBotApi();
  expect(await refusal({ ...api, token: '1:wrong' }, 'getMe', {})).toBe('401 Unauthorized');
  expect(await refusal({ ...api, token: 'nothing' }, 'getMe', {})).toBe('404 Not Found');
  expect(await refusal(api, 'doMagic', {})).toBe('404 Not Found: method not found');
  expect(await call(api, 'GETME')).toMatchObject({ ok: true, result: { id: api.bot.id, is_bot: true } });
  expect(api.log.map((one) => [one.method, one.outcome, one.code])).toEqual([
    ['getMe', 'refused', 401],
    ['getMe', 'refused', 404],
    ['doMagic', 'refused', 404],
    ['getMe', 'accepted', 200],
  ]);
});

test('bodies may be JSON, a form, multipart, or nothing but the address', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const place = `${api.url}/bot${api.token}/sendMessage`;
  const buttons = JSON.stringify({ inline_keyboard: [[{ text: 'Yes', callback_data: 'y' }]] });
  const form = { chat_id: String(chat.id), text: 'two', reply_markup: buttons };
  await send(api, 'sendMessage', { chat_id: chat.id, text: 'one', reply_markup: JSON.parse(buttons) });
  await fetch(place, { method: 'POST', body: new URLSearchParams(form) });
  await upload(api, 'sendMessage', { ...form, text: 'three' });
  await fetch(`${place}?${new URLSearchParams({ ...form, text: 'four' })}`);
  const { messages } = api.chat(chat);
  expect(messages.map((message) => message.text)).toEqual(['one', 'two', 'three', 'four']);
  for (const message of messages) expect(message.buttons).toEqual([[{ text: 'Yes', data: 'y' }]]);
  const broken = await fetch(place, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' });
  expect(broken.status).toBe(400);
});

test('an uploaded file is kept to the byte, whatever is in it', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const bytes = Buffer.from('--not\r\n\r\na boundary\r\n--\0\xff', 'latin1');
  const document = new File([bytes], 'a "strange" näme.bin', { type: 'application/x-thing' });
  const { result } = await upload(api, 'sendDocument', { chat_id: String(chat.id), caption: 'here', document });
  expect(result).toMatchObject({
    caption: 'here',
    document: { file_name: 'a "strange" näme.bin', mime_type: 'application/x-thing', file_size: bytes.length },
  });
  const [message] = api.sent(chat);
  expect(message?.files[0]?.bytes.equals(bytes)).toBe(true);
  expect(api.calls('sendDocument')[0]?.params['document']).toMatchObject({
    file: { size: bytes.length, sha256: message?.files[0]?.sha256 },
  });
  const again = await send(api, 'sendDocument', { chat_id: chat.id, document: result.document.file_id });
  expect(again).toMatchObject({ document: { file_id: result.document.file_id } });
});

test('albums go out whole, with named parts', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const media = JSON.stringify([
    { type: 'photo', media: 'attach://first', caption: 'both' },
    { type: 'photo', media: 'attach://second' },
  ]);
  const parts = { first: new File(['1'], '1.jpg'), second: new File(['22'], '2.jpg') };
  await upload(api, 'sendMediaGroup', { chat_id: String(chat.id), media, ...parts });
  const [one, two] = api.sent(chat);
  expect(one).toMatchObject({ text: 'both', files: [{ size: 1 }] });
  expect(two).toMatchObject({ files: [{ size: 2 }], album: one?.album });
});

test('a photo has 10 MB, any file 50 MB, a download 20 MB', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const MB = 1024 * 1024;
  const file = (size: number) => new File([new Uint8Array(size)], 'big.jpg');
  const chat_id = String(chat.id);
  expect(await upload(api, 'sendPhoto', { chat_id, photo: file(10 * MB + 1) })).toMatchObject({
    error_code: 400,
    description: expect.stringContaining('too big for a photo'),
  });
  expect(await upload(api, 'sendDocument', { chat_id, document: file(50 * MB) })).toMatchObject({ ok: true });
  expect(await upload(api, 'sendDocument', { chat_id, document: file(50 * MB + 1) })).toMatchObject({
    error_code: 413,
  });
  const said = api.say({ chat, document: { size: 20 * MB + 1, name: 'film.mkv' } });
  const { file_id } = said.document ?? {};
  expect(await refusal(api, 'getFile', { file_id })).toBe('400 Bad Request: file is too big');
});

test('a file a person sent is downloaded by the path of getFile', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const said = api.say({ chat, voice: { bytes: 'ogg ogg', duration: 3 } });
  expect(said.voice).toMatchObject({ duration: 3, mime_type: 'audio/ogg', file_size: 7 });
  const { result } = await call(api, 'getFile', { file_id: said.voice?.file_id });
  const path = Object.entries(result ?? {}).find(([name]) => name === 'file_path')?.[1];
  const response = await fetch(`${api.url}/file/bot${api.token}/${path}`);
  expect(await response.text()).toBe('ogg ogg');
  expect((await fetch(`${api.url}/file/bot${api.token}/voice/none.oga`)).status).toBe(404);
  expect(api.calls('FILE').map((one) => [one.params['path'], one.code])).toEqual([
    [path, 200],
    ['voice/none.oga', 404],
  ]);
});

test('what Telegram refuses is refused in its words, and says nothing in the chat', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const chat_id = chat.id;
  const say = (params: object) => refusal(api, 'sendMessage', { chat_id, text: 'x', ...params });
  expect(await say({ chat_id: 12345 })).toBe('400 Bad Request: chat not found');
  expect(await say({ text: ' \n ' })).toBe('400 Bad Request: message text is empty');
  expect(await say({ text: 'x'.repeat(4097) })).toBe('400 Bad Request: message is too long');
  expect(await say({ message_thread_id: 77 })).toBe('400 Bad Request: message thread not found');
  const reply_parameters = { message_id: 99 };
  expect(await say({ reply_parameters })).toBe('400 Bad Request: message to be replied not found');
  const long = { inline_keyboard: [[{ text: 'x', callback_data: 'd'.repeat(65) }]] };
  expect(await say({ reply_markup: long })).toBe('400 Bad Request: BUTTON_DATA_INVALID');
  expect(api.chat(chat).messages).toEqual([]);
  api.block(chat);
  expect(await say({})).toBe('403 Forbidden: bot was blocked by the user');
  api.unblock(chat);
  const lenient = { message_id: 99, allow_sending_without_reply: true };
  expect(await call(api, 'sendMessage', { chat_id, text: '𝒳'.repeat(4096), reply_parameters: lenient })).toMatchObject({
    ok: true,
  });
});

test('edits: of its own only, with a difference, and without a keyboard the keyboard goes', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const chat_id = chat.id;
  const reply_markup = { inline_keyboard: [[{ text: 'Yes', callback_data: 'y' }]] };
  const { message_id } = await send(api, 'sendMessage', { chat_id, text: 'draft', reply_markup });
  const edit = (params: object) => refusal(api, 'editMessageText', { chat_id, message_id, ...params });
  expect(await edit({ text: 'draft', reply_markup })).toContain('400 Bad Request: message is not modified');
  expect(await edit({ message_id: 99, text: 'x' })).toBe('400 Bad Request: message to edit not found');
  const theirs = api.say({ chat, text: 'mine' }).message_id;
  expect(await edit({ message_id: theirs, text: 'x' })).toBe("400 Bad Request: message can't be edited");
  await send(api, 'editMessageText', { chat_id, message_id, rich_message: { markdown: '**final** nonce-7' } });
  expect(api.finalAnswers(chat, /nonce-\d/)).toMatchObject([{ text: 'final nonce-7', before: ['draft'], buttons: [] }]);
  expect(api.finalAnswers(chat, 'draft')).toEqual([]);
  await call(api, 'deleteMessage', { chat_id, message_id });
  expect(api.finalAnswers(chat, 'nonce-7')).toEqual([]);
  expect(api.sent(chat)).toMatchObject([{ deleted: true }]);
  expect(await refusal(api, 'deleteMessage', { chat_id, message_id })).toContain('message to delete not found');
});

test('a bot has one reaction, of the allowed ones', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const { message_id } = api.say({ chat, text: 'hello' });
  const react = (...emoji: string[]) =>
    call(api, 'setMessageReaction', {
      chat_id: chat.id,
      message_id,
      reaction: emoji.map((one) => ({ type: 'emoji', emoji: one })),
    });
  expect((await react('✅')).description).toBe('Bad Request: REACTION_INVALID');
  expect((await react('❤️')).description).toBe('Bad Request: REACTION_INVALID');
  expect((await react('👀', '👍')).description).toBe('Bad Request: REACTIONS_TOO_MANY');
  await react('👀');
  expect(api.chat(chat).messages[0]?.reactions).toEqual([{ emoji: '👀', by: api.bot.id }]);
  await react();
  expect(api.chat(chat).messages[0]?.reactions).toEqual([]);
});

test('drafts live in private chats, with their history, until the message comes', async () => {
  let now = 1_800_000_000_000;
  const { api, chat, ann } = await withAnn({ now: () => now });
  await using _ = api;
  const chat_id = chat.id;
  await call(api, 'sendMessageDraft', { chat_id, draft_id: 5, text: 'I thi' });
  await call(api, 'sendRichMessageDraft', { chat_id, draft_id: 5, rich_message: { markdown: 'I **think**' } });
  expect(api.chat(chat).drafts).toMatchObject([
    { id: 5, shown: true, states: [{ text: 'I thi' }, { text: 'I think', rich: true }] },
  ]);
  now += 31_000;
  expect(api.chat(chat).drafts).toMatchObject([{ shown: false }]);
  await call(api, 'sendMessageDraft', { chat_id, draft_id: 5, text: 'I think so', can_stop: true });
  api.stopDraft(chat);
  expect(api.chat(chat).drafts).toMatchObject([{ shown: false, endedAt: now }]);
  expect((await call(api, 'getUpdates')).result).toMatchObject([{ stopped_message_generation: { draft_id: 5 } }]);
  const group = api.group('Family');
  api.join(group, ann);
  expect((await call(api, 'sendMessageDraft', { chat_id: group.id, draft_id: 1, text: 'x' })).ok).toBe(false);
});

test('typing shows for five seconds, or until the bot speaks', async () => {
  let now = 1_800_000_000_000;
  const { api, chat } = await withAnn({ now: () => now });
  await using _ = api;
  const typing = () => call(api, 'sendChatAction', { chat_id: chat.id, action: 'typing' });
  await typing();
  now += 4000;
  await typing();
  now += 1000;
  await send(api, 'sendMessage', { chat_id: chat.id, text: 'there' });
  now += 9000;
  await typing();
  const start = 1_800_000_000_000;
  expect(api.chat(chat).typing).toMatchObject([
    { from: start, to: start + 5000, action: 'typing' },
    { from: start + 14_000, to: start + 19_000 },
  ]);
});
