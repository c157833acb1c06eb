import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import { FakeChannel } from '../../../test/fixtures/fake-channel.ts';
import { WindableClock } from '../../../test/windable-clock.ts';
import { NanoclawError } from '../../model/errors.ts';
import { ChannelKeeper, type ChannelState } from './supervise.ts';

/** Remembers what it was asked to wait for. */
class ListeningClock extends WindableClock {
  readonly waits: number[] = [];

  override after(ms: number, run: () => void): Disposable {
    this.waits.push(ms);
    return super.after(ms, run);
  }
}

function keep(...channels: FakeChannel[]) {
  const clock = new ListeningClock();
  const refused: string[] = [];
  const heard: string[] = [];
  const keeper = new ChannelKeeper(channels, {
    clock,
    log: pino({ level: 'silent' }),
    eventsOf: (channel) => ({
      onMessages: (act) => act.map(({ text }) => heard.push(`${channel.name}: ${text}`)),
      onSetAside: () => undefined,
      onMoved: () => undefined,
      onChat: () => undefined,
      onOpen: () => undefined,
    }),
    onRefused: (channel, sentence) => refused.push(`${channel.name}: ${sentence}`),
  });
  onTestFinished(() => keeper.stop());
  const reaches = (state: ChannelState['state'], at = 0) =>
    eventually(`the channel is ${state}`, () => keeper.states()[at]?.state === state);
  return { clock, refused, heard, keeper, reaches };
}

test('a start that fails is tried again after 0.5, 1, 2, 4 s and so on, at last every minute, and says why meanwhile', async () => {
  const channel = new FakeChannel();
  channel.refuseStart(new Error('no network'));
  const { keeper, clock, refused, reaches } = keep(channel);
  await keeper.start();
  for (const waitMs of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    await reaches('retrying');
    await eventually('the wait', () => clock.waits.at(-1) === waitMs);
    expect(keeper.states()).toEqual([{ name: 'fake', state: 'retrying', problem: 'no network' }]);
    const { starts } = channel;
    clock.advance(waitMs);
    await eventually('the next try', () => channel.starts > starts);
  }
  channel.refuseStart(undefined);
  await reaches('retrying');
  clock.advance(60_000);
  await reaches('connected');
  expect(keeper.states()[0]?.problem).toBeUndefined();
  expect(refused).toEqual([]);
});

test('a channel that is refused is told of, with the cure, and not tried again', async () => {
  const channel = new FakeChannel();
  channel.refuseStart(new NanoclawError('channel.refused', 'The token is wrong.', { cure: 'Get a new one.' }));
  const { keeper, clock, refused, reaches } = keep(channel);
  await keeper.start();
  await reaches('refused');
  clock.advance(3_600_000);
  expect(refused).toEqual(['fake: The token is wrong. Get a new one.']);
  expect(keeper.states()).toEqual([{ name: 'fake', state: 'refused', problem: 'The token is wrong. Get a new one.' }]);
  await keeper.stop();
  expect(channel.starts).toBe(1);
});

test('a connection that ends is made anew, and hears again', async () => {
  const channel = new FakeChannel();
  const { keeper, clock, heard, reaches } = keep(channel);
  await keeper.start();
  channel.say('fake:1', 'one');
  channel.close(new Error('logged out'));
  await reaches('retrying');
  expect(() => channel.say('fake:1', 'lost')).toThrow('not started');
  clock.advance(500);
  await reaches('connected');
  channel.say('fake:1', 'two');
  expect(heard).toEqual(['fake: one', 'fake: two']);
});

test('a connection that ends because we are not wanted any more is told of', async () => {
  const channel = new FakeChannel();
  const { keeper, refused, reaches } = keep(channel);
  await keeper.start();
  channel.close(new NanoclawError('channel.refused', 'The token was revoked.'));
  await reaches('refused');
  expect(refused).toEqual(['fake: The token was revoked.']);
  await keeper.stop();
  expect(channel.starts).toBe(1);
});

test('one that never answers holds up nobody: the others hear, and the host goes on after 2 s', async () => {
  class Silent extends FakeChannel {
    override start(_events: unknown, signal?: AbortSignal): Promise<void> {
      this.starts += 1;
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('no answer'))));
    }
  }
  const silent = new Silent({ name: 'silent' });
  const well = new FakeChannel({ name: 'well' });
  const { keeper, clock, heard, reaches } = keep(silent, well);
  const started = keeper.start();
  await reaches('connected', 1);
  well.say('well:1', 'hello');
  expect(heard).toEqual(['well: hello']);
  clock.advance(2_000);
  await started;
  expect(keeper.states().map(({ state }) => state)).toEqual(['starting', 'connected']);
  // Its own deadline.
  clock.advance(30_000);
  await reaches('retrying');
  clock.advance(500);
  await eventually('the second try', () => silent.starts === 2);
});

test('stopping ends a wait and a start that hangs, and everything says so', async () => {
  const waiting = new FakeChannel({ name: 'waiting' });
  waiting.refuseStart(new Error('no network'));
  const { keeper, reaches } = keep(waiting, new FakeChannel());
  await keeper.start();
  await reaches('retrying');
  await keeper.stop();
  expect(keeper.states().map(({ state }) => state)).toEqual(['stopped', 'stopped']);
});

test('a stop that hangs, in one channel, holds up neither the others nor the end', async () => {
  class Hanging extends FakeChannel {
    override stop(): Promise<void> {
      return new Promise(() => undefined);
    }
  }
  const well = new FakeChannel({ name: 'well' });
  const { keeper, clock, reaches } = keep(new Hanging({ name: 'hanging' }), well);
  await keeper.start();
  await reaches('connected');
  const stopped = keeper.stop();
  await reaches('stopped', 1);
  clock.advance(8_000);
  await stopped;
  expect(keeper.states().map(({ state }) => state)).toEqual(['stopped', 'stopped']);
});

test('a start that hangs and hears no signal is given up all the same, and tried again', async () => {
  class Deaf extends FakeChannel {
    override start(): Promise<void> {
      this.starts += 1;
      return new Promise(() => undefined);
    }
  }
  const deaf = new Deaf({ name: 'deaf' });
  const { keeper, clock, reaches } = keep(deaf);
  const started = keeper.start();
  clock.advance(30_000);
  await reaches('retrying');
  expect(keeper.states()[0]?.problem).toContain('30 s');
  clock.advance(500);
  await eventually('the second try', () => deaf.starts === 2);
  await started;
});

test('a connection that flaps is made anew more and more slowly, one that was steady at once', async () => {
  const channel = new FakeChannel();
  const { keeper, clock, reaches } = keep(channel);
  await keeper.start();
  for (const waitMs of [500, 1_000, 2_000, 4_000]) {
    await reaches('connected');
    channel.close(new Error('dropped'));
    await eventually('the wait', () => clock.waits.at(-1) === waitMs);
    clock.advance(waitMs);
  }
  await reaches('connected');
  clock.advance(61_000);
  channel.close(new Error('dropped'));
  await eventually('the wait', () => clock.waits.at(-1) === 500);
});

test('what a channel that is started has trouble with is its state, until it has not', async () => {
  class Troubled extends FakeChannel {
    trouble: string | undefined;
  }
  const channel = new Troubled();
  const { keeper } = keep(channel);
  await keeper.start();
  channel.trouble = 'Telegram did not answer.';
  expect(keeper.states()).toEqual([{ name: 'fake', state: 'retrying', problem: 'Telegram did not answer.' }]);
  channel.trouble = undefined;
  expect(keeper.states()).toEqual([{ name: 'fake', state: 'connected', problem: undefined }]);
});
