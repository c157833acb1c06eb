// What waits for a limit or a setting goes on by itself, as it was said.
import { expect, test } from 'vitest';
import { fail, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { fireNow, outcomeOf } from '../fixtures/occurrence.ts';
import { type House, openHouse } from '../house.ts';

const rowOf = (house: House, seq: number) => house.withStore((store) => store.inbox.ofMessage(seq));
const hourMs = 3_600_000;

test('a plan’s limit: told until when, once for all that wait, again when it goes on, and answered by itself after it', async () => {
  await using house = await openHouse();
  const limit = (ms: number) =>
    fail(429, { message: `Claude AI usage limit reached|${Math.ceil((house.clock.now() + ms) / 1000)}` });
  let reply = limit(2 * hourMs);
  house.rehearsal.script = () => reply;
  const first = house.say('one');
  expect(await house.hears(1)).toEqual([
    expect.stringMatching(
      /^⏸ Your plan’s limit is reached until \d\d:\d\d.*; I go on then by myself\. Your message is kept/,
    ),
  ]);
  await eventually('it to wait', () => rowOf(house, first)?.cause === 'limit');
  const second = house.say('two');
  await eventually('that one to wait', () => rowOf(house, second)?.cause === 'limit');
  await house.rests();
  expect(house.heard()).toHaveLength(1);
  const asked = house.rehearsal.count;
  house.clock.advance(hourMs);
  await house.rests();
  expect(house.rehearsal.count).toBe(asked);
  // It should be over now, and goes on.
  reply = limit(3 * hourMs);
  house.clock.advance(hourMs + 60_000);
  expect((await house.hears(2))[1]).toMatch(/limit is reached until/);
  await house.rests();
  house.rehearsal.script = (context) => say(`answered ${context.person.map((one) => one.text).join(', ')}`);
  house.clock.advance(3 * hourMs);
  expect((await house.hears(3))[2]).toBe('answered one, two');
  expect(rowOf(house, first)).toMatchObject({ state: 'done', attempts: 0 });
});

test('a model that does not exist: told once with the cure, and answered as soon as another one is chosen', async () => {
  await using house = await openHouse({ settings: { MODEL: 'claude-nope' } });
  house.rehearsal.script = ({ model }) =>
    model.includes('nope') ? fail(404, { message: `model: ${model}` }) : say(`by ${model}`);
  const seq = house.say('hello');
  expect(await house.hears(1)).toEqual([
    expect.stringMatching(
      /^⏸ The model “claude-nope” does not exist for this key: say `\/model NAME` here, or set MODEL in \.env/,
    ),
  ]);
  await eventually('it to wait', () => rowOf(house, seq)?.cause === 'model');
  house.say('/model claude-sonnet-5');
  expect((await house.hears(3)).slice(1)).toEqual([expect.stringMatching(/claude-sonnet-5/), 'by claude-sonnet-5']);
  expect(rowOf(house, seq)).toMatchObject({ state: 'done', attempts: 0 });
});

test('a group’s own model that does not exist: forgotten again, it is answered by the default one', async () => {
  await using house = await openHouse();
  house.rehearsal.script = ({ model }) =>
    model.includes('nope') ? fail(404, { message: `model: ${model}` }) : say('here');
  house.say('/model claude-nope');
  await house.hears(1);
  house.say('hello');
  expect((await house.hears(2))[1]).toMatch(/“claude-nope” does not exist/);
  await house.rests();
  house.say('/model default');
  expect((await house.hears(4))[3]).toBe('here');
});

test('several messages that end together are told in one line', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () => fail(529);
  house.say('one');
  await house.hears(1);
  const two = house.say('two');
  await eventually('both to wait', () => rowOf(house, two)?.cause === 'overloaded');
  await house.rests();
  house.rehearsal.script = () => fail(413);
  house.say('three');
  expect((await house.hears(2))[1]).toMatch(/^⚠️ I could not answer “one” \(m\d+\) and 2 more: it is too large/);
  await house.rests();
  expect(house.heard()).toHaveLength(2);
});

test('an isolated task that is declined fails once, in one line, and the group’s conversation goes on', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) =>
    JSON.stringify(context.body.messages).includes('water the plants')
      ? say('', { stopReason: 'refusal' })
      : say(
          `${context.body.messages.length > 1 && context.texts.join().includes('re hello') ? 'still' : 're'} ${context.text}`,
        );
  house.say('hello');
  await house.hears(1);
  const seq = fireNow(house, { contextMode: 'isolated' });
  expect(await outcomeOf(house, seq)).toBe('failed');
  expect((await house.hears(2))[1]).toMatch(
    /^⚠️ The task “water the plants” \(t1\) failed: the model declined to answer it\.$/,
  );
  house.say('there?');
  expect((await house.hears(3))[2]).toBe('still there?');
});

test('an isolated task’s report stands before the tool that follows it', async () => {
  await using house = await openHouse();
  house.rehearsal.script = ({ toolCalls }) =>
    toolCalls.length > 0
      ? say('Saved.')
      : {
          type: 'message',
          blocks: [
            { type: 'text', text: 'The report.' },
            { type: 'tool_use', name: 'Bash', input: { command: 'true' } },
          ],
        };
  fireNow(house, { contextMode: 'isolated' });
  expect(await house.hears(1)).toEqual(['The report.\n\nSaved.']);
});

test('a task that murmurs on its way and ends in silence is silent', async () => {
  await using house = await openHouse();
  house.rehearsal.script = ({ toolCalls }) =>
    toolCalls.length > 0
      ? say('<internal>nothing new</internal>')
      : {
          type: 'message',
          blocks: [
            { type: 'text', text: 'Let me look.' },
            { type: 'tool_use', name: 'Bash', input: { command: 'true' } },
          ],
        };
  const seq = fireNow(house);
  expect(await outcomeOf(house, seq)).toBe('silent');
  await house.rests();
  expect(house.heard()).toEqual([]);
});
