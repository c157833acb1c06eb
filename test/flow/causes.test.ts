// Causes outside the message: rows wait, the chat is told once, all are answered when the cause is gone.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { callTool, cut, fail, say } from '../../src/gateway/rehearsal/reply.ts';
import { NanoclawError } from '../../src/model/errors.ts';
import { eventually } from '../eventually.ts';
import { type House, openHouse } from '../house.ts';

const stateOf = (house: House, seq: number) => house.withStore((store) => store.inbox.ofMessage(seq));

async function waits(house: House, seq: number, cause: string): Promise<void> {
  await eventually(`the message to wait for: ${cause}`, () => {
    const row = stateOf(house, seq);
    return row?.state === 'waiting' && row.cause === cause;
  });
}

test.each([401, 403])(
  'a credential that is refused (%i): told once, nothing spent, answered by a new one',
  async (status) => {
    await using house = await openHouse();
    house.rehearsal.script = () => fail(status);
    const first = house.say('one');
    expect(await house.hears(1)).toEqual([
      expect.stringMatching(new RegExp(`refused my credential.*${status}.*\\.env`)),
    ]);
    await waits(house, first, 'credential');
    const second = house.say('two');
    await eventually('another try', () => stateOf(house, second)?.cause === 'credential');
    expect(house.heard()).toHaveLength(1);
    expect(stateOf(house, first)).toMatchObject({ attempts: 0 });
    await house.close();
    house.rehearsal.script = (context) => say(`answered ${context.person.map((one) => one.text).join(', ')}`);
    await house.open();
    expect((await house.hears(2))[1]).toBe('answered one, two');
  },
);

test.each([
  [429, /takes no more requests from me for a moment/],
  [529, /overloaded right now/],
])('an overloaded model (%i): retried by itself until it answers', async (status, told) => {
  await using house = await openHouse();
  house.rehearsal.script = () => fail(status);
  const seq = house.say('hello');
  expect(await house.hears(1)).toEqual([expect.stringMatching(told)]);
  await waits(house, seq, 'overloaded');
  const before = house.rehearsal.count;
  house.clock.advance(5_000);
  await house.rehearsal.seen(before + 1, 60_000);
  await eventually('the second try to be over', () => stateOf(house, seq)?.cause_tries === 2);
  house.rehearsal.script = () => say('here I am');
  house.clock.advance(10_000);
  expect((await house.hears(2))[1]).toBe('here I am');
  expect(stateOf(house, seq)).toMatchObject({ state: 'done', attempts: 0 });
});

test('an answer cut in the middle is asked for again and arrives once, whole', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) =>
    context.count === 1 ? cut('this is only the beginning of it', 12) : say('this is the whole of it');
  house.say('hello');
  expect(await house.hears(1)).toEqual(['this is the whole of it']);
  expect(house.rehearsal.count).toBe(2);
});

test('an engine that does not answer: the message waits and is answered when it is back', async () => {
  await using house = await openHouse();
  house.sandbox.beforeStart = async () => {
    throw new NanoclawError('sandbox.unavailable', 'Docker does not answer.', { cure: 'Start it.' });
  };
  house.rehearsal.script = () => say('back again');
  const seq = house.say('hello');
  expect(await house.hears(1)).toEqual([
    expect.stringMatching(/cannot start my sandbox: Docker does not answer\. Start it\./),
  ]);
  await waits(house, seq, 'sandbox');
  house.clock.advance(5_000);
  await eventually('the second try', () => stateOf(house, seq)?.cause_tries === 2);
  house.sandbox.beforeStart = async () => undefined;
  house.clock.advance(5_000);
  expect(await house.hears(2)).toEqual([expect.any(String), 'back again']);
  expect(stateOf(house, seq)).toMatchObject({ attempts: 0, state: 'done' });
});

test('a disk with too little room: no turn begins, nothing is lost', async () => {
  await using house = await openHouse({ settings: { DISK_MIN_FREE: '9000000g' } });
  const seq = house.say('hello');
  expect(await house.hears(1)).toEqual([expect.stringMatching(/disk of my home directory is nearly full/)]);
  await waits(house, seq, 'disk');
  expect(house.sandbox.runs).toEqual([]);
});

test('a container that dies under its work: an attempt is spent, the next one is told so and answers', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) => {
    if (house.sandbox.runs.length > 1) return say(`again: ${context.texts.join().includes('<earlier_attempt')}`);
    return callTool('Bash', { command: 'touch /workspace/group/began; sleep 600' });
  };
  const seq = house.say('hello');
  await eventually('the tool to run', () => existsSync(join(house.home, 'groups', 'main', 'began')));
  await house.sandbox.runs[0]?.run.kill();
  await eventually('the row to wait again', () => stateOf(house, seq)?.attempts === 1);
  house.clock.advance(5_000);
  expect(await house.hears(1)).toEqual(['again: true']);
  house.withStore((store) => {
    const turn = store.turns.get(store.inbox.ofMessage(seq)?.turn_id ?? '');
    expect(turn?.retry_of).toEqual(expect.any(String));
    expect(store.turns.get(turn?.retry_of ?? '')?.state).toBe('failed');
  });
});

