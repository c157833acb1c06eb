// A person stops what runs: its tools end, its messages are done with, what comes afterwards is answered.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startLine } from '../../protocol/start.ts';
import { callTool, say } from '../../src/gateway/rehearsal/reply.ts';
import { LocalSandbox } from '../../src/sandbox/local.ts';
import { eventually } from '../eventually.ts';
import { processesIn } from '../fixtures/processes.ts';
import { type House, type HouseOptions, openHouse } from '../house.ts';

const long = callTool('Bash', { command: 'touch began; sleep 300' });

/** A long command runs in the main group's container. */
async function working(house: House): Promise<void> {
  await eventually('the command to run', () => existsSync(join(house.home, 'groups', 'main', 'began')));
}

function gateOf(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((open) => {
    resolve = open;
  });
  return { promise, resolve: () => resolve() };
}

const sleepers = (house: House) => processesIn(house.home).filter(({ command }) => /^sleep 300/.test(command));

/** A runner that starts, and never does anything again. */
const deaf: NonNullable<HouseOptions['sandbox']> = (config, clock) =>
  new LocalSandbox({
    program: { mounts: [], command: ['/usr/bin/sleep', '3600'] },
    searchPath: config.environment.path,
    hidden: [config.home],
    clock,
  });

test('the command that runs is ended, nothing is said, and the next message is answered in the same container', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) => (context.text === 'work' ? long : say(`re ${context.text}`));
  const seq = house.say('work');
  await working(house);
  await eventually('the command to sleep', () => sleepers(house).length === 1);
  expect(house.stopTurn()).toBe(true);
  await eventually('the command to be gone', () => sleepers(house).length === 0);
  await house.rests();
  expect(house.state(seq)).toBe('done');
  expect(readdirSync(join(house.home, 'data', 'ipc', 'main', 'input'))).toEqual([]);
  house.say('hello');
  expect(await house.hears(1)).toEqual(['re hello']);
  expect(house.sandbox.runs).toHaveLength(1);
  expect(house.channel.typing.at(-1)).toEqual({ jid: 'tg:1', on: false });
});

test('a message that comes right after the stop is answered', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) => (context.text === 'work' ? long : say(`re ${context.text}`));
  const first = house.say('work');
  await working(house);
  expect(house.stopTurn()).toBe(true);
  const second = house.say('rather this');
  expect(await house.hears(1)).toEqual(['re rather this']);
  await house.rests();
  expect([house.state(first), house.state(second)]).toEqual(['done', 'done']);
  expect(house.sandbox.runs).toHaveLength(1);
});

test('only that chat and thread is stopped, and where nothing runs there is nothing to stop', async () => {
  await using house = await openHouse();
  expect(house.stopTurn()).toBe(false);
  house.rehearsal.script = ({ toolCalls }) =>
    toolCalls.length > 0
      ? say('went through')
      : callTool('Bash', { command: 'touch began; while [ ! -e go ]; do sleep 0.05; done' });
  house.say('work');
  await working(house);
  expect(house.stopTurn('tg:1', '17')).toBe(false);
  expect(house.stopTurn('tg:2')).toBe(false);
  house.touch('groups', 'main', 'go');
  expect(await house.hears(1)).toEqual(['went through']);
});

test('stopped while its container is made: done at once, and the container answers the next message', async () => {
  await using house = await openHouse();
  const gate = gateOf();
  house.sandbox.beforeStart = () => gate.promise;
  house.rehearsal.script = (context) => say(`re ${context.person.map((one) => one.text).join(' and ')}`);
  const first = house.say('work');
  await eventually('the turn to begin', () => house.state(first) === 'claimed');
  expect(house.stopTurn()).toBe(true);
  expect(house.state(first)).toBe('done');
  const second = house.say('hello');
  await eventually('the second to be claimed', () => house.state(second) === 'claimed');
  gate.resolve();
  expect(await house.hears(1)).toEqual(['re hello']);
  expect(house.sandbox.runs).toHaveLength(1);
});

