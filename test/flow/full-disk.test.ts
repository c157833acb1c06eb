// A store that cannot write for a while (a full disk), at every place where that hurts: the host lives, nothing is lost.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { callTool, say } from '../../src/gateway/rehearsal/reply.ts';
import { Outbox } from '../../src/store/outbox.ts';
import { Requests } from '../../src/store/requests.ts';
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
  // The line that says so found room.
  expect(await house.hears(1)).toEqual([expect.stringMatching(/^⏸ The disk of my home directory is full\./)]);
  house.clock.advance(5_000);
  expect((await house.hears(2))[1]).toBe('hello');
});

test('a stop whose reply cannot be stored has stopped nothing: the message is answered', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) => say(`re ${context.text}`);
  let go: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  house.sandbox.beforeStart = () => gate;
  const seq = house.say('hello');
  await eventually('the container to be made', () => house.state(seq) === 'claimed');
  {
    using _broken = failing(Outbox, 'add');
    expect(() => house.say('/stop')).toThrow('The disk is full');
    expect(() => house.say('/new')).toThrow('The disk is full');
  }
  expect(house.state(seq)).toBe('claimed');
  go();
  expect(await house.hears(1)).toEqual(['re hello']);
  await house.rests();
});

test('a file whose request cannot be stored is copied once, however often it is tried, and sent when there is room', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) =>
    context.toolCalls.length === 0
      ? callTool('Bash', { command: 'echo hello > note.txt' })
      : context.toolCalls.length === 1
        ? callTool('mcp__nanoclaw__send_file', { path: 'note.txt' })
        : say('sent');
  const spool = join(house.home, 'data', 'spool');
  const files = () => (existsSync(spool) ? readdirSync(spool) : []);
  {
    using broken = failing(Requests, 'add');
    house.say('send it');
    await eventually('several tries', () => {
      house.clock.advance(2_000);
      return broken.times > 2;
    });
    expect(files()).toHaveLength(1);
  }
  house.clock.advance(2_000);
  await eventually('the file', () => house.channel.heard.some(({ file }) => file?.name === 'note.txt'));
  await eventually('the copy to be gone', () => files().length === 0);
});
