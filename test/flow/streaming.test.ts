// An answer is seen while it is written: one message that grows, or a draft, with the real runner and SDK behind it.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRehearsal, type Rehearsal } from '../../src/gateway/rehearsal/rehearsal.ts';
import { callTool, cut, inOneAnswer, say } from '../../src/gateway/rehearsal/reply.ts';
import { NanoclawError } from '../../src/model/errors.ts';
import { eventually } from '../eventually.ts';
import { headOf } from '../fixtures/head-of.ts';
import { type House, openHouse } from '../house.ts';
import { WindableClock } from '../windable-clock.ts';

const everyMs = 20;
const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index}`).join(' ');

async function streamingHouse(): Promise<House> {
  const house = await openHouse();
  house.channel.streamed = { type: 'edit', everyMs };
  return house;
}

const anHour = 3_600_000;

/** A model that pauses for an hour between two pieces: what was seen until `goOn` cannot be the whole. */
async function pausing(type: 'edit' | 'draft' = 'edit'): Promise<{ house: House; model: Rehearsal; goOn: () => void }> {
  const clock = new WindableClock();
  const model = createRehearsal({ clock });
  const house = await openHouse({ upstream: { kind: 'rehearsal', handler: model.handle } });
  house.channel.streamed = { type, everyMs };
  return { house, model, goOn: () => clock.advance(anHour) };
}

/** Everything that could be read in the chat at any moment. */
function seen(house: House): string[] {
  const { tries, edits, drafts } = house.channel;
  return [...tries, ...edits, ...drafts].map((one) => one.text);
}

/** The answer stands there, and is complete: a streamed one may look so before its result is stored. */
async function ends(house: House, text: string, goOn: () => void = () => undefined): Promise<void> {
  await eventually(`“${text.slice(0, 60)}” at the end; there is ${JSON.stringify(house.heard())}`, () => {
    goOn();
    return house.withStore((store) => store.messages.newest('tg:1', 20).some((one) => one.text === text));
  });
}

test('an answer is seen before it is complete, is one message in the end, and is remembered once', async () => {
  const { house, model, goOn } = await pausing();
  await using _house = house;
  const text = words(60);
  model.script = () => say(text, { chunk: 100, gapMs: anHour });
  house.say('tell me');
  const [first] = await house.hears(1);
  expect(text.startsWith(first ?? '-')).toBe(true);
  expect(first).not.toBe(text);
  goOn();
  await eventually('more of it', () => house.heard()[0] !== first);
  expect(house.heard()[0]).not.toBe(text);
  await ends(house, text, goOn);
  expect(house.heard()).toEqual([text]);
  expect(house.channel.tries).toHaveLength(1);
  expect(house.channel.edits.length).toBeGreaterThan(1);
  for (const shown of seen(house)) expect(text.startsWith(shown)).toBe(true);
  const kept = house.withStore((store) => store.messages.newest('tg:1', 9));
  expect(kept.map((one) => one.text)).toEqual(['tell me', text]);
});

test('nothing internal is seen at any moment', async () => {
  await using house = await streamingHouse();
  const text = `<internal>SECRET ${words(5)}</internal>Hello <internal>SECRET</internal> there, ${words(10)} <INTERNAL>SECRET ${words(5)}`;
  house.rehearsal.script = () => say(text, { chunk: 3, gapMs: 80 });
  house.say('tell me');
  await ends(house, `Hello  there, ${words(10)}`);
  expect(seen(house).length).toBeGreaterThan(2);
  for (const shown of seen(house)) expect(shown).not.toMatch(/SECRET|</);
});

test('an answer that is cut off and begun anew takes back what was seen', async () => {
  const { house, model, goOn } = await pausing();
  await using _house = house;
  model.next(cut(`wrong ${words(30)}`, 120, { gapMs: anHour }));
  model.script = () => say('right');
  house.say('tell me');
  await eventually('the beginning', () => seen(house).some((text) => text.startsWith('wrong')));
  await ends(house, 'right', goOn);
  expect(house.heard()).toEqual(['right']);
  expect(house.channel.tries).toHaveLength(1);
});

test('after a stop in the middle the next host goes on in the same message', async () => {
  await using house = await streamingHouse();
  house.rehearsal.next(say(words(400), { chunk: 8, gapMs: 50 }));
  house.rehearsal.script = () => say('the whole answer');
  house.say('tell me');
  await house.hears(1);
  await house.close();
  expect(house.heard()).toHaveLength(1);
  expect(house.heard()[0]).toContain('word0');
  await house.open();
  await ends(house, 'the whole answer');
  expect(house.heard()).toEqual(['the whole answer']);
  expect(house.channel.tries).toHaveLength(1);
});

test('a runner that dies in the middle is followed by another in the same message', async () => {
  await using house = await streamingHouse();
  house.rehearsal.script = () => {
    if (house.sandbox.runs.length > 1) return say('the whole answer');
    const killed = { type: 'tool_use', name: 'Bash', input: { command: 'sleep 1; kill -9 $PPID; sleep 5' } } as const;
    return inOneAnswer([{ type: 'text', text: words(20), chunk: 8, gapMs: 10 }, killed]);
  };
  const seq = house.say('tell me');
  await house.hears(1);
  await eventually('the whole answer', () => {
    house.hurry(seq, 1_000);
    return house.heard().includes('the whole answer');
  });
  expect(house.heard()).toEqual(['the whole answer']);
  expect(house.channel.tries).toHaveLength(1);
});

test('an answer longer than one message becomes its first part', async () => {
  await using house = await streamingHouse();
  const text = words(1_000);
  house.rehearsal.script = () => say(text, { chunk: 200, gapMs: 20 });
  house.say('tell me');
  const texts = await house.hears(2);
  await eventually('all of it', () => house.heard().join(' ') === text);
  expect(texts).toHaveLength(2);
  expect(house.channel.tries).toHaveLength(2);
  for (const shown of seen(house)) expect(shown.length).toBeLessThanOrEqual(4096);
});

test('a message that comes during the last text is answered in a message of its own', async () => {
  await using house = await streamingHouse();
  house.rehearsal.script = (context) => say(`${context.text}: ${words(20)}`, { chunk: 4, gapMs: 20 });
  house.say('one');
  await house.hears(1);
  house.say('two');
  await eventually('both', () => house.heard().join('|') === `one: ${words(20)}|two: ${words(20)}`);
  expect(house.channel.tries).toHaveLength(2);
  expect(house.sandbox.runs).toHaveLength(1);
});

test('what the agent sends meanwhile stands by itself', async () => {
  await using house = await streamingHouse();
  house.rehearsal.script = (context) =>
    context.toolCalls.length > 0
      ? say(`Finished: ${words(20)}`, { chunk: 8, gapMs: 20 })
      : inOneAnswer([
          { type: 'text', text: 'Let me look.', chunk: 4, gapMs: 50 },
          { type: 'tool_use', name: 'mcp__nanoclaw__send_message', input: { text: 'by the way' } },
        ]);
  house.say('do it');
  const whole = `Let me look.\n\nFinished: ${words(20)}`;
  await ends(house, whole);
  expect(house.heard().sort()).toEqual([whole, 'by the way']);
});

test('where drafts vanish by themselves the answer is sent once, whole', async () => {
  const { house, model, goOn } = await pausing('draft');
  await using _house = house;
  const text = words(40);
  model.script = () => say(text, { chunk: 80, gapMs: anHour });
  house.say('tell me');
  await eventually('a draft', () => house.channel.drafts.length === 1);
  goOn();
  await eventually('another', () => house.channel.drafts.length > 1);
  expect(house.heard()).toEqual([]);
  await ends(house, text, goOn);
  expect(house.channel.edits).toEqual([]);
  for (const { text: shown } of house.channel.drafts) expect(text.startsWith(shown)).toBe(true);
});

test('a long silence is explained in the place of the answer, and the answer takes that place', async () => {
  await using house = await streamingHouse();
  house.rehearsal.script = (context) =>
    context.toolCalls.length > 0
      ? say('done')
      : callTool('Bash', { command: 'touch began; while [ ! -e go ]; do sleep 0.05; done' });
  house.say('do it');
  await eventually('the command to run', () => existsSync(join(house.home, 'groups', 'main', 'began')));
  await eventually('the line', () => {
    house.clock.advance(5_000);
    return house.heard().some((text) => /^⏳ working: running a command \(\d+ min\)$/.test(text));
  });
  writeFileSync(join(house.home, 'groups', 'main', 'go'), '');
  await ends(house, 'done');
  expect(house.heard()).toEqual(['done']);
});

/** To `one`: the platform never takes it, and it is given up. */
async function loseAnswer(house: House): Promise<void> {
  house.channel.shut('tg:1');
  house.say('one');
  await eventually('the answer to wait', () => house.withStore((store) => store.outbox.openIn('tg:1') === 1));
  house.withStore((store) => store.outbox.bury(headOf(store, 'tg:1')?.id ?? 0, 'blocked'));
  house.channel.open('tg:1');
}

test('what could not be delivered is told to the agent, once, with its next message', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) => say(`re: ${context.text}`);
  await loseAnswer(house);
  house.say('two');
  await eventually('the second answer', () => house.heard().includes('re: two'));
  house.say('three');
  await eventually('the third answer', () => house.heard().includes('re: three'));
  const told = house.rehearsal.requests.map(({ context }) => context.texts.join('\n').split('<undelivered').length - 1);
  // The conversation holds it from then on, said once.
  expect(told).toEqual([0, 1, 1]);
  expect(house.rehearsal.requests[1]?.context.texts.join('\n')).toContain('re: one</undelivered>');
});

test('an agent that never took the message is told again, in the one it takes', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) => say(`re: ${context.text}`);
  await loseAnswer(house);
  await house.close();
  await house.open();
  house.sandbox.beforeStart = async () => {
    house.sandbox.beforeStart = async () => undefined;
    throw new NanoclawError('sandbox.unavailable', 'The engine does not answer.');
  };
  const seq = house.say('two');
  await eventually('the second answer', () => {
    house.hurry(seq, 5_000);
    return house.heard().includes('re: two');
  });
  expect(house.rehearsal.requests.at(-1)?.context.texts.join('\n')).toContain('re: one</undelivered>');
});

test('what was seen to grow before a tool stays where it stood, and the rest grows below it', async () => {
  await using house = await streamingHouse();
  house.rehearsal.script = ({ toolCalls }) =>
    toolCalls.length > 0
      ? say('Saved.')
      : inOneAnswer([
          { type: 'text', text: 'The report.' },
          { type: 'tool_use', name: 'Bash', input: { command: 'while [ ! -e seen ]; do sleep 0.05; done' } },
        ]);
  house.say('report');
  await eventually('the report to be seen', () => seen(house).includes('The report.'));
  writeFileSync(join(house.home, 'groups', 'main', 'seen'), '');
  await ends(house, 'The report.\n\nSaved.');
  const texts = seen(house).filter((text) => !text.startsWith('…'));
  for (const text of texts) expect(text.startsWith('The report.')).toBe(true);
  expect(house.heard()).toEqual(['The report.\n\nSaved.']);
});
