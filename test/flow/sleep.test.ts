// A lid that was closed: time has passed for the clock, not for the agent.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { callTool, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { openHouse } from '../house.ts';

test('a machine that slept through the night goes on with its turn: nothing is killed for the silence', async () => {
  await using house = await openHouse({ settings: { CONTAINER_TIMEOUT: '600000' } });
  house.rehearsal.script = ({ toolCalls }) => {
    const command = 'touch began; while [ ! -e go ]; do sleep 0.05; done';
    return toolCalls.length > 0 ? say('good morning') : callTool('Bash', { command });
  };
  const seq = house.say('work');
  await eventually('the command to run', () => existsSync(join(house.home, 'groups', 'main', 'began')));
  house.clock.advance(8 * 3_600_000);
  await eventually('the night to be noticed', () => house.log.some((line) => line.includes('slept')));
  expect(house.channel.typing).toEqual([{ jid: 'tg:1', on: true }]);
  house.touch('groups', 'main', 'go');
  expect(await house.hears(1)).toEqual(['good morning']);
  expect(house.sandbox.runs).toHaveLength(1);
  expect(house.withStore((store) => store.inbox.ofMessage(seq))).toMatchObject({ state: 'done', attempts: 0 });
});

test('silence that it did not sleep through still ends a turn', async () => {
  await using house = await openHouse({ settings: { CONTAINER_TIMEOUT: '600000' } });
  house.rehearsal.script = () =>
    house.sandbox.runs.length > 1 ? say('alive') : callTool('Bash', { command: 'touch began; sleep 600' });
  const seq = house.say('work');
  await eventually('the command to run', () => existsSync(join(house.home, 'groups', 'main', 'began')));
  house.clock.advance(8 * 3_600_000);
  await eventually('the attempt to be spent', () => {
    house.clock.advance(30_000);
    return house.withStore((store) => store.inbox.ofMessage(seq)?.attempts) === 1;
  });
  house.clock.advance(5_000);
  await eventually('the next attempt to answer', () => house.heard().includes('alive'));
});
