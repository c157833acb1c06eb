import { expect, test } from 'vitest';
import { type BotApi, openBotApi } from '../fixtures/bot-api/bot-api.ts';
import { call, poll, send } from '../fixtures/bot-api/call.ts';

/** What the bot has heard since it last asked, each update as its kind and its body. */
async function hear(api: BotApi) {
  const updates = await poll(api);
  await poll(api, { offset: Number(updates.at(-1)?.update_id ?? 0) + 1 });
  return updates.map(({ update_id: _, ...rest }) => rest);
}

test('a message carries who, where, when, and marks of commands and mentions', async () => {
  await using api = await openBotApi({ username: 'nano_bot' });
  const ann = api.person('Ann', { username: 'ann', last_name: 'Lee' });
  const chat = api.privateChat(ann);
  const said = api.say({ chat, text: '/help @nano_bot https://example.com/x.' });
  expect(await hear(api)).toEqual([{ message: said }]);
  expect(said).toMatchObject({
    chat: { id: ann.id, type: 'private', first_name: 'Ann', last_name: 'Lee', username: 'ann' },
    from: { id: ann.id, is_bot: false },
    entities: [
      { type: 'bot_command', offset: 0, length: 5 },
      { type: 'mention', offset: 6, length: 9 },
      { type: 'url', offset: 16, length: 21 },
    ],
  });
});

test('replies, quotes, edits, albums and forwards look as Telegram makes them', async () => {
  await using api = await openBotApi();
  const chat = api.privateChat(api.person('Ann'));
  const answer = await send(api, 'sendMessage', { chat_id: chat.id, text: 'first second' });
  const reply = api.say({ chat, text: 'this', replyTo: answer.message_id, quote: 'second' });
  api.say({ chat, text: 'that', edit: reply.message_id });
  api.say({ chat, photo: { bytes: 'jpeg' }, text: 'one', mediaGroup: 'g' });
  api.say({ chat, text: 'news', forwardedFrom: 'Bob' });
  expect(await hear(api)).toMatchObject([
    { message: { reply_to_message: { message_id: answer.message_id }, quote: { text: 'second', position: 6 } } },
    { edited_message: { message_id: reply.message_id, text: 'that', edit_date: expect.any(Number) } },
    { message: { photo: [{ width: 90 }, { width: 640 }], caption: 'one', media_group_id: 'g' } },
    { message: { forward_origin: { type: 'hidden_user', sender_user_name: 'Bob' } } },
  ]);
});

test('a group is heard from the joining to the kicking', async () => {
  await using api = await openBotApi();
  const ann = api.person('Ann');
  const group = api.supergroup('Team', { username: 'team' });
  api.say({ chat: group, from: ann, text: 'before' });
  expect((await call(api, 'sendMessage', { chat_id: '@team', text: 'x' })).description).toContain('not a member');
  api.join(group, ann);
  api.say({ chat: group, from: ann, text: 'within' });
  await send(api, 'sendMessage', { chat_id: '@team', text: 'hello' });
  api.kick(group, ann);
  api.say({ chat: group, from: ann, text: 'after' });
  expect(await hear(api)).toMatchObject([
    { my_chat_member: { old_chat_member: { status: 'left' }, new_chat_member: { status: 'member' } } },
    { message: { new_chat_members: [{ id: api.bot.id }] } },
    { message: { text: 'within' } },
    { my_chat_member: { new_chat_member: { status: 'kicked', until_date: 0 } } },
  ]);
  expect((await call(api, 'sendMessage', { chat_id: group.id, text: 'x' })).description).toBe(
    'Forbidden: bot was kicked from the supergroup chat',
  );
});

test('with privacy on only what is meant for the bot is heard', async () => {
  await using api = await openBotApi({ privacy: true, username: 'nano_bot' });
  const ann = api.person('Ann');
  const group = api.group('Family');
  api.join(group, ann);
  await hear(api);
  const { message_id } = await send(api, 'sendMessage', { chat_id: group.id, text: 'hi' });
  for (const text of ['not for you', 'hey @nano_bot', '/all', '/other@some_bot']) api.say({ chat: group, text });
  api.say({ chat: group, text: 'a reply', replyTo: message_id });
  expect(await hear(api)).toMatchObject([
    { message: { text: 'hey @nano_bot' } },
    { message: { text: '/all' } },
    { message: { text: 'a reply' } },
  ]);
});

