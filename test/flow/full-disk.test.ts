// A store that cannot write for a while (a full disk), at every place where that hurts: the host lives, nothing is lost.
import { expect, test } from 'vitest';
import { callTool, say } from '../../src/gateway/rehearsal/reply.ts';
import { Outbox } from '../../src/store/outbox.ts';
import { Turns } from '../../src/store/turns.ts';
import { eventually } from '../eventually.ts';
import { openHouse } from '../house.ts';

class Full extends Error {
  readonly code = 'SQLITE_FULL';
}

/** While the returned thing lives, that method of every store fails as a full disk makes it fail. */
function failing<T extends object>(owner: { prototype: T }, method: keyof T & string): Disposable & { times: number } {
  const real = Object.getOwnPropertyDescriptor(owner.prototype, method);
  const broken = {
    times: 0,
    [Symbol.dispose]: () => void Object.defineProperty(owner.prototype, method, real ?? {}),
  };
  const value = () => {
    broken.times += 1;
    throw new Full('database or disk is full');
  };
  Object.defineProperty(owner.prototype, method, { value, configurable: true, writable: true });
  return broken;
}

test('an answer whose delivery cannot be marked is sent once, and the host does other things meanwhile', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () => say('hello');
  {
    using broken = failing(Outbox, 'markSent');
    house.say('hi');
    await house.hears(1);
    await eventually('another try at the mark', () => {
      house.clock.advance(2_000);
      return broken.times > 2;
    });
    expect(broken.times).toBeLessThan(200);
  }
  house.clock.advance(2_000);
  await eventually('the mark', () => house.withStore((store) => store.outbox.openIn('tg:1') === 0));
  expect(house.heard()).toEqual(['hello']);
});

test('a row that cannot be marked before it is sent is not sent, and is sent once there is room', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () => say('hello');
  {
    using broken = failing(Outbox, 'markSending');
    house.say('hi');
    await eventually('a try', () => broken.times > 0);
    expect(house.heard()).toEqual([]);
  }
  house.clock.advance(2_000);
  expect(await house.hears(1)).toEqual(['hello']);
});

test('a turn whose end cannot be stored ends when there is room again', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () =>
    house.sandbox.runs.length > 1 ? say('again') : callTool('Bash', { command: 'kill -9 $PPID; sleep 5' });
  const seq = house.say('hi');
  {
    using broken = failing(Turns, 'end');
    await eventually('a failed end', () => {
      if (broken.times > 0) house.clock.advance(1_000);
      return broken.times > 1;
    });
  }
  await eventually('the answer', () => {
    house.hurry(seq, 2_000);
    return house.heard().includes('again');
  });
});

test('a turn that cannot be stored begins when there is room again', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () => say('hello');
  let seq = 0;
  {
    using broken = failing(Turns, 'begin');
    seq = house.say('hi');
    await eventually('a try', () => broken.times > 0);
    expect(broken.times).toBeLessThan(50);
  }
  // The line that says so found room.
  expect(await house.hears(1)).toEqual([expect.stringMatching(/^⏸ The disk of my home directory is full\./)]);
  await eventually('the answer', () => {
    house.hurry(seq, 5_000);
    return house.heard()[1] === 'hello';
  });
});

test('a result that cannot be stored stays in its mailbox and is answered with once there is room', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () => say('hello');
  {
    using broken = failing(Turns, 'addResult');
    house.say('hi');
    await eventually('a try', () => broken.times > 0);
  }
  house.clock.advance(2_000);
  expect(await house.hears(1)).toEqual(['hello']);
});
