import { expect, test } from 'vitest';
import type { ChannelEvents } from '../../src/channels/channel.ts';
import { TerminalChannel } from '../../src/channels/terminal/channel.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { FakeChannel } from '../fixtures/fake-channel.ts';
import { WindableClock } from '../windable-clock.ts';
import { type ChannelUnderTest, channelContract } from './channel.ts';

const jid = 'terminal:main';

async function terminal(): Promise<ChannelUnderTest> {
  const channel = new TerminalChannel({ clock: systemClock });
  const heard: string[] = [];
  const attached: Disposable[] = [];
  const shut = async () => {
    for (const one of attached.splice(0)) one[Symbol.dispose]();
  };
  return {
    channel,
    jid,
    open: async () => {
      await shut();
      attached.push(sit(channel, (text) => void heard.push(text)));
    },
    shut,
    say: async (text) => void channel.say(jid, text),
    heard: () => heard,
    close: () => channel.stop(),
  };
}

async function fake(): Promise<ChannelUnderTest> {
  const channel = new FakeChannel();
  channel.shut();
  return {
    channel,
    jid: 'fake:1',
    open: async () => channel.open(),
    shut: async () => channel.shut(),
    say: async (text) => void channel.say('fake:1', text),
    heard: () => channel.heardIn('fake:1'),
    typing: () => channel.typingIn.has('fake:1'),
    attach: async (bytes) => {
      channel.files.set('a-file', bytes);
      return 'a-file';
    },
    close: () => channel.stop(),
  };
}

const silent: ChannelEvents = {
  onMessages: () => [1],
  onSetAside: () => undefined,
  onMoved: () => undefined,
  onChat: () => undefined,
  onOpen: () => undefined,
  onClosed: () => undefined,
};

channelContract('the terminal', terminal);
channelContract('the fake channel', fake);

const part = (text: string) => ({ jid, thread: undefined, text, key: `${text}/1` });
const live = () => new AbortController().signal;

/** Somebody who says of each message that it was shown, as soon as it was. */
function sit(channel: TerminalChannel, show: (text: string) => void): Disposable {
  const attachment = channel.attach(jid, (event) => {
    if (event.event !== 'message') return;
    show(event.text);
    queueMicrotask(() => attachment.printed(event.key));
  });
  return attachment;
}

test('everyone attached hears everything, and one who fails does not take it from the others', async () => {
  const channel = new TerminalChannel({ clock: systemClock });
  const heard: string[] = [];
  await channel.start(silent);
  using _broken = channel.attach(jid, () => {
    throw new Error('gone');
  });
  await expect(channel.send(part('hello'), live())).rejects.toMatchObject({ code: 'channel.closed' });
  using _one = sit(channel, (text) => heard.push(`one ${text}`));
  using _two = sit(channel, (text) => heard.push(`two ${text}`));
  await channel.send(part('hello'), live());
  expect(heard).toEqual(['one hello', 'two hello']);
});

test('what nobody has shown is not sent: whoever left before it was shown, slept through it, or came later', async () => {
  const clock = new WindableClock();
  const channel = new TerminalChannel({ clock });
  await channel.start(silent);
  const left = channel.attach(jid, () => undefined);
  const first = channel.send(part('first'), live());
  left[Symbol.dispose]();
  await expect(first).rejects.toMatchObject({ code: 'channel.closed' });

  const given: string[] = [];
  const opened: string[] = [];
  await channel.start({ ...silent, onOpen: (one) => opened.push(one ?? 'all') });
  using sleeper = channel.attach(jid, (event) => {
    if (event.event === 'message') given.push(event.key);
  });
  const second = channel.send(part('second'), live());
  clock.advance(10_000);
  await expect(second).rejects.toMatchObject({ code: 'channel.closed' });
  expect(channel.isOpen(jid)).toBe(false);
  // It wakes and shows what it was given: that one is sent without being given again.
  opened.length = 0;
  sleeper.printed('second/1');
  expect({ opened, open: channel.isOpen(jid) }).toEqual({ opened: [jid], open: true });
  await channel.send(part('second'), live());
  expect(given).toEqual(['second/1']);

  // Somebody who comes while one is asleep gets what is on its way.
  const third = channel.send(part('third'), live());
  using _other = sit(channel, () => undefined);
  await third;
});

test('whoever comes in the middle of an answer sees as much of it as everybody', async () => {
  const channel = new TerminalChannel({ clock: systemClock });
  await channel.start(silent);
  channel.setTyping(jid, undefined, true);
  channel.showTool({ jid, thread: undefined }, 'Bash');
  await channel.draft({ jid, thread: undefined }, { id: 7, text: 'so far' });
  const seen: unknown[] = [];
  using _late = channel.attach(jid, (event) => void seen.push(event));
  expect(seen).toEqual([
    { event: 'typing', jid, on: true },
    { event: 'draft', jid, id: 7, text: 'so far' },
    { event: 'tool', jid, name: 'Bash' },
  ]);
  channel.setTyping(jid, undefined, false);
  using _later = channel.attach(jid, (event) => void seen.push(event));
  expect(seen.slice(3)).toEqual([{ event: 'typing', jid, on: false }]);
});

test('drafts are skipped for whoever does not read, and nobody waits for that', async () => {
  const channel = new TerminalChannel({ clock: systemClock });
  await channel.start(silent);
  const read: (() => void)[] = [];
  const seen: string[] = [];
  using _slow = channel.attach(jid, (event) => {
    if (event.event === 'draft') seen.push(event.text);
    return new Promise((resolve) => read.push(() => resolve(true)));
  });
  for (const text of ['a', 'ab', 'abc']) await channel.draft({ jid, thread: undefined }, { id: 1, text });
  expect(seen).toEqual(['a']);
  for (const one of read) one();
  await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  await channel.draft({ jid, thread: undefined }, { id: 1, text: 'abcd' });
  expect(seen).toEqual(['a', 'abcd']);
});

test('what is said is the owner’s, and its number comes back', async () => {
  const channel = new TerminalChannel({ clock: { now: () => 7, after: systemClock.after } });
  const said: unknown[] = [];
  await channel.start({
    ...silent,
    onMessages: (act) => [said.push(...act) + 41],
  });
  expect(channel.say(jid, 'hi')).toBe(42);
  expect(said).toMatchObject([{ jid, senderId: 'terminal', fromOwner: true, text: 'hi', sentAt: 7 }]);
});
