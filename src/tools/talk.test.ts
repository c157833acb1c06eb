import { describe, expect, test } from 'vitest';
import { headOf } from '../../test/fixtures/head-of.ts';
import { ToolRoom } from '../../test/fixtures/tool-room.ts';
import { messageName, outboxName } from '../model/message.ts';

const react = (id: string, emoji = '👍') => ({ type: 'react', message_id: id, emoji });
const edit = (id: string, text = 'new words') => ({ type: 'edit_message', message_id: id, text });
const code = (wanted: string) => ({ ok: false, error: { code: wanted, message: expect.stringMatching(/.{20}/) } });

test('what is stored is named, so that it can be changed later', async () => {
  using room = await ToolRoom.open();
  expect(room.ask('team', { type: 'message', chatJid: 'tg:2', text: 'hello' })).toEqual({
    ok: true,
    result: 'Stored for delivery as o1.',
  });
  const long = Array.from({ length: 200 }, (_, n) => `Paragraph ${n} of a long report.`).join('\n\n');
  expect(room.ask('team', { type: 'message', chatJid: 'tg:2', text: long })).toEqual({
    ok: true,
    result: 'Stored for delivery as o2, o3 (2 parts).',
  });
});

describe('an edit', () => {
  test('of what was not sent yet changes it; of what was sent it is stored', async () => {
    using room = await ToolRoom.open();
    room.ask('team', { type: 'message', chatJid: 'tg:2', text: 'hello' });
    expect(room.ask('team', edit('o1'))).toMatchObject({ ok: true, result: 'o1 was changed before it was sent.' });
    expect(room.store.said.get(1)).toMatchObject({ text: 'new words', state: 'due' });
    room.sent(1);
    expect(room.ask('team', edit('o1', 'newer <internal>secret</internal>words'))).toMatchObject({ ok: true });
    expect(headOf(room.store, 'tg:2')).toMatchObject({ kind: 'edit', target: 'o1', text: 'newer words' });
  });

  test('names what was sent by its place in the chat as well', async () => {
    using room = await ToolRoom.open();
    const id = room.said('tg:2', 'hello');
    const [stored] = room.store.messages.newest('tg:2', 1);
    expect(room.ask('team', edit(messageName(stored?.seq ?? 0)))).toMatchObject({ ok: true });
    expect(headOf(room.store, 'tg:2')).toMatchObject({ kind: 'edit', target: outboxName(id) });
  });

  test('is refused for what others said, what the host said, what is too long and what never arrived', async () => {
    using room = await ToolRoom.open();
    const theirs = messageName(room.say('tg:2', 'mine'));
    const notice = outboxName(room.said('tg:2', '⚠️ Careful', 'notice:x'));
    const command = outboxName(room.said('tg:2', 'Stopped.', 'command:7'));
    const ours = room.said('tg:2', 'hello');
    const before = room.dump();
    for (const id of [theirs, notice, command]) expect(room.ask('team', edit(id))).toMatchObject(code('not_yours'));
    expect(room.ask('team', edit(outboxName(ours), 'word '.repeat(2_000)))).toMatchObject(code('too_long'));
    expect(room.ask('team', edit(outboxName(ours), '<internal>x</internal>'))).toMatchObject(code('nothing_to_send'));
    expect(room.ask('team', edit('o77'))).toMatchObject(code('unknown_message'));
    expect(room.ask('team', edit('hello'))).toMatchObject(code('invalid_arguments'));
    expect(room.dump()).toBe(before);
    room.store.outbox.bury(ours, 'gone');
    expect(room.ask('team', edit(outboxName(ours)))).toMatchObject(code('never_sent'));
  });

  test('is refused where the platform cannot, but what waits can be changed there too', async () => {
    using room = await ToolRoom.open();
    room.abilities.edits = false;
    expect(room.ask('team', edit(outboxName(room.said('tg:2', 'hello'))))).toMatchObject(code('cannot_edit'));
    room.ask('team', { type: 'message', chatJid: 'tg:2', text: 'waits' });
    expect(room.ask('team', edit('o2'))).toMatchObject({ ok: true });
  });
});

