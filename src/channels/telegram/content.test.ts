import type { Message } from 'grammy/types';
import { expect, test } from 'vitest';
import { contentOf } from './content.ts';

const ann = { id: 7, is_bot: false, first_name: 'Ann', last_name: 'Lee' };

function message(fields: object): Message {
  return { message_id: 12, date: 1_700_000_000, from: ann, ...fields } as Message;
}

function said(fields: object) {
  const content = contentOf(message(fields));
  if (!content) throw new Error('nothing was said');
  return content;
}

const file = (id: string, more = {}) => ({ file_id: id, file_unique_id: `u${id}`, ...more });

test('a rich message is read in words', () => {
  const blocks = [
    { type: 'heading', size: 1, text: 'Plan' },
    { type: 'paragraph', text: ['do ', { type: 'bold', text: 'this' }] },
    { type: 'list', items: [{ label: '1.', blocks: [{ type: 'paragraph', text: 'first' }] }] },
    { type: 'table', cells: [[{ text: 'a' }, { text: 'b' }]] },
  ];
  expect(said({ rich_message: { blocks } }).text).toBe('Plan\ndo this\n1. first\na | b');
});

test.each([
  [
    'photo',
    { photo: [file('s', { width: 90, height: 90 }), file('l', { width: 800, height: 600, file_size: 50 })] },
    { kind: 'photo', mime: 'image/jpeg', size: 50, ref: 'l 50' },
  ],
  [
    'live photo, which comes with its still',
    { live_photo: file('m'), photo: [file('l', { width: 8, height: 6 })] },
    { kind: 'photo', ref: 'l' },
  ],
  [
    'live photo whose still is inside of it',
    { live_photo: file('m', { photo: [file('l', { width: 8, height: 6 })] }) },
    { kind: 'photo', ref: 'l' },
  ],
  ['live photo without a still', { live_photo: file('m') }, { kind: 'video', mime: 'video/mp4', ref: 'm' }],
  ['voice', { voice: file('v', { duration: 2 }) }, { kind: 'voice', mime: 'audio/ogg', ref: 'v' }],
  [
    'audio',
    { audio: file('a', { file_name: 's.mp3', mime_type: 'audio/mpeg' }) },
    { kind: 'audio', name: 's.mp3', mime: 'audio/mpeg', ref: 'a' },
  ],
  ['video', { video: file('v', { mime_type: 'video/mp4' }) }, { kind: 'video', mime: 'video/mp4', ref: 'v' }],
  ['video note', { video_note: file('n', { length: 9 }) }, { kind: 'video', mime: 'video/mp4', ref: 'n' }],
  [
    'animation, which Telegram shows as a document too',
    { animation: file('g'), document: file('g') },
    { kind: 'video', mime: 'video/mp4', ref: 'g' },
  ],
  [
    'document',
    { document: file('d', { file_name: 'a b.pdf', mime_type: 'application/pdf', file_size: 9 }) },
    { kind: 'document', name: 'a b.pdf', mime: 'application/pdf', size: 9, ref: 'd 9' },
  ],
])('a file comes with its kind, name, type and size: %s', (_, fields, attachment) => {
  const { text, attachments } = said(fields);
  expect(text).toBe('');
  expect(attachments).toHaveLength(1);
  expect(attachments?.[0]).toMatchObject(attachment);
  expect(said({ ...fields, caption: 'look' }).text).toBe('look');
});

test('a sticker is an attachment and says its emoji', () => {
  const animated = said({ sticker: file('t', { emoji: '😀', is_animated: true, is_video: false }) });
  expect(animated.text).toBe('[sticker 😀]');
  expect(animated.attachments).toMatchObject([{ kind: 'sticker', mime: 'application/x-tgsticker', ref: 't' }]);
});

test.each([
  [{ contact: { first_name: 'Bob', last_name: 'Ray', phone_number: '+49 1' } }, '[contact: Bob Ray, +49 1]'],
  [{ location: { latitude: 52.5, longitude: 13.4 } }, '[location: 52.5, 13.4]'],
  [
    { venue: { title: 'Zoo', address: 'Street 1', location: { latitude: 1, longitude: 2 } } },
    '[place: Zoo, Street 1 (1, 2)]',
  ],
  [{ poll: { question: 'Tea?', options: [{ text: 'yes' }, { text: 'no' }] } }, '[poll: Tea? · yes · no]'],
  [{ dice: { emoji: '🎲', value: 4 } }, '[🎲 4]'],
  [
    { text: 'hello', forward_origin: { type: 'hidden_user', sender_user_name: 'Bob', date: 1 } },
    '[forwarded from Bob]\nhello',
  ],
])('what is no text becomes a short one: %j', (fields, text) => {
  expect(said(fields).text).toBe(text);
});

test.each([
  ['somebody came', { new_chat_members: [ann] }],
  ['somebody went', { left_chat_member: ann }],
  ['a pin', { pinned_message: message({ text: 'old' }) }],
  ['a topic was opened', { forum_topic_created: { name: 'x', icon_color: 1 } }],
  ['a new title', { new_chat_title: 'x' }],
])('service messages say nothing: %s', (_, fields) => {
  expect(contentOf(message(fields))).toBeUndefined();
});

test('what has to be paid for is not passed over in silence', () => {
  expect(said({ paid_media: { star_count: 5, paid_media: [{ type: 'preview' }] } }).text).toBe('[paid media, 5 stars]');
});
