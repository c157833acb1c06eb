import type { Message, Update } from 'grammy/types';
import { expect, test } from 'vitest';
import type { InboundMessage } from '../../model/message.ts';
import type { Told } from '../kit/platform.ts';
import { hear } from './inbound.ts';
import { manifest } from './manifest.ts';

const me = { id: 99, username: 'Andy_bot', first_name: 'Andy' };
const ann = { id: 7, is_bot: false, first_name: 'Ann', last_name: 'Lee', username: 'annlee' };
const bot = { id: 99, is_bot: true, first_name: 'Andy', username: 'Andy_bot' };
const privately = { id: 7, type: 'private', first_name: 'Ann', last_name: 'Lee' } as const;
const group = { id: -1001, type: 'supergroup', title: 'Garden' } as const;

function heard(update: object, id = 5): Told | undefined {
  return hear({ update_id: id, ...update } as Update, { me, now: 1_000 });
}

/** A message as Telegram sends it: from Ann in the group unless it says otherwise. */
function message(fields: object): Message {
  return { message_id: 12, date: 1_700_000_000, chat: group, from: ann, ...fields } as Message;
}

function said(fields: object): InboundMessage {
  const it = heard({ message: message(fields) });
  if (it?.type !== 'message') throw new Error('no message was heard');
  return it.message;
}

test('a text is handed over with its chat, sender, time and id', () => {
  expect(heard({ message: message({ chat: privately, text: 'hello' }) })).toMatchObject({
    type: 'message',
    chat: { jid: 'tg:7', name: 'Ann Lee', isGroup: false },
    message: {
      jid: 'tg:7',
      platformId: '12',
      kind: 'message',
      revision: 0,
      thread: undefined,
      senderId: '7',
      senderName: 'Ann Lee',
      text: 'hello',
      sentAt: 1_700_000_000_000,
      mentionsAssistant: false,
      fromOwner: false,
      replyTo: undefined,
    },
  });
  expect(heard({ message: message({ text: 'hi' }) })?.chat).toEqual({ jid: 'tg:-1001', name: 'Garden', isGroup: true });
});

test('somebody without a first name is called by the username', () => {
  expect(said({ text: 'x', from: { id: 8, is_bot: false, first_name: '', username: 'bob' } }).senderName).toBe('bob');
  expect(said({ text: 'x', from: { id: 8, is_bot: false, first_name: ' ' } }).senderName).toBe('8');
});

test('an anonymous administrator speaks as the group, a channel as itself', () => {
  const from = { id: 1_087_968_824, is_bot: true, first_name: 'Group', username: 'GroupAnonymousBot' };
  expect(said({ text: 'x', from, sender_chat: group })).toMatchObject({
    senderId: '-1001',
    senderName: 'Garden',
    senderIsChat: true,
  });
  const signed = { text: 'x', from, sender_chat: group, author_signature: 'the boss' };
  expect(said(signed)).toMatchObject({ senderId: '-1001', senderName: 'the boss' });
});

test('only a topic is a thread, in groups and in private chats', () => {
  expect(said({ text: 'x', message_thread_id: 40 }).thread).toBeUndefined();
  expect(said({ text: 'x', message_thread_id: 40, is_topic_message: true }).thread).toBe('40');
  expect(said({ text: 'x', chat: privately, message_thread_id: 3, is_topic_message: true }).thread).toBe('3');
});

const at = (text: string, part: string, type: string, more = {}) => ({
  text,
  entities: [{ type, offset: text.indexOf(part), length: part.length, ...more }],
});

