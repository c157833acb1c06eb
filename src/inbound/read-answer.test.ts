// What people say to a question: the first answer of somebody who may counts, wakes, and ends it.

import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { InboundDesk } from '../../test/fixtures/receiver.ts';
import { askQuestion, readButton } from '../acts/ask-question.ts';
import { expireQuestions } from '../acts/expire-questions.ts';
import { Bell } from '../lib/bell.ts';

const team = 'tg:-2';

interface Asking {
  readonly options?: readonly string[];
  readonly buttons?: boolean;
  readonly thread?: string;
  readonly sent?: boolean;
}

/** In the chat of the team, which needs a trigger. Its number. */
function ask(desk: InboundDesk, { options = [], buttons = false, thread, sent = true }: Asking = {}): number {
  const { store, clock } = desk;
  const at = { store, clock, outboxBell: new Bell(), limitOf: () => ({ length: 4_000 }) };
  const key = `request:q-${store.questions.openIn(team).length}`;
  const place = { jid: team, thread };
  const question = 'Which colour?';
  const id = askQuestion(at, {
    key,
    group: 'team',
    place,
    turnId: undefined,
    question,
    options,
    buttons,
    timeoutMs: 60_000,
  });
  for (const row of store.said.ofKey(key)) if (sent) store.outbox.markSent(row.id, `out-${id}`, 1);
  return id;
}

function stateOf(desk: InboundDesk, id: number) {
  const question = desk.store.questions.get(id);
  return [question?.state, question?.answer];
}

const wakes = (desk: InboundDesk, seq: number | undefined) => desk.store.inbox.ofMessage(seq ?? 0)?.wakes;

test('a pressed button answers, in the words that stand on it; the second press wakes nobody', () => {
  using desk = new InboundDesk();
  const id = ask(desk, { options: ['Blue', 'Red'], buttons: true });
  const press = (value: string) => desk.say(value, { jid: team, kind: 'click' });
  const first = press(`q${id}:2`);
  expect(stateOf(desk, id)).toEqual(['answered', 'Red']);
  expect(desk.store.messages.get(first ?? 0)?.text).toBe('Red');
  expect(desk.store.questions.endedBy(first ?? 0)?.id).toBe(id);
  expect(wakes(desk, first)).toBe(1);
  const second = press(`q${id}:1`);
  expect(stateOf(desk, id)).toEqual(['answered', 'Red']);
  expect(wakes(desk, second)).toBe(0);
  expect(desk.store.messages.get(second ?? 0)?.text).toBe('[pressed “Blue” of q1, which was answered before]');
});

test.each([
  ['a number', '2', 'Red'],
  ['a number as in a list', ' 2. ', 'Red'],
  ['an option in another case', 'bLUE', 'Blue'],
  ['an option behind the trigger', '@Andy blue', 'Blue'],
])('where there are no buttons, %s answers without calling the assistant', (_what, text, chosen) => {
  using desk = new InboundDesk();
  const id = ask(desk, { options: ['Blue', 'Red'] });
  const other = desk.say('what do you think?', { jid: team });
  expect(wakes(desk, other)).toBe(0);
  const seq = desk.say(text, { jid: team });
  expect(stateOf(desk, id)).toEqual(['answered', chosen]);
  expect(wakes(desk, seq)).toBe(1);
  expect(desk.store.messages.get(seq ?? 0)?.text).toBe(text);
});

test('what is no option answers nothing, unless it replies to the question', () => {
  using desk = new InboundDesk();
  const id = ask(desk, { options: ['Blue', 'Red'] });
  for (const text of ['3', '0', '22', 'green', 'Blue or red?']) desk.say(text, { jid: team });
  expect(stateOf(desk, id)).toEqual(['open', undefined]);
  desk.say('green!', { jid: team, replyTo: { id: `out-${id}`, sender: 'Andy', text: 'Which colour?' } });
  expect(stateOf(desk, id)).toEqual(['answered', 'green!']);
});

test('a number is no answer where the options are buttons', () => {
  using desk = new InboundDesk();
  const id = ask(desk, { options: ['Blue', 'Red'], buttons: true });
  desk.say('2', { jid: team });
  expect(stateOf(desk, id)).toEqual(['open', undefined]);
});