test('a message that fails six times is given up, and its chat is told in one line', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () => callTool('Bash', { command: 'kill -9 $PPID' });
  const seq = house.say('hello');
  for (const [tries, wait] of [5, 10, 20, 40, 80].entries()) {
    await eventually(
      `attempt ${tries + 1}`,
      () => stateOf(house, seq)?.attempts === tries + 1 && stateOf(house, seq)?.state === 'waiting',
    );
    // Into one that is about to end the next attempt would go in vain, and wait again.
    const ended = () => house.log.filter((line) => line.includes('a container ended')).length;
    await eventually('the end of its container', () => ended() === tries + 1);
    house.clock.advance(wait * 1000);
  }
  expect(await house.hears(1)).toEqual([
    expect.stringMatching(
      /could not answer “hello” \(m\d+\): my agent’s program was killed, perhaps for want of memory\./,
    ),
  ]);
  expect(stateOf(house, seq)).toMatchObject({ state: 'dead' });
  house.rehearsal.script = () => say('fine');
  house.say('still there?');
  expect((await house.hears(2))[1]).toBe('fine');
});

test('no sign of life from a turn: it is ended and its message tried again', async () => {
  await using house = await openHouse({ settings: { CONTAINER_TIMEOUT: '60000' } });
  house.rehearsal.script = () =>
    house.sandbox.runs.length > 1
      ? say('alive')
      : callTool('Bash', { command: 'touch /workspace/group/began; sleep 600' });
  const seq = house.say('hello');
  await eventually('the tool to run', () => existsSync(join(house.home, 'groups', 'main', 'began')));
  // In steps: a single leap is taken for a sleep of the machine.
  await eventually('the row to wait again', () => {
    house.clock.advance(10_000);
    return stateOf(house, seq)?.attempts === 1;
  });
  house.clock.advance(5_000);
  // Beside the line that it was working.
  await eventually('the answer', () => house.heard().at(-1) === 'alive');
});

test('a host that stops in the middle of a turn takes it up again at the next start, unspent', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () => callTool('Bash', { command: 'touch /workspace/group/began; sleep 600' });
  const seq = house.say('hello');
  await eventually('the tool to run', () => existsSync(join(house.home, 'groups', 'main', 'began')));
  await house.close();
  expect(stateOf(house, seq)).toMatchObject({ state: 'waiting', attempts: 0 });
  house.rehearsal.script = () => say('here it is');
  await house.open();
  expect(await house.hears(1)).toEqual(['here it is']);
});

test('a container kept only by background work gives way after a minute, and its chat is told', async () => {
  await using house = await openHouse({ settings: { MAX_CONCURRENT_CONTAINERS: '1' } });
  house.group('g2', 'tg:2', { requiresTrigger: false });
  house.rehearsal.script = (context) => {
    if (context.text !== 'serve') return say(`re ${context.text}`);
    if (context.toolCalls.length > 0) return say('it runs');
    return callTool('Bash', { command: 'while true; do sleep 1; done', run_in_background: true });
  };
  house.say('serve');
  expect(await house.hears(1)).toEqual(['it runs']);
  await eventually('the background work to be known', () =>
    house.read('data', 'ipc', 'main', 'status.json').includes('"background":1'),
  );
  house.say('hello', { jid: 'tg:2' });
  await eventually('the dispatcher to look', () => {
    house.clock.advance(10_000);
    return house.heard().length > 1;
  });
  expect(house.heard()[1]).toMatch(/another group was waiting/);
  expect(await house.hears(1, { jid: 'tg:2' })).toEqual(['re hello']);
});

test('an engine that is down tells the chat that it waits, and main what to do, once', async () => {
  await using house = await openHouse();
  // Main is told once an hour: no new one may begin before the test is over.
  house.clock.advance(3_600_000 - (house.clock.now() % 3_600_000));
  house.group('g2', 'tg:2', { requiresTrigger: false });
  house.rehearsal.script = () => say('good morning');
  house.say('hello');
  await house.hears(1);
  house.sandbox.beforeStart = async () => {
    throw new NanoclawError('sandbox.unavailable', 'Docker does not answer.', { cure: 'Start it.' });
  };
  const seq = house.say('hello', { jid: 'tg:2' });
  expect(await house.hears(1, { jid: 'tg:2' })).toEqual([expect.not.stringContaining('Docker')]);
  await eventually('a second try', () => {
    house.hurry(seq, 5_000);
    return (stateOf(house, seq)?.cause_tries ?? 0) >= 3;
  });
  expect(house.heard('tg:2')).toHaveLength(1);
  await eventually('no turn to be left', () => house.withStore((store) => store.turns.running().length === 0));
  expect(await house.hears(2)).toEqual([
    'good morning',
    expect.stringMatching(/Docker does not answer\. Start it\.[\s\S]*tg:2 waits/),
  ]);
});

test('an engine that is down while the host starts: told once, answered when it is back, and nothing was made before', async () => {
  let down = true;
  await using house = await openHouse({
    onSandbox: (sandbox) => {
      sandbox.beforeFind = async () => {
        if (down) throw new NanoclawError('sandbox.unavailable', 'Docker does not answer.', { cure: 'Start it.' });
      };
    },
  });
  house.rehearsal.script = () => say('back again');
  const seq = house.say('hello');
  expect(await house.hears(1)).toEqual([expect.stringMatching(/Docker does not answer\. Start it\./)]);
  await eventually('a second look', () => {
    house.clock.advance(5_000);
    return (stateOf(house, seq)?.cause_tries ?? 0) >= 3;
  });
  expect(house.heard()).toHaveLength(1);
  expect(house.sandbox.runs).toEqual([]);
  down = false;
  house.clock.advance(5_000);
  expect(await house.hears(2)).toEqual([expect.any(String), 'back again']);
  expect(stateOf(house, seq)).toMatchObject({ attempts: 0, state: 'done' });
});