test.each([
  ['a mention in any case', at('ask 🙂 @aNDY_BOT about it', '@aNDY_BOT', 'mention'), true],
  ['a mention of somebody with a longer name', at('hi @Andy_bot2', '@Andy_bot2', 'mention'), false],
  ['a mention without a username', at('hey Andy', 'Andy', 'text_mention', { user: bot }), true],
  ['a mention of another person', at('hey Ann', 'Ann', 'text_mention', { user: ann }), false],
  ['a command for us', at('/help@andy_bot', '/help@andy_bot', 'bot_command'), true],
  ['a command for another bot', at('/help@other_bot', '/help@other_bot', 'bot_command'), false],
  ['a command for nobody in particular', at('/help', '/help', 'bot_command'), false],
  ['our name without Telegram saying that it is a mention', { text: 'x@Andy_bot.example' }, false],
  [
    'a mention in a caption',
    { caption: '@Andy_bot see', caption_entities: [{ type: 'mention', offset: 0, length: 9 }], photo: [] },
    true,
  ],
  ['a reply to us', { text: 'yes', reply_to_message: message({ message_id: 3, from: bot, text: 'ok?' }) }, true],
  ['a reply to another', { text: 'yes', reply_to_message: message({ message_id: 3, text: 'ok?' }) }, false],
  [
    'the first message of a topic that we opened',
    { text: 'yes', reply_to_message: message({ from: bot, forum_topic_created: { name: 'x', icon_color: 1 } }) },
    false,
  ],
  [
    'what somebody forwards',
    { ...at('@Andy_bot pay', '@Andy_bot', 'mention'), forward_origin: { type: 'user', sender_user: ann, date: 1 } },
    false,
  ],
])('whether we are meant: %s', (_, fields, meant) => {
  expect(said(fields).mentionsAssistant).toBe(meant);
});

test('a reply says to what, and the quoted part when there is one', () => {
  const replied = message({ message_id: 3, from: bot, text: 'Tea or coffee?' });
  expect(said({ text: 'tea', reply_to_message: replied }).replyTo).toEqual({
    id: '3',
    sender: 'Andy',
    text: 'Tea or coffee?',
  });
  const quoting = said({ text: 'this', reply_to_message: replied, quote: { text: 'coffee', position: 7 } });
  expect(quoting.replyTo?.text).toBe('coffee');
  const opening = message({ message_id: 4, forum_topic_created: { name: 'x', icon_color: 1 } });
  expect(said({ text: 'this', reply_to_message: opening }).replyTo).toBeUndefined();
});

const photo = [{ file_id: 'p', file_unique_id: 'u', width: 9, height: 9, file_size: 7 }];

test('what a message points at comes with its files, here and in another chat', () => {
  const picture = { kind: 'photo', name: undefined, mime: 'image/jpeg', size: 7, ref: 'p 7' };
  const replied = message({ message_id: 3, photo, caption: 'our cat' });
  expect(said({ text: 'what is this?', reply_to_message: replied }).replyTo).toEqual({
    id: '3',
    sender: 'Ann Lee',
    text: 'our cat',
    attachments: [picture],
  });
  const voice = message({ message_id: 3, voice: { file_id: 'v', duration: 2 } });
  expect(said({ text: 'and this?', reply_to_message: voice }).replyTo?.attachments).toMatchObject([{ kind: 'voice' }]);
  const elsewhere = { origin: { type: 'user', sender_user: ann, date: 1 }, photo, message_id: 77, chat: group };
  expect(said({ text: 'so?', external_reply: elsewhere, quote: { text: 'we won', position: 0 } }).replyTo).toEqual({
    id: '-1001/77',
    sender: 'Ann Lee, in another chat',
    text: 'we won',
    attachments: [picture],
  });
  expect(said({ text: 'so?', external_reply: { origin: elsewhere.origin } }).replyTo).toEqual({
    id: 'elsewhere/12',
    sender: 'Ann Lee, in another chat',
    text: undefined,
  });
});

test('who is a machine is said: another bot, what a linked channel posts by itself; not an anonymous administrator', () => {
  const other = { id: 98, is_bot: true, first_name: 'Echo', username: 'Echo_bot' };
  expect(said({ text: 'x', from: other }).senderIsBot).toBe(true);
  const telegram = { id: 777_000, is_bot: false, first_name: 'Telegram' };
  const news = { id: -1002, type: 'channel', title: 'News' };
  const post = { text: 'x', from: telegram, sender_chat: news, is_automatic_forward: true };
  expect(said(post)).toMatchObject({ senderIsBot: true, senderIsChat: true, senderName: 'News' });
  const anonymous = { id: 1_087_968_824, is_bot: true, first_name: 'Group', username: 'GroupAnonymousBot' };
  expect(said({ text: 'x', from: anonymous, sender_chat: group }).senderIsBot).toBeUndefined();
  expect(said({ text: 'x' }).senderIsBot).toBeUndefined();
});

