import { expect, test } from 'vitest';
import { openHouse } from '../house.ts';

test('a message is answered', async () => {
  await using house = await openHouse();
  house.say('hello');
  try {
    expect((await house.hears(1, { withinMs: 20_000 }))[0]).toContain('rehearsal');
  } catch (e) {
    console.log(house.log.join(''));
    throw e;
  }
  house.say('run: uname -n');
  expect((await house.hears(2, { withinMs: 20_000 }))[1]).toContain('sandbox');
});