test('a message that waits for a container is withdrawn', async () => {
  await using house = await openHouse({ settings: { MAX_CONCURRENT_CONTAINERS: '1' } });
  house.group('g2', 'tg:2', { requiresTrigger: false });
  house.rehearsal.script = ({ text, toolCalls }) => {
    if (text !== 'work') return say(`re ${text}`);
    const command = 'touch began; while [ ! -e go ]; do sleep 0.05; done';
    return toolCalls.length > 0 ? say('worked') : callTool('Bash', { command });
  };
  house.say('work');
  await working(house);
  const waits = house.say('hello', { jid: 'tg:2' });
  expect(house.stopTurn('tg:2')).toBe(true);
  expect(house.state(waits)).toBe('done');
  house.say('hello again', { jid: 'tg:2' });
  house.touch('groups', 'main', 'go');
  expect(await house.hears(1, { jid: 'tg:2' })).toEqual(['re hello again']);
});

test('a container that does not heed the stop is killed: what was stopped is done, what came later is tried again', async () => {
  await using house = await openHouse({ sandbox: deaf });
  const first = house.say('work');
  await eventually('the container', () => house.sandbox.runs.length === 1 && house.state(first) === 'claimed');
  await eventually('the input', () => readdirSync(join(house.home, 'data', 'ipc', 'main', 'input')).length === 1);
  expect(house.stopTurn()).toBe(true);
  const second = house.say('and this');
  await eventually('the second to be handed over', () => house.state(second) === 'claimed');
  expect(house.state(first)).toBe('claimed');
  house.clock.advance(5_000);
  await eventually('the first to be done', () => house.state(first) === 'done');
  await eventually('a new container for the second', () => house.sandbox.runs.length === 2);
  expect(house.state(second)).toBe('claimed');
  expect(house.heard()).toEqual([]);
});

test('a stop survives the host: what it stopped is not taken up again at the next start', async () => {
  await using house = await openHouse({ sandbox: deaf });
  const seq = house.say('work');
  await eventually('the input', () => {
    const input = join(house.home, 'data', 'ipc', 'main', 'input');
    return existsSync(input) && readdirSync(input).length === 1;
  });
  expect(house.stopTurn()).toBe(true);
  await house.close();
  await house.open();
  expect(house.state(seq)).toBe('done');
});

const sessions = (house: House) =>
  house.sandbox.runs.map(({ stdin }) => startLine.parse(JSON.parse(stdin.split('\n')[0] ?? '')).sessionId);

test('a new conversation: the next message goes to a container that knows nothing of the old one', async () => {
  await using house = await openHouse();
  house.rehearsal.script = ({ text }) => say(`re ${text}`);
  house.say('my number is 4711');
  await house.hears(1);
  await house.rests();
  house.app.turns.renew('main');
  house.say('what is it');
  expect(await house.hears(2)).toEqual(['re my number is 4711', 're what is it']);
  expect(house.rehearsal.requests.at(-1)?.context.texts.join()).not.toContain('4711');
  expect(new Set(sessions(house)).size).toBe(2);
});

test('a new conversation asked for during a turn: that turn ends in the old one, what follows begins the new one', async () => {
  await using house = await openHouse();
  house.rehearsal.script = ({ text, toolCalls }) => {
    if (text !== 'work') return say(`re ${text}`);
    const command = 'touch began; while [ ! -e go ]; do sleep 0.05; done';
    return toolCalls.length > 0 ? say('worked') : callTool('Bash', { command });
  };
  house.say('work');
  await working(house);
  house.app.turns.renew('main');
  const second = house.say('and now');
  house.touch('groups', 'main', 'go');
  expect(await house.hears(2)).toEqual(['worked', 're and now']);
  await eventually('the second to be done', () => house.state(second) === 'done');
  expect(new Set(sessions(house)).size).toBe(2);
});

test('a stop that waits for a turn is hurried by a second one: everything ends at once, and the message is answered later', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) => (context.text === 'work' && context.count === 1 ? long : say('done'));
  const seq = house.say('work');
  await working(house);
  const { app } = house;
  const polite = house.close({ now: false });
  await Promise.all([polite, app.stop({ now: true })]);
  expect(sleepers(house)).toEqual([]);
  await house.open();
  expect(await house.hears(1)).toEqual(['done']);
  await house.rests();
  expect(house.state(seq)).toBe('done');
});
