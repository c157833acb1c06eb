// One crash point of the host after the other: what docs/architecture.md says a crash costs, row by row.
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hang } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { lockWrites } from '../fixtures/crash/home-look.ts';
import { atTerminal, gate, onTelegram, thinking, timesAsked, toldOfEarlier } from './open-scene.ts';

const clean = { faults: [], repeats: [] };

test('host, before the message is stored: the platform still has it, and it is answered once', async () => {
  await using scene = await onTelegram();
  const { api } = scene.platform;
  await api.waitUntilIdle();
  const lock = lockWrites(scene.home.home);
  await scene.say('plain');
  await eventually('the host to have been told of it', () => !api.polling && api.calls('getUpdates').at(-1)?.delivered);
  expect(await scene.killHost()).toBe('unstored');
  lock[Symbol.dispose]();
  await scene.startAgain();
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
});

test('host, before the line of a terminal is stored: it is not acknowledged, and nobody answers it', async () => {
  await using scene = await atTerminal();
  const lock = lockWrites(scene.home.home);
  const said = scene.say('plain');
  await scene.killHost();
  lock[Symbol.dispose]();
  await scene.startAgain();
  await said;
  await scene.say('plain');
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
  expect(scene.platform.heard().map(({ text }) => text)).toEqual(['final n0002']);
});

test('host, stored, not claimed: the first look after the start claims it', async () => {
  await using scene = await onTelegram();
  const [first, second] = scene.platform.chats;
  scene.agent.instead = () => hang();
  await scene.say('plain', first);
  await scene.until('model');
  await scene.say('plain', second);
  await scene.sees('the second one to be stored', (look) => look.inbox().some((row) => row.state === 'waiting'));
  await scene.killHost();
  scene.agent.instead = undefined;
  await scene.startAgain();
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 2 });
});

test('host, claimed, input written, agent has not taken it: the rows wait again, nothing is spent', async () => {
  await using scene = await atTerminal();
  await scene.say('plain');
  await scene.sees('the input to be written', (look) => look.mailbox('input').length > 0);
  expect(await scene.killHost()).toBe('claimed');
  await scene.startAgain();
  await scene.rest({ wound: false });
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
  expect(toldOfEarlier(scene)).toBe(false);
  await scene.sees('no attempt to be spent', (look) => look.inbox()[0]?.attempts === 0);
});

test('host, during the turn, local: the rest is run again and told what the earlier attempt had sent', async () => {
  await using scene = await onTelegram();
  scene.agent.instead = ({ toolResults }) => (toolResults.length > 0 ? hang() : undefined);
  await scene.say('say');
  await scene.sees('the note to be sent', (look) => look.outbox().some((row) => row.state === 'sent'));
  await scene.until('model');
  expect(await scene.killHost()).toBe('model');
  scene.agent.instead = undefined;
  await scene.startAgain();
  await scene.rest({ wound: false });
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
  expect(toldOfEarlier(scene)).toBe(true);
});

test('host, result file written, not stored: the file is still there and is accepted', async () => {
  await using scene = await onTelegram();
  const model = gate(scene);
  await scene.say('plain');
  await thinking(scene);
  const lock = lockWrites(scene.home.home);
  model.open();
  await scene.until('result');
  expect(await scene.killHost()).toBe('result');
  lock[Symbol.dispose]();
  const asked = timesAsked(scene);
  await scene.startAgain();
  await scene.rest({ wound: false });
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
  expect(timesAsked(scene)).toBe(asked);
});

test('host, result stored, not sent: the outbox row is due', async () => {
  await using scene = await onTelegram();
  const release = await scene.platform.hold('due', 0);
  await scene.say('parts');
  await scene.sees('a first try', (look) => look.outbox().some((row) => row.state === 'due' && row.attempts > 0));
  expect(await scene.killHost()).toBe('due');
  await release?.();
  const asked = timesAsked(scene);
  await scene.startAgain();
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
  expect(timesAsked(scene)).toBe(asked);
});

test('host, between the platform’s acceptance and our mark: that part comes twice, and the joined logs say why', async () => {
  await using scene = await onTelegram();
  const release = await scene.platform.hold('sending', 0);
  await scene.say('plain');
  await eventually('the platform to have it', () => scene.platform.heard().length === 1);
  expect(await scene.killHost()).toBe('sending');
  await release?.();
  await scene.startAgain();
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ faults: [], repeats: [expect.stringContaining('sending')], answered: 1 });
});

test('host, while the platform has not taken it: that part comes once', async () => {
  await using scene = await onTelegram();
  const release = await scene.platform.hold('sending', 9);
  await scene.say('plain');
  await scene.until('sending');
  expect(await scene.killHost()).toBe('sending');
  await release?.();
  await scene.startAgain();
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
});

test('host, a request done, reply not written: deed and reply are one transaction, and nothing is done twice', async () => {
  await using scene = await onTelegram();
  const model = gate(scene);
  await scene.say('say');
  await thinking(scene);
  const lock = lockWrites(scene.home.home);
  model.open();
  let request = '';
  await scene.sees('the request', (look) => {
    request = look.mailbox('messages')[0] ?? '';
    return request !== '';
  });
  // Where the reply should stand there is something else.
  const obstacle = join(scene.home.home, 'data', 'ipc', 'main', 'replies', request);
  mkdirSync(obstacle);
  lock[Symbol.dispose]();
  // What it said must have arrived for certain, or a repeat would be no fault.
  await scene.sees('the deed', (look) => look.outbox().length === 1 && look.outbox()[0]?.state === 'sent');
  await scene.killHost();
  rmdirSync(obstacle);
  scene.agent.instead = undefined;
  await scene.startAgain();
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
  expect(scene.platform.heard().map(({ text }) => text)).toEqual(['note n0001', 'final n0001']);
});

test('host, again while it starts: the third one finds everything', async () => {
  await using scene = await onTelegram();
  scene.agent.instead = () => hang();
  await scene.say('plain');
  await scene.until('model');
  await scene.killHost();
  scene.home.begin();
  const log = scene.home.log();
  // Somewhere between taking the home and its first turn.
  await eventually('it to begin', () => scene.home.log() !== log);
  await scene.killHost();
  scene.agent.instead = undefined;
  await scene.startAgain();
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
});
