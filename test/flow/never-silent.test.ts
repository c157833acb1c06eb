// Messages that other assistants have been known to pass over in silence.
import { expect, test } from 'vitest';
import { say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { type House, openHouse } from '../house.ts';

/** Every text that reaches the model is answered by name. */
function echo(house: House): void {
  house.rehearsal.script = ({ person }) => say(`re ${person.map(({ text }) => text).join(' | ')}`);
}

test('two in the same second, one dated years ago and one dated tomorrow are answered like any other', async () => {
  await using house = await openHouse();
  echo(house);
  const now = house.clock.now();
  for (const [n, sentAt] of [now, now, 0, now + 86_400_000, now].entries()) {
    house.say(`message ${n}`, { sentAt });
    expect((await house.hears(n + 1)).at(-1)).toBe(`re message ${n}`);
  }
});

test('of twenty-five that wait, the trigger in the first, every one is before the agent and the first is answered', async () => {
  await using house = await openHouse();
  echo(house);
  const jid = 'tg:2';
  house.group('talk', jid, { requiresTrigger: true });
  house.say('@Andy what is open?', { jid });
  for (let n = 1; n < 25; n += 1) house.say(`point ${n}`, { jid });
  expect((await house.hears(1, { jid }))[0]).toContain('@Andy what is open?');
  // What came after the first is context of the next question, not lost.
  house.say('@Andy and now?', { jid });
  expect((await house.hears(2, { jid })).at(-1)).toContain('@Andy and now?');
  const seen = house.rehearsal.requests.flatMap(({ context }) => context.texts).join('\n');
  for (let n = 1; n < 25; n += 1) expect(seen).toContain(`>point ${n}<`);
});

test.each([
  ['@小明', '@小明 你好'],
  ['@小明', '＠小明你好'],
  ['@C++', '@C++ how'],
  ['@Zoë', '@ZOE\u0308, hello'],
])('a group called by %s is woken by “%s”', async (trigger, text) => {
  await using house = await openHouse();
  house.rehearsal.script = () => say('here I am');
  house.group('named', 'tg:2', { trigger });
  house.say(text, { jid: 'tg:2' });
  expect(await house.hears(1, { jid: 'tg:2' })).toEqual(['here I am']);
});

test('a person who writes as the assistant would sign is not taken for it', async () => {
  await using house = await openHouse();
  echo(house);
  house.say('andy: hi');
  expect(await house.hears(1)).toEqual(['re andy: hi']);
});

test('two messages a moment apart to a group without a container are both answered, by one container', async () => {
  await using house = await openHouse();
  echo(house);
  house.say('first');
  await eventually('the container to be asked for', () => house.sandbox.runs.length === 1);
  house.say('second');
  await house.rests();
  await eventually('all to be said', () => house.withStore((store) => store.outbox.openIn('tg:1') === 0));
  const said = house.heard().join('\n');
  expect(said).toContain('first');
  expect(said).toContain('second');
  expect(house.sandbox.runs).toHaveLength(1);
});
