// Containers made ahead of the first message: there when it comes, first to go when somebody else needs the room.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { say } from '../../src/gateway/rehearsal/reply.ts';
import { NanoclawError } from '../../src/model/errors.ts';
import { eventually } from '../eventually.ts';
import { Machine } from '../fixtures/machine.ts';
import { type House, openHouse } from '../house.ts';

const groups = (house: House) => house.sandbox.runs.map((run) => run.spec.group);

async function made(house: House, count: number): Promise<void> {
  await eventually(`${count} containers`, () => house.sandbox.runs.length === count);
}

/** Wakes the dispatcher; nothing else is due by it. */
const look = (house: House) => house.clock.advance(2_000);

test('the main group’s container is there before its first message and answers it', async () => {
  await using house = await openHouse({ settings: { PREWARM: 'main' } });
  house.rehearsal.script = ({ text }) => say(`re ${text}`);
  await made(house, 1);
  await eventually('it to be ready', () => house.sandbox.runs[0]?.stdout.includes('"ready"'));
  house.say('hello');
  expect(await house.hears(1)).toEqual(['re hello']);
  expect(groups(house)).toEqual(['main']);
});

test('a message that comes while it is being made waits for it and makes no second one', async () => {
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  await using house = await openHouse({
    settings: { PREWARM: 'main' },
    onSandbox: (sandbox) => {
      sandbox.beforeStart = () => gate;
    },
  });
  house.rehearsal.script = ({ text }) => say(`re ${text}`);
  const seq = house.say('hello');
  await eventually('the message to be claimed', () => house.state(seq) === 'claimed');
  open();
  expect(await house.hears(1)).toEqual(['re hello']);
  expect(groups(house)).toEqual(['main']);
});

test('it gives way to a group that needs the room, before any that was used, and is not made again while one waits', async () => {
  await using house = await openHouse({ settings: { PREWARM: 'main', MAX_CONCURRENT_CONTAINERS: '2' } });
  house.group('g2', 'tg:2', { requiresTrigger: false });
  house.group('g3', 'tg:3', { requiresTrigger: false });
  house.rehearsal.script = ({ text }) => say(`re ${text}`);
  await made(house, 1);
  house.say('two', { jid: 'tg:2' });
  expect(await house.hears(1, { jid: 'tg:2' })).toEqual(['re two']);
  house.say('three', { jid: 'tg:3' });
  expect(await house.hears(1, { jid: 'tg:3' })).toEqual(['re three']);
  look(house);
  expect(groups(house)).toEqual(['main', 'g2', 'g3']);
  // What was used is still there: main alone went.
  house.say('two again', { jid: 'tg:2' });
  await house.hears(2, { jid: 'tg:2' });
  expect(groups(house)).toEqual(['main', 'g2', 'g3']);
});

test('it waits for its first message longer than IDLE_TIMEOUT; once used it is closed as any other, and made anew', async () => {
  await using house = await openHouse({ settings: { PREWARM: 'main', IDLE_TIMEOUT: '10000' } });
  house.rehearsal.script = ({ text }) => say(`re ${text}`);
  await made(house, 1);
  house.clock.advance(20_000);
  house.say('hello');
  expect(await house.hears(1)).toEqual(['re hello']);
  expect(groups(house)).toEqual(['main']);
  await house.rests();
  house.clock.advance(11_000);
  await house.sandbox.runs[0]?.run.exited;
  await made(house, 2);
  expect(house.heard()).toHaveLength(1);
});

test('one that cannot be made is tried again ever more seldom, told to the log once and to nobody else', async () => {
  let tries = 0;
  await using house = await openHouse({
    settings: { PREWARM: 'main' },
    onSandbox: (sandbox) => {
      sandbox.beforeStart = async () => {
        tries += 1;
        throw new NanoclawError('sandbox.unavailable', 'Docker does not answer.');
      };
    },
  });
  await eventually('the first try', () => tries === 1);
  look(house);
  expect(tries).toBe(1);
  for (const next of [2, 3]) {
    await eventually(`try ${next}`, () => {
      look(house);
      return tries === next;
    });
  }
  const warned = house.log.filter((line) => line.includes('could not be made ahead') && line.includes('"level":40'));
  expect(warned).toHaveLength(1);
  expect(house.heard()).toEqual([]);
});

test('a chosen group has one too, an unknown one is left out, and the cap holds', async () => {
  await using house = await openHouse({
    settings: { PREWARM: 'g2,nobody,main', MAX_CONCURRENT_CONTAINERS: '1' },
  });
  await made(house, 1);
  house.group('g2', 'tg:2', { requiresTrigger: false });
  look(house);
  expect(groups(house)).toEqual(['main']);
});

test('piped lines are answered by the container made ahead, and nothing of it stays behind', async () => {
  await using machine = new Machine({ settings: { CONTAINER_RUNTIME: 'local', PREWARM: 'main' } });
  const ran = await machine.run(['start'], 'hello\n');
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Hello!/) });
  expect(readdirSync(join(machine.home, 'logs', 'runs', 'main'))).toHaveLength(1);
  expect(machine.processes()).toEqual([]);
});