test('posts of channels are nobody speaking to us', () => {
  expect(heard({ channel_post: message({ chat: { id: -1002, type: 'channel', title: 'News' }, text: 'x' }) })).toBe(
    undefined,
  );
});

test('an edit names the message it changes; two in one second differ, and one that comes again does not', () => {
  const edited = message({ text: 'better', edit_date: 1_700_000_060, document: { file_id: 'd' } });
  const revision = (id: number) => {
    const it = heard({ edited_message: edited }, id);
    if (it?.type !== 'message') throw new Error('no message was heard');
    expect(it.message).toMatchObject({ kind: 'edit', platformId: '12', text: 'better', sentAt: 1_700_000_060_000 });
    expect(it.message.attachments).toBeUndefined();
    return it.message.revision;
  };
  expect(revision(700_000_001)).toBeLessThan(revision(700_000_002));
  expect(revision(700_000_001)).toBe(revision(700_000_001));
  const moving = message({ location: { latitude: 1, longitude: 2 }, edit_date: 1_700_000_060 });
  expect(heard({ edited_message: moving })).toBeUndefined();
});

test('a pressed button is a click with its value, and says on which message', () => {
  const data = { id: '4001', from: ann, chat_instance: 'x', data: 'yes:1' };
  const question = message({ message_id: 30, from: bot, text: 'Sure?', message_thread_id: 4, is_topic_message: true });
  expect(heard({ callback_query: { ...data, message: question } })).toMatchObject({
    type: 'message',
    chat: { jid: 'tg:-1001' },
    message: {
      kind: 'click',
      platformId: '4001',
      text: 'yes:1',
      thread: '4',
      senderId: '7',
      mentionsAssistant: true,
      sentAt: 1_000,
      replyTo: { id: '30', sender: 'Andy', text: 'Sure?' },
    },
  });
  // A message that Telegram does not show any more.
  const gone = { chat: group, message_id: 30, date: 0 };
  expect(heard({ callback_query: { ...data, message: gone } })).toMatchObject({ message: { replyTo: { id: '30' } } });
  expect(heard({ callback_query: data })).toBeUndefined();
});

test('a reaction says its emoji and to what; one taken back says nothing', () => {
  const emoji = (...list: string[]) => list.map((one) => ({ type: 'emoji', emoji: one }));
  const base = { chat: group, message_id: 30, user: ann, date: 1_700_000_000 };
  const first = heard({ message_reaction: { ...base, old_reaction: [], new_reaction: emoji('👍') } }, 8);
  expect(first).toMatchObject({ message: { kind: 'reaction', text: '👍', senderId: '7', replyTo: { id: '30' } } });
  const second = heard(
    { message_reaction: { ...base, old_reaction: emoji('👍'), new_reaction: emoji('👍', '🔥') } },
    9,
  );
  expect(second).toMatchObject({ message: { text: '🔥', platformId: '30/7' } });
  const both = [first, second].map((one) => (one?.type === 'message' ? one.message.revision : 0));
  expect(new Set(both).size).toBe(2);
  expect(heard({ message_reaction: { ...base, old_reaction: emoji('👍'), new_reaction: [] } })).toBeUndefined();
});