test('without options the next words at that place answer; commands, edits, reactions and other threads do not', () => {
  using desk = new InboundDesk();
  const id = ask(desk, { thread: '7' });
  desk.say('/help', { jid: team, thread: '7' });
  desk.say('elsewhere', { jid: team });
  desk.say('👍', { jid: team, thread: '7', kind: 'reaction' });
  desk.say('edited', { jid: team, thread: '7', kind: 'edit', revision: 1 });
  expect(stateOf(desk, id)).toEqual(['open', undefined]);
  const seq = desk.say('because', { jid: team, thread: '7' });
  expect(stateOf(desk, id)).toEqual(['answered', 'because']);
  expect(wakes(desk, seq)).toBe(1);
  const next = desk.say('and so on', { jid: team, thread: '7' });
  expect(wakes(desk, next)).toBe(0);
});

test('of two open questions the newer one is answered first', () => {
  using desk = new InboundDesk();
  const older = ask(desk);
  const newer = ask(desk);
  desk.say('one', { jid: team });
  expect(stateOf(desk, older)).toEqual(['open', undefined]);
  desk.say('two', { jid: team });
  expect([stateOf(desk, newer), stateOf(desk, older)]).toEqual([
    ['answered', 'one'],
    ['answered', 'two'],
  ]);
});

test('nobody answers before the question stands in the chat', () => {
  using desk = new InboundDesk();
  const id = ask(desk, { sent: false });
  desk.say('too early', { jid: team });
  expect(stateOf(desk, id)).toEqual(['open', undefined]);
});

test('whoever may not wake the group cannot answer', () => {
  using desk = new InboundDesk();

  const allow = { default: { allow: ['ann'], mode: 'trigger' }, chats: {} };
  writeFileSync(`${desk.path}/sender-allowlist.json`, JSON.stringify(allow));
  const id = ask(desk, { options: ['Blue'], buttons: true });
  const seq = desk.say(`q${id}:1`, { jid: team, kind: 'click', senderId: 'mallory' });
  expect(wakes(desk, seq)).toBe(0);
  expect(stateOf(desk, id)).toEqual(['open', undefined]);
  desk.say(`q${id}:1`, { jid: team, kind: 'click' });
  expect(stateOf(desk, id)).toEqual(['answered', 'Blue']);
});

test('a button of another chat’s question, or of none, says nothing to it', () => {
  using desk = new InboundDesk();
  const id = ask(desk, { options: ['Blue'], buttons: true });
  const seq = desk.say(`q${id}:1`, { jid: 'tg:1', kind: 'click' });
  expect(stateOf(desk, id)).toEqual(['open', undefined]);
  expect(desk.store.messages.get(seq ?? 0)?.text).toBe(`q${id}:1`);
  desk.say('q99:1', { jid: team, kind: 'click' });
  desk.say(`q${id}:9`, { jid: team, kind: 'click' });
  expect(stateOf(desk, id)).toEqual(['open', undefined]);
  expect(readButton('q1:2x')).toBeUndefined();
});

test('a question that nobody answers ends in a message that wakes, once; a press that comes later wakes as well', () => {
  using desk = new InboundDesk();
  const { store, clock } = desk;
  const id = ask(desk, { options: ['Blue'], buttons: true });
  expect(expireQuestions(desk.desk)).toBe(false);
  clock.advance(60_000);
  expect(expireQuestions(desk.desk)).toBe(true);
  expect(expireQuestions(desk.desk)).toBe(false);
  expect(stateOf(desk, id)).toEqual(['expired', undefined]);
  const [told] = store.messages.newest(team, 1);
  expect(told?.text).toBe('Nobody has answered q1 in time: “Which colour?”');
  expect(wakes(desk, told?.seq)).toBe(1);
  const late = desk.say(`q${id}:1`, { jid: team, kind: 'click' });
  expect(stateOf(desk, id)).toEqual(['expired', undefined]);
  expect(wakes(desk, late)).toBe(1);
  expect(store.messages.get(late ?? 0)?.text).toContain('whose time was over');
});

test('a question of a chat that the group no longer has ends without a word', () => {
  using desk = new InboundDesk();
  const { store, clock } = desk;
  const id = ask(desk);
  store.chats.wire(team, undefined);
  clock.advance(60_000);
  expireQuestions(desk.desk);
  expect(stateOf(desk, id)).toEqual(['expired', undefined]);
  expect(store.messages.newest(team, 1)).toEqual([]);
});
