// What the agent has others do, or has running in the background, reaches the chat whose turn began it: once.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RehearsalContext } from '../../src/gateway/rehearsal/conversation.ts';
import { callTool, type Reply, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { type House, openHouse } from '../house.ts';

const other = 'tg:2';
const until = (file: string) => `while [ ! -e ${file} ]; do sleep 0.05; done; echo out-of-${file}`;
const bash = (command: string, background = false) =>
  callTool('Bash', { command, ...(background && { run_in_background: true }) });

async function openTwoChats(): Promise<House> {
  const house = await openHouse();
  house.withStore((store) => {
    store.chats.see({ jid: other, channel: 'telegram', name: 'Second', isGroup: false });
    store.chats.wire(other, 'main');
  });
  house.rehearsal.script = script;
  return house;
}

/** `back X`: works in the background until the file X is there. `fore X`: waits for it. `slow X`: writes slowly. */
function script(context: RehearsalContext): Reply {
  const { text, toolCalls, texts } = context;
  const last = texts.findLast((one) => !one.includes('total_tokens')) ?? '';
  const told = [...last.matchAll(/out-of-(\w)/g)].at(-1)?.[1];
  if (last.includes('<background_work')) return say(`asked about ${told}`);
  if (text === '' && last.includes('<task-notification>')) return say(`${told} is over`);
  const [word, file = ''] = text.split(' ');
  if (toolCalls.length === 0 && word === 'back') return bash(until(file), true);
  if (toolCalls.length === 0 && word === 'fore') return bash(`touch here-${file}; ${until(file)}`);
  if (word === 'slow') return say(`re: ${text} ${'and on '.repeat(60)}`, { chunk: 8, gapMs: 50 });
  return say(`re: ${text}`);
}

function ends(house: House, ...files: string[]): void {
  for (const file of files) house.touch('groups', 'main', file);
}

function begun(house: House, file: string): Promise<unknown> {
  return eventually('the command to run', () => existsSync(join(house.home, 'groups', 'main', `here-${file}`)));
}

/** Nothing of the agent goes on any more, and all it said has arrived. */
async function allQuiet(house: House): Promise<void> {
  await house.rests();
  await eventually('the agent to rest', () => {
    const status = JSON.parse(house.read('data', 'ipc', 'main', 'status.json'));
    return status.state === 'idle' && status.background === 0;
  });
  await eventually('all to be said', () => house.withStore((store) => store.outbox.openPlaces().length === 0));
}

test('a background command that ends while nobody asks anything is told of in its chat, once', async () => {
  await using house = await openTwoChats();
  house.say('back a', { jid: other });
  await house.hears(1, { jid: other });
  house.say('hello');
  await house.hears(1);
  ends(house, 'a');
  expect(await house.hears(2, { jid: other })).toEqual(['re: back a', 'a is over']);
  await allQuiet(house);
  expect(house.heard()).toEqual(['re: hello']);
  expect(house.heard(other)).toHaveLength(2);
});

test('two that end together are told of one by one, each in its own chat', async () => {
  await using house = await openTwoChats();
  house.say('back a');
  await house.hears(1);
  house.say('back b', { jid: other });
  await house.hears(1, { jid: other });
  ends(house, 'a', 'b');
  expect(await house.hears(2)).toEqual(['re: back a', 'a is over']);
  expect(await house.hears(2, { jid: other })).toEqual(['re: back b', 'b is over']);
  await allQuiet(house);
  expect([house.heard(), house.heard(other)].map((texts) => texts.length)).toEqual([2, 2]);
});

test('one that ends while the answer for another chat is written is told of after it, in its own chat', async () => {
  await using house = await openTwoChats();
  house.say('back a');
  await house.hears(1);
  house.say('slow one', { jid: other });
  await house.rehearsal.seen(3, 60_000);
  ends(house, 'a');
  expect(await house.hears(2)).toEqual(['re: back a', 'a is over']);
  await allQuiet(house);
  expect(house.heard(other)).toEqual([expect.stringMatching(/^re: slow one/)]);
  expect(house.heard()).toHaveLength(2);
});

test('one that ends while a tool runs for another chat is asked about afterwards, for its own chat', async () => {
  await using house = await openTwoChats();
  house.say('back a');
  await house.hears(1);
  house.say('fore b', { jid: other });
  await begun(house, 'b');
  ends(house, 'a');
  await eventually('the agent to know', () => {
    return JSON.parse(house.read('data', 'ipc', 'main', 'status.json')).background === 0;
  });
  ends(house, 'b');
  expect(await house.hears(1, { jid: other })).toEqual(['re: fore b']);
  expect(await house.hears(2)).toEqual(['re: back a', 'asked about a']);
  await allQuiet(house);
  expect(house.heard()).toHaveLength(2);
  expect(house.heard(other)).toHaveLength(1);
});

test('one that ends while a tool runs for its own chat is part of that answer, and nobody is asked again', async () => {
  await using house = await openTwoChats();
  house.say('back a');
  await house.hears(1);
  house.say('fore b');
  await begun(house, 'b');
  ends(house, 'a');
  await eventually('the agent to know', () => {
    return JSON.parse(house.read('data', 'ipc', 'main', 'status.json')).background === 0;
  });
  ends(house, 'b');
  expect(await house.hears(2)).toEqual(['re: back a', 're: fore b']);
  await allQuiet(house);
  expect(house.heard()).toHaveLength(2);
});

test('what is said in another chat while the agent tells of background work waits for that, and both arrive', async () => {
  await using house = await openTwoChats();
  house.rehearsal.script = (context) => {
    const last = context.texts.findLast((one) => !one.includes('total_tokens')) ?? '';
    const tells = context.text === '' && context.toolCalls.length === 0 && last.includes('<task-notification>');
    return tells ? bash(`touch here-b; ${until('b')}`) : context.text === '' ? say('a is over') : script(context);
  };
  house.say('back a');
  await house.hears(1);
  ends(house, 'a');
  await begun(house, 'b');
  house.say('hello', { jid: other });
  await eventually('it to be claimed', () => house.withStore((store) => store.inbox.counts().claimed === 1));
  ends(house, 'b');
  expect(await house.hears(1, { jid: other })).toEqual(['re: hello']);
  expect(await house.hears(2)).toEqual(['re: back a', 'a is over']);
});

test.each([false, true])(
  'a subagent’s report reaches the chat that asked, once; in the background: %s',
  async (background) => {
    await using house = await openTwoChats();
    house.rehearsal.script = ({ text, toolCalls, texts }) => {
      const last = texts.findLast((one) => !one.includes('total_tokens')) ?? '';
      if (text === 'look around')
        return toolCalls.length === 0
          ? callTool('mcp__nanoclaw__send_message', { text: 'looking' })
          : say('the report');
      if (text === '' && last.includes('<task-notification>')) return say(`told: ${/the report/.exec(last)}`);
      if (text === 'go' && toolCalls.length === 0)
        return callTool('Agent', {
          ...{ description: 'look', prompt: 'look around', subagent_type: 'general-purpose' },
          run_in_background: background,
        });
      return say(background ? 'begun' : `told: ${/the report/.exec(toolCalls[0]?.result?.text ?? '')}`);
    };
    house.say('go', { jid: other });
    const expected = background ? ['begun', 'looking', 'told: the report'] : ['looking', 'told: the report'];
    await house.hears(expected.length, { jid: other });
    await allQuiet(house);
    expect(house.heard(other).sort()).toEqual(expected);
    expect(house.heard()).toEqual([]);
  },
);

test('late words that were written while no host ran are said when one does, once', async () => {
  await using house = await openTwoChats();
  const seq = house.say('hello', { jid: other });
  await house.hears(1, { jid: other });
  await house.rests();
  const turnId = house.withStore((store) => store.inbox.ofMessage(seq)?.turn_id ?? '');
  await house.close();
  const late = { v: 1, turnId, ordinal: 2, answers: [], status: 'ok', result: 'it is over' };
  house.drop('main', 'results', `${turnId}-2.json`, { ...late, origin: { runId: 'run', turnId } });
  await house.open();
  expect(await house.hears(2, { jid: other })).toEqual(['re: hello', 'it is over']);
  house.drop('main', 'results', `${turnId}-2.json`, { ...late, origin: { runId: 'run', turnId } });
  house.say('and now', { jid: other });
  expect(await house.hears(3, { jid: other })).toEqual(['re: hello', 'it is over', 're: and now']);
  expect(house.heard()).toEqual([]);
});

test('what ended with its sandbox is not waited for in vain: its chat is told when a host runs again, once', async () => {
  await using house = await openTwoChats();
  house.say('back a', { jid: other });
  await house.hears(1, { jid: other });
  house.say('hello');
  await house.hears(1);
  await house.rests();
  await house.close();
  await house.open();
  const ended = expect.stringMatching(/^⏹ What was still running in my background/);
  expect(await house.hears(2, { jid: other })).toEqual(['re: back a', ended]);
  await house.close();
  await house.open();
  house.say('and now', { jid: other });
  expect((await house.hears(3, { jid: other })).at(-1)).toBe('re: and now');
  expect(house.heard()).toEqual(['re: hello']);
});