test.each([
  ['added to a group', group, 'left', { status: 'member' }, { open: true, chat: { addedBy: '7' } }],
  ['made administrator', group, 'member', { status: 'administrator' }, { open: true, chat: { name: 'Garden' } }],
  ['put out', group, 'member', { status: 'kicked' }, { open: false }],
  ['muted', group, 'member', { status: 'restricted', is_member: true, can_send_messages: false }, { open: false }],
  ['blocked', privately, 'member', { status: 'kicked' }, { open: false }],
  ['unblocked', privately, 'kicked', { status: 'member' }, { open: true }],
])('where we stand in a chat: %s', (_, chat, before, after, standing) => {
  const change = { chat, from: ann, date: 1, old_chat_member: { status: before }, new_chat_member: after };
  const it = heard({ my_chat_member: change });
  expect(it).toMatchObject({ type: 'standing', ...standing });
  expect('addedBy' in (it?.chat ?? {})).toBe('chat' in standing && 'addedBy' in standing.chat);
});

test('a group that becomes a supergroup is named by both its ids', () => {
  const old = { id: -40, type: 'group', title: 'Garden' };
  expect(heard({ message: message({ chat: old, migrate_to_chat_id: -1009 }) })).toEqual({
    type: 'moved',
    from: 'tg:-40',
    chat: { jid: 'tg:-1009', name: 'Garden', isGroup: true },
  });
  expect(heard({ message: message({ migrate_from_chat_id: -40 }) })).toEqual({
    type: 'moved',
    from: 'tg:-40',
    chat: { jid: 'tg:-1001', name: 'Garden', isGroup: true },
  });
});

test.each([
  ['tg:1', true],
  ['tg:-1001234567890', true],
  ['tg:4503599627370495', true],
  ['tg:4503599627370496', false],
  ['tg:-4503599627370496', false],
  ['tg:99999999999999999', false],
  ['tg:0', false],
  ['tg:01', false],
  ['tg:1.5', false],
  ['tg:', false],
  ['xtg:1', false],
])('a JID is a chat of Telegram exactly when Telegram can have such an id: %s', (jid, owned) => {
  expect(manifest.chatOf(jid)).toBe(owned ? jid.slice(3) : undefined);
});

test('what we never asked for is left alone', () => {
  expect(heard({ poll: { id: '1' } })).toBeUndefined();
  expect(heard({})).toBeUndefined();
});

test.each<[string, object]>([
  ['a mention', { type: 'mention', text: '@andy_bot', username: 'andy_bot' }],
  ['a mention with its sign', { type: 'mention', text: '@andy_bot', username: '@andy_bot' }],
  ['a name that was tapped', { type: 'text_mention', text: 'Andy', user: bot }],
  ['a link to us', { type: 'url', text: 'Andy', url: 'tg://user?id=99' }],
  ['a command for us', { type: 'bot_command', text: '/stop@Andy_bot', bot_command: '/stop@Andy_bot' }],
])('a formatted message means us by %s, wherever it stands', (_what, mark) => {
  const inList = [
    {
      type: 'list',
      items: [{ label: '1.', blocks: [{ type: 'paragraph', text: ['hey ', { type: 'bold', text: mark }] }] }],
    },
  ];
  expect(said({ rich_message: { blocks: inList } }).mentionsAssistant).toBe(true);
});

test.each<[string, object]>([
  ['somebody else', { type: 'mention', text: '@bob', username: 'bob' }],
  ['another one’s name', { type: 'text_mention', text: 'Ann', user: ann }],
  ['a link elsewhere', { type: 'url', text: '@Andy_bot', url: 'tg://user?id=991' }],
  ['our name as code', { type: 'code', text: '@Andy_bot' }],
  ['another bot’s command', { type: 'bot_command', text: '/stop@bob_bot', bot_command: '/stop@bob_bot' }],
])('a formatted message does not mean us by %s', (_what, mark) => {
  const blocks = [{ type: 'paragraph', text: ['see ', mark] }];
  expect(said({ rich_message: { blocks } }).mentionsAssistant).toBe(false);
});

test('a name that was tapped means us also where the app made a link of it', () => {
  const entities = [{ type: 'text_link', offset: 0, length: 4, url: 'tg://user?id=99' }];
  expect(said({ text: 'Andy look', entities }).mentionsAssistant).toBe(true);
  expect(said({ text: 'Andy look', entities: [{ ...entities[0], url: 'tg://user?id=9' }] }).mentionsAssistant).toBe(
    false,
  );
});