describe('a reaction', () => {
  test('is stored for a message of a person or of ours, and can be taken back', async () => {
    using room = await ToolRoom.open();
    const theirs = messageName(room.say('tg:2', 'mine'));
    const ours = outboxName(room.said('tg:2', 'hello'));
    for (const id of [theirs, ours]) expect(room.ask('team', react(id))).toMatchObject({ ok: true });
    expect(room.ask('team', react(theirs, ''))).toMatchObject({
      ok: true,
      result: 'Your reaction will be taken back.',
    });
    expect(headOf(room.store, 'tg:2')).toMatchObject({ kind: 'reaction', target: theirs, text: '👍' });
  });

  test('is refused where the platform has none, and in words where it does not take that emoji', async () => {
    using room = await ToolRoom.open();
    const theirs = messageName(room.say('tg:2', 'mine'));
    room.abilities.emojis = ['👍', '❤'];
    expect(room.ask('team', react(theirs, '❤️'))).toMatchObject({ ok: true });
    expect(room.ask('team', react(theirs, '🧀'))).toMatchObject({
      error: { code: 'unknown_emoji', message: 'This chat takes only these: 👍 ❤' },
    });
    room.abilities.reactions = false;
    expect(room.ask('team', react(theirs))).toMatchObject(code('cannot_react'));
  });
});

describe('a question', () => {
  const question = (more: object = {}) => ({ type: 'ask_user', chatJid: 'tg:2', question: 'Which one?', ...more });

  test('stands in the place that asked, with a button for each option', async () => {
    using room = await ToolRoom.open();
    const turn = { id: 'x', place: { jid: 'tg:2', thread: '7' } };
    const id = '6f1c9a52-8f0f-4a34-9f35-0d35cf2f6f01';
    expect(room.ask('team', question({ options: ['Blue', 'Red'] }), { id, turn })).toEqual({
      ok: true,
      result: expect.stringMatching(/^Asked as q1\. .*answers="q1".*60 minutes/),
    });
    const buttons = [
      { label: 'Blue', value: 'q1:1' },
      { label: 'Red', value: 'q1:2' },
    ];
    expect(headOf(room.store, 'tg:2')).toMatchObject({ text: 'Which one?', buttons, place: { thread: '7' } });
  });

  test('lists its options with numbers where there are no buttons', async () => {
    using room = await ToolRoom.open();
    room.abilities.buttons = false;
    room.ask('team', question({ options: ['Blue', 'Red'], timeout_minutes: 5 }));
    const row = headOf(room.store, 'tg:2');
    expect(row?.text).toBe('Which one?\n\n1. Blue\n2. Red\n\nAnswer with a number.');
    expect(row?.buttons).toBeUndefined();
    const due = (minutes: number) => room.store.questions.due(room.clock.now() + minutes * 60_000).length;
    expect([due(4), due(5)]).toEqual([0, 1]);
  });

  test('is refused when it has two options alike, nothing to ask, or too many are open', async () => {
    using room = await ToolRoom.open();
    expect(room.ask('team', question({ options: ['Blue', 'blue'] }))).toMatchObject(code('same_options'));
    expect(room.ask('team', question({ question: '<internal>?</internal>' }))).toMatchObject(code('nothing_to_send'));
    expect(room.ask('team', question({ options: Array(9).fill('x') }))).toMatchObject(code('invalid_arguments'));
    expect(room.ask('team', question({ timeout_minutes: 10_081 }))).toMatchObject(code('invalid_arguments'));
    for (let n = 0; n < 10; n++) expect(room.ask('team', question())).toMatchObject({ ok: true });
    expect(room.ask('team', question())).toMatchObject(code('too_many_questions'));
  });

  test('is asked by main in its own chats alone: the answer wakes the group that has the chat', async () => {
    using room = await ToolRoom.open();
    expect(room.ask('main', question())).toMatchObject(code('not_your_chat'));
  });
});
