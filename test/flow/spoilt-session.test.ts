// A conversation that the model refuses is left by itself, and nothing that came after it is lost with it.
import { expect, test } from 'vitest';
import type { RehearsalContext } from '../../src/gateway/rehearsal/conversation.ts';
import { callTool, fail, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { fireNow, outcomeOf } from '../fixtures/occurrence.ts';
import { type House, openHouse } from '../house.ts';

const rowOf = (house: House, seq: number) => house.withStore((store) => store.inbox.ofMessage(seq));
const bodyOf = (context: RehearsalContext) => JSON.stringify(context.body.messages);
/** The session that gave this answer goes on. */
const remembers = (context: RehearsalContext, answer: string) =>
  context.body.messages.some(({ role, content }) => role === 'assistant' && JSON.stringify(content).includes(answer));

/** A model whose API refuses every request that holds these words. */
function refusing(house: House, words: string, message: string): void {
  house.rehearsal.script = (context) => {
    if (bodyOf(context).includes(words)) return fail(400, { message });
    if (context.text === 'look' && context.toolCalls.length === 0)
      return callTool('Bash', { command: `echo ${words.replace('-', '"-"')}` });
    return say(`re ${context.text}`);
  };
}

const mismatch =
  'messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_01. Each `tool_use` block must have a corresponding `tool_result` block in the next message.';

test('a tool result that the API refuses for ever: the second refusal begins a new conversation, told in one line, and nothing is spent', async () => {
  await using house = await openHouse();
  refusing(house, 'poison-7', mismatch);
  house.say('my name is Ann');
  await house.hears(1);
  const look = house.say('look');
  // It is asked for once more, and then in a new conversation, where the tool gives the same again: its end.
  expect(await house.hears(3)).toEqual([
    're my name is Ann',
    expect.stringMatching(/^🔄 .*begun a new one/),
    expect.stringMatching(/^⚠️ I could not answer “look”/),
  ]);
  expect(rowOf(house, look)).toMatchObject({ state: 'dead', attempts: 0 });
});

test('a message that meets a spoilt conversation is answered in a new one, which is told what was said lately', async () => {
  await using house = await openHouse();
  let spoilt = false;
  let told = '';
  house.rehearsal.script = (context) => {
    // The API refuses the session that holds the first answer.
    if (spoilt && remembers(context, 're my name')) {
      return fail(400, { message: 'messages.1.content.0: Invalid `signature` in `thinking` block' });
    }
    told = bodyOf(context);
    return say(`re ${context.text}`);
  };
  house.say('my name is Ann');
  await house.hears(1);
  spoilt = true;
  const seq = house.say('what is my name?');
  expect(await house.hears(3)).toEqual(['re my name is Ann', expect.stringMatching(/^🔄 /), 're what is my name?']);
  expect(told).toMatch(
    /<earlier_conversation[\s\S]*my name is Ann[\s\S]*re my name is Ann[\s\S]*<\/earlier_conversation>/,
  );
  expect(rowOf(house, seq)).toMatchObject({ state: 'done', attempts: 0 });
  // Only until it has answered.
  house.say('and now?');
  await house.hears(4);
  expect(house.rehearsal.requests.at(-1)?.context.person.at(-1)?.text).toBe('and now?');
});

test('a task that meets a spoilt conversation runs in the new one, and its schedule has not failed', async () => {
  await using house = await openHouse();
  let spoilt = false;
  house.rehearsal.script = (context) => {
    if (spoilt && remembers(context, 're hello')) return fail(400, { message: mismatch });
    return say(`re ${context.text}`);
  };
  house.say('hello');
  await house.hears(1);
  spoilt = true;
  const seq = fireNow(house);
  expect(await outcomeOf(house, seq)).toBe('ok');
  expect(await house.hears(3)).toEqual(['re hello', expect.stringMatching(/^🔄 /), 're water the plants']);
  expect(house.withStore((store) => store.tasks.get('t1'))).toMatchObject({ state: 'active', failures: 0 });
});

test('a refusal ends its message, and neither the next message nor /new meets it again', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) =>
    bodyOf(context).includes('forbidden') ? say('', { stopReason: 'refusal' }) : say(`re ${context.text}`);
  house.say('my name is Ann');
  await house.hears(1);
  const seq = house.say('tell me the forbidden thing');
  expect((await house.hears(2))[1]).toMatch(/^⚠️ I could not answer “tell me the forbidden thing” .*declined/);
  expect(rowOf(house, seq)).toMatchObject({ state: 'dead', attempts: 0 });
  house.say('and the weather?');
  expect((await house.hears(3))[2]).toBe('re and the weather?');
  expect(bodyOf(house.rehearsal.requests.at(-1)?.context ?? never())).toContain('my name is Ann');
});

test('what came while a message was worked on that is at its end is answered by itself', async () => {
  await using house = await openHouse();
  house.rehearsal.script = async (context) => {
    if (context.text === 'bad-first' && context.toolCalls.length === 0) return callTool('Bash', { command: 'sleep 2' });
    if (bodyOf(context).includes('bad-first')) return say('', { stopReason: 'refusal' });
    return say(`re ${context.text}`);
  };
  house.say('bad-first');
  await house.rehearsal.seen(1, 60_000);
  const second = house.say('second');
  expect(await house.hears(2)).toEqual([expect.stringMatching(/^⚠️ I could not answer “bad-first”/), 're second']);
  await eventually('all to be settled', () => house.state(second) === 'done');
});

function never(): never {
  throw new Error('no request');
}

test('declined twice in a row: what was said lately is not told again, for it may be the reason', async () => {
  await using house = await openHouse();
  let touchy = false;
  house.rehearsal.script = (context) =>
    touchy && bodyOf(context).includes('innocent words')
      ? say('', { stopReason: 'refusal' })
      : say(`re ${context.text}`);
  house.say('innocent words');
  await house.hears(1);
  touchy = true;
  house.say('one');
  expect((await house.hears(2))[1]).toMatch(/^⚠️ I could not answer “one”.*declined/);
  house.say('two');
  expect((await house.hears(3))[2]).toMatch(/^⚠️ I could not answer “two”.*declined/);
  house.say('three');
  expect((await house.hears(4))[3]).toBe('re three');
});
