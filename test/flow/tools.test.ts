// Every tool as the agent has it: the real SDK calls it, the host does it or says why not, and the agent reads that.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { agentCalls } from '../fixtures/agent-calls.ts';
import { FakeChannel } from '../fixtures/fake-channel.ts';
import { type House, openHouse } from '../house.ts';

const team = 'tg:9';

async function withTeam(): Promise<House> {
  const house = await openHouse();
  house.group('team', team, { requiresTrigger: false });
  return house;
}

test('an agent sends a note, changes it and reacts to what it was told; another group can do neither', async () => {
  await using house = await withTeam();
  const told = await agentCalls(house, [
    ['send_message', { text: 'looking' }],
    ['send_message', { text: '<internal>only for me</internal>' }],
    [
      'edit_message',
      ({ toolResults }) => ({ message_id: /o\d+/.exec(toolResults[0] ?? '')?.[0], text: 'found **it**' }),
    ],
    ['react', ({ person }) => ({ message_id: person[0]?.id, emoji: '🎉' })],
  ]);
  expect(told).toEqual([
    'Stored for delivery as o1.',
    expect.stringMatching(/^✗ Nothing remains.*\(nothing_to_send\)$/),
    expect.stringMatching(/^o1 was changed before it was sent\.$|^Stored: o1 will read so\.$/),
    expect.stringMatching(/^Stored: 🎉 to m\d+\.$/),
  ]);
  await eventually('the edit', () => house.heard()[0] === 'found **it**');
  const asked = house.channel.reactions[0]?.platformId;
  // Its own reaction stays when the eyes go.
  await eventually('the reaction', () => house.channel.reactions.at(-1)?.emoji === '🎉');
  expect(house.channel.reactions.at(-1)).toEqual({ jid: 'tg:1', platformId: asked, emoji: '🎉' });
  await eventually('all to be done', () => house.withStore((store) => store.outbox.openIn('tg:1') === 0));

  const before = [house.channel.edits.length, house.channel.reactions.filter(({ jid }) => jid === 'tg:1').length];
  const refused = await agentCalls(
    house,
    [
      ['edit_message', { message_id: 'o1', text: 'in your name' }],
      ['react', { message_id: 'm1', emoji: '💩' }],
      ['react', { message_id: 'the last one', emoji: '💩' }],
    ],
    { jid: team },
  );
  expect(refused).toEqual([
    expect.stringMatching(/^✗ There is no message o1 in your chats.*\(unknown_message\)$/),
    expect.stringMatching(/^✗ There is no message m1 in your chats.*\(unknown_message\)$/),
    expect.stringMatching(/^✗ Nothing was done: the arguments do not fit.*an id such as m812/s),
  ]);
  expect([house.channel.edits.length, house.channel.reactions.filter(({ jid }) => jid === 'tg:1').length]).toEqual(
    before,
  );
});

