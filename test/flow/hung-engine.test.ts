// A host whose engine stops answering can be stopped all the same, and leaves to the next one what it could not end.
import { expect, test } from 'vitest';
import { connectAdmin } from '../../src/admin/client.ts';
import { NanoclawError } from '../../src/model/errors.ts';
import { eventually } from '../eventually.ts';
import { type House, openHouse } from '../house.ts';

const never = () => new Promise<void>(() => undefined);

/** The seconds a stop has taken by the host's clock. */
async function stops(house: House, now: boolean): Promise<number> {
  let over = false;
  const stopping = house.close({ now }).then(() => {
    over = true;
  });
  let [looks, seconds] = [0, 0];
  await eventually('the host to be stopped', () => {
    looks += 1;
    // What really takes its time, a socket that closes, must not count as waiting: a second passes at every tenth look.
    if (over || looks % 10 !== 0) return over;
    house.clock.advance(1_000);
    seconds += 1;
    return over;
  });
  await stopping;
  return seconds;
}

test.each([true, false])('an idle container that cannot be ended holds nobody up, now: %s', async (now) => {
  await using house = await openHouse();
  house.say('hello');
  await house.hears(1);
  await house.rests();
  const [recorded] = house.sandbox.runs;
  house.sandbox.beforeKill = never;
  // It does not heed a request to close either.
  if (!now) recorded?.run.stdin.destroy();
  expect(await stops(house, now)).toBeLessThan(30);
  await recorded?.run.kill();
});

test.each([true, false])('a container that is never made holds nobody up and spends nothing, now: %s', async (now) => {
  await using house = await openHouse();
  house.sandbox.beforeStart = never;
  const seq = house.say('hello');
  await eventually('the turn', () => house.withStore((store) => store.turns.running().length === 1));
  expect(await stops(house, now)).toBeLessThan(15);
  expect(house.heard()).toEqual([]);
  house.withStore((store) => expect(store.inbox.ofMessage(seq)).toMatchObject({ attempts: 0, cause: null }));
  await house.open();
  await house.hears(1);
  expect(house.state(seq)).toBe('done');
});

test('a search for what earlier hosts left holds nobody up', async () => {
  await using house = await openHouse({
    onSandbox: (sandbox) => {
      sandbox.beforeFind = never;
    },
  });
  expect(await stops(house, false)).toBeLessThan(15);
});

test('a container that has closed by itself is not ended once more', async () => {
  await using house = await openHouse({ settings: { IDLE_TIMEOUT: '1000' } });
  let kills = 0;
  house.sandbox.beforeKill = async () => {
    kills += 1;
  };
  house.say('hello');
  await house.hears(1);
  await house.rests();
  house.clock.advance(2_000);
  await eventually('its end', () => house.log.some((line) => line.includes('a container ended')));
  house.clock.advance(120_000);
  await new Promise(setImmediate);
  expect(kills).toBe(0);
});

test('status tells what the engine said as long as it does not do what it should', async () => {
  await using house = await openHouse();
  const admin = await connectAdmin(house.app.socketPath);
  const state = async () => (await admin.call('status', {})).sandbox.state;
  expect(await state()).toBe('ready');
  house.sandbox.beforeStart = async () => {
    throw new NanoclawError('sandbox.unavailable', 'docker is not running.', { cure: 'Start it.' });
  };
  house.say('hello');
  await house.hears(1);
  expect(await state()).toBe('docker is not running. Start it.');
  house.sandbox.beforeStart = async () => undefined;
  house.clock.advance(6_000);
  await house.hears(2);
  expect(await state()).toBe('ready');
  admin.close();
});

test('status tells too that what an earlier host left cannot be looked for', async () => {
  await using house = await openHouse({
    onSandbox: (sandbox) => {
      sandbox.beforeFind = async () => {
        throw new NanoclawError('sandbox.unavailable', 'docker did not answer within 10 s.');
      };
    },
  });
  const admin = await connectAdmin(house.app.socketPath);
  const state = async () => (await admin.call('status', {})).sandbox.state;
  await expect.poll(state).toMatch(/did not answer/);
  house.sandbox.beforeFind = async () => undefined;
  house.clock.advance(6_000);
  await expect.poll(state).toBe('ready');
  admin.close();
});