test('a forum keeps its topics apart, and its General topic has no number to send to', async () => {
  await using api = await openBotApi();
  const ann = api.person('Ann');
  const forum = api.supergroup('Work', { forum: true });
  api.join(forum, ann);
  const topic = api.openTopic(forum, { from: ann, name: 'Bugs' });
  const said = api.say({ chat: forum, topic, text: 'in the topic' });
  expect(said).toMatchObject({ message_thread_id: topic, is_topic_message: true, chat: { is_forum: true } });
  const chat_id = forum.id;
  const text = 'x';
  expect(await send(api, 'sendMessage', { chat_id, message_thread_id: topic, text })).toMatchObject({
    message_thread_id: topic,
    is_topic_message: true,
  });
  const refused = async (params: object) => (await call(api, 'sendMessage', { chat_id, text, ...params })).description;
  expect(await refused({ message_thread_id: 1 })).toBe('Bad Request: message thread not found');
  const action = { chat_id, message_thread_id: 1, action: 'typing' };
  expect(await call(api, 'sendChatAction', action)).toMatchObject({ ok: true });
  api.closeTopic(forum, topic);
  expect(await refused({ message_thread_id: topic })).toBe('Bad Request: TOPIC_CLOSED');
  api.removeTopic(forum, topic);
  expect(await refused({ message_thread_id: topic })).toBe('Bad Request: message thread not found');
  expect(api.chat(forum).messages.map((message) => message.topic)).toEqual([undefined, topic, topic, topic]);
});

test('private chats have topics if the bot has them', async () => {
  await using api = await openBotApi({ privateTopics: true });
  const ann = api.person('Ann');
  const chat = api.privateChat(ann);
  expect((await call(api, 'getMe')).result).toMatchObject({ has_topics_enabled: true });
  const topic = api.openTopic(chat, { from: ann, name: 'Trip' });
  await send(api, 'sendMessage', { chat_id: chat.id, message_thread_id: topic, text: 'x' });
  const made = await call(api, 'createForumTopic', { chat_id: chat.id, name: 'Made' });
  expect(made.result).toMatchObject({ name: 'Made', icon_color: expect.any(Number) });
  expect(api.chat(chat).topics.map(({ name }) => name)).toEqual(['Trip', 'Made']);
  await using plain = await openBotApi();
  const other = plain.privateChat(plain.person('Bob'));
  expect(() => plain.openTopic(other, { from: ann, name: 'No' })).toThrow('no topics');
});

test('a reply in a supergroup without topics carries a thread that is no topic', async () => {
  await using api = await openBotApi();
  const ann = api.person('Ann');
  const group = api.supergroup('Team');
  api.join(group, ann);
  const first = api.say({ chat: group, text: 'first' }).message_id;
  const reply = api.say({ chat: group, text: 'reply', replyTo: first });
  expect(reply.message_thread_id).toBe(first);
  expect(reply.is_topic_message).toBeUndefined();
  expect(api.chat(group).messages.at(-1)?.topic).toBeUndefined();
});

test('channel posts come without a sender', async () => {
  await using api = await openBotApi();
  const channel = api.channel('News');
  api.join(channel, api.person('Ann'), 'administrator');
  const post = api.say({ chat: channel, text: 'breaking' });
  api.say({ chat: channel, text: 'mended', edit: post.message_id });
  expect(post.from).toBeUndefined();
  expect((await hear(api)).map((update) => Object.keys(update)[0])).toEqual([
    'my_chat_member',
    'channel_post',
    'edited_channel_post',
  ]);
});

test('a pressed button reaches the bot, which can answer it once', async () => {
  await using api = await openBotApi();
  const ann = api.person('Ann');
  const chat = api.privateChat(ann);
  const reply_markup = { inline_keyboard: [[{ text: 'Allow', callback_data: 'ok:1' }]] };
  const { message_id } = await send(api, 'sendMessage', { chat_id: chat.id, text: 'may I?', reply_markup });
  const id = api.click({ chat, message: message_id, data: 'Allow' });
  expect(await hear(api)).toMatchObject([
    { callback_query: { id, data: 'ok:1', from: { id: ann.id }, message: { message_id } } },
  ]);
  expect(api.clickAnswer(id)).toBeUndefined();
  expect((await call(api, 'answerCallbackQuery', { callback_query_id: id, text: 'done' })).ok).toBe(true);
  expect(api.clickAnswer(id)).toMatchObject({ text: 'done' });
  expect((await call(api, 'answerCallbackQuery', { callback_query_id: id })).description).toContain('query is too old');
});

test('an upgraded group refuses, and says where it went', async () => {
  await using api = await openBotApi();
  const ann = api.person('Ann');
  const group = api.group('Family');
  api.join(group, ann);
  const next = api.upgrade(group, { by: ann });
  expect(await call(api, 'sendMessage', { chat_id: group.id, text: 'x' })).toMatchObject({
    status: 400,
    parameters: { migrate_to_chat_id: next.id },
  });
  expect(await send(api, 'sendMessage', { chat_id: next.id, text: 'x' })).toMatchObject({ chat: { id: next.id } });
});

test('message numbers are shared by private chats and groups, and a supergroup has its own', async () => {
  await using api = await openBotApi();
  const ann = api.person('Ann');
  const bob = api.person('Bob');
  const own = api.supergroup('Own');
  api.join(own, ann);
  const ids = [api.privateChat(ann), api.privateChat(bob), api.group('G'), own].map(
    (chat) => api.say({ chat, from: ann, text: 'x' }).message_id,
  );
  expect(ids).toEqual([1, 2, 3, 2]);
});