test('main makes a group, lists and ends groups, and has the channels look again; another group reads that it may not', async () => {
  await using house = await withTeam();
  house.channel.discover('tg:50', 'Family');
  house.channel.names.set('tg:50', 'The family');
  const wanted = { jid: 'tg:50', name: 'Family', folder: 'family', trigger: '@Andy', requiresTrigger: false };
  const all = [
    ['refresh_groups', {}],
    ['list_groups', {}],
    ['register_group', wanted],
    ['register_group', { ...wanted, jid: 'tg:51' }],
    ['unregister_group', { folder: 'team' }],
  ] as const;
  const refused = await agentCalls(house, all, { jid: team });
  expect(refused.map((words) => words.replace(/^(✗?).*\((\w+)\)$/s, '$1$2'))).toEqual([
    '✗main_only',
    expect.stringMatching(/^\{"groups":\[\{"folder":"team"[^[]*"chats":\[[^\]]*\]\}\]\}$/),
    '✗main_only',
    '✗main_only',
    '✗main_only',
  ]);
  const told = await agentCalls(house, all);
  expect(told).toEqual([
    expect.stringMatching(/^The channels look again/),
    expect.stringMatching(/"folder":"main".*"folder":"team".*"chats_without_group":\[\{"jid":"tg:50"/),
    expect.stringMatching(/^tg:50 is the group family now/),
    expect.stringMatching(/^✗ The folder family belongs.*\(folder_taken\)$/),
    expect.stringMatching(/^The group team is no more/),
  ]);
  expect(house.channel.refreshed).toHaveLength(1);
  house.withStore((store) => {
    expect(store.groups.all().map(({ folder }) => folder)).toEqual(['main', 'family']);
    expect(store.chats.get('tg:50')).toMatchObject({ name: 'The family', group: 'family' });
  });
  const listed = JSON.parse(readFileSync(join(house.home, 'data', 'ipc', 'main', 'available_groups.json'), 'utf8'));
  expect(listed.groups).toMatchObject([{ jid: 'tg:50', name: 'The family', isRegistered: true }]);
  house.rehearsal.script = () => say('good evening');
  house.say('hello', { jid: 'tg:50' });
  expect(await house.hears(1, { jid: 'tg:50' })).toEqual(['good evening']);
});

test('a question is asked with buttons; the press wakes the agent, which reads what it answers', async () => {
  await using house = await openHouse();
  house.group('team', team);
  const told = await agentCalls(house, [['ask_user', { question: 'Which day?', options: ['Monday', 'Friday'] }]], {
    jid: team,
    text: '@Andy plan it',
  });
  expect(told).toEqual([expect.stringMatching(/^Asked as q1\./)]);
  const asked = await eventually('the question', () => house.channel.heard.find(({ text }) => text === 'Which day?'));
  expect(asked.buttons).toEqual([
    { label: 'Monday', value: 'q1:1' },
    { label: 'Friday', value: 'q1:2' },
  ]);
  expect(
    await agentCalls(house, [['edit_message', { message_id: 'o1', text: 'Which day then?' }]], {
      jid: team,
      text: '@Andy clearer',
    }),
  ).toEqual(['Stored: o1 will read so.']);
  const question = () => house.channel.heard.find(({ platformId }) => platformId === asked.platformId);
  await eventually('the new words', () => question()?.text === 'Which day then?');
  expect(question()?.buttons).toEqual(asked.buttons);
  const answers: unknown[] = [];
  house.rehearsal.script = ({ person }) => {
    const { text, attributes } = person.at(-1) ?? {};
    answers.push([text, attributes?.['answers'], attributes?.['question']]);
    return say('Friday it is');
  };
  house.say('q1:2', { jid: team, kind: 'click', mentionsAssistant: true });
  await eventually('the answer', () => house.heard(team).includes('Friday it is'));
  // The buttons have gone; what was chosen, and by whom, stands there.
  expect(question()).toMatchObject({ text: 'Which day then?\n\n✅ Friday (Ann)', buttons: undefined });
  house.say('q1:1', { jid: team, kind: 'click', mentionsAssistant: true });
  await house.rests();
  expect(answers).toEqual([['Friday', 'q1', 'Which day?']]);
});

test('where there are no buttons a number answers, in a group that needs a trigger and after a restart', async () => {
  const channel = new FakeChannel({ name: 'tg', capabilities: { buttons: false } });
  await using house = await openHouse({ platform: channel });
  house.group('team', team);
  const question = { question: 'Which day?', options: ['Monday', 'Friday'] };
  await agentCalls(house, [['ask_user', question]], { jid: team, text: '@Andy plan it', channel });
  await eventually('the question', () => channel.heardIn(team).length > 0);
  expect(channel.heardIn(team)[0]).toBe('Which day?\n\n1. Monday\n2. Friday\n\nAnswer with a number.');
  await house.close();
  await house.open();
  let answer: unknown;
  house.rehearsal.script = ({ person }) => {
    answer = person.at(-1)?.attributes;
    return say('fine');
  };
  channel.say(team, '2');
  await eventually('the answer', () => channel.heardIn(team).includes('fine'));
  expect(answer).toMatchObject({ answers: 'q1', answer: 'Friday' });
});

test('nobody answers: the agent is told so, once, also when the host was down at that moment', async () => {
  await using house = await openHouse();
  await agentCalls(house, [['ask_user', { question: 'Still there?', timeout_minutes: 10 }]]);
  await house.hears(2);
  await house.close();
  house.clock.advance(3_600_000);
  const seen: unknown[] = [];
  house.rehearsal.script = ({ person }) => {
    seen.push([person.at(-1)?.text, person.at(-1)?.attributes['unanswered']]);
    return say('never mind');
  };
  await house.open();
  await eventually('the end of it', () => house.heard().includes('never mind'));
  house.clock.advance(3_600_000);
  await house.rests();
  expect(seen).toEqual([['Nobody has answered q1 in time: “Still there?”', 'q1']]);
});
