// 👀 on a message: the agent has it. Off again when it is dealt with.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { callTool, fail, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { type House, openHouse } from '../house.ts';

const reactions = (house: House) => house.channel.reactions.map(({ platformId, emoji }) => [platformId, emoji]);
const off = undefined;

test('the message that woke the agent has eyes while it is worked on, the context before it has none', async () => {
  await using house = await openHouse();
  house.group('team', 'tg:9');
  house.rehearsal.script = () => say('done');
  house.say('good morning all', { jid: 'tg:9', platformId: 'context-0' });
  house.say('@Andy hello', { jid: 'tg:9', platformId: 'asks-1' });
  await house.hears(1, { jid: 'tg:9' });
  expect(reactions(house)).toEqual([
    ['asks-1', '👀'],
    ['asks-1', off],
  ]);
});

test('they go when the message is stopped, and when it is given up', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () => callTool('Bash', { command: 'touch began; sleep 300' });
  house.say('work', { platformId: 'stopped-2' });
  await eventually('the command to run', () => existsSync(join(house.home, 'groups', 'main', 'began')));
  house.stopTurn();
  await house.rests();
  house.rehearsal.script = () => fail(400, { message: 'no such thing' });
  const seq = house.say('hello', { platformId: 'dead-3' });
  await eventually('it to be given up', () => {
    house.hurry(seq, 10_000);
    return house.state(seq) === 'dead';
  });
  expect(reactions(house).filter(([id]) => id === 'stopped-2')).toEqual([
    ['stopped-2', '👀'],
    ['stopped-2', off],
  ]);
  expect(reactions(house).at(-1)).toEqual(['dead-3', off]);
});

test('a host that died in between does not leave them for ever: the next attempt takes them off', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () => callTool('Bash', { command: 'touch began; sleep 300' });
  house.say('work', { platformId: 'asks-1' });
  await eventually('the command to run', () => existsSync(join(house.home, 'groups', 'main', 'began')));
  await house.close();
  expect(reactions(house)).toEqual([['asks-1', '👀']]);
  house.rehearsal.script = () => say('done');
  await house.open();
  await house.hears(1);
  expect(reactions(house)).toEqual([
    ['asks-1', '👀'],
    ['asks-1', '👀'],
    ['asks-1', off],
  ]);
});
