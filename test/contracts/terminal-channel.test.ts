import { expect, test } from 'vitest';
import type { ChannelEvents } from '../../src/channels/channel.ts';
import { TerminalChannel } from '../../src/channels/terminal/channel.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { FakeChannel } from '../fixtures/fake-channel.ts';
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
      attached.push(
        channel.attach(jid, (event) => {
          if (event.event === 'message') heard.push(event.text);
        }),
      );
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

test('everyone attached hears everything, and one who fails does not take it from the others', async () => {
  const channel = new TerminalChannel({ clock: systemClock });
  const heard: string[] = [];
  await channel.start({
    ...silent,
  });
  using _broken = channel.attach(jid, () => {
    throw new Error('gone');
  });
  const part = { jid, thread: undefined, text: 'hello', key: 'k' };
  const { signal } = new AbortController();
  await expect(channel.send(part, signal)).rejects.toMatchObject({ code: 'channel.closed' });
  using _one = channel.attach(jid, (event) => void heard.push(`one ${event.event}`));
  using _two = channel.attach(jid, (event) => void heard.push(`two ${event.event}`));
  await channel.send(part, signal);
  channel.setTyping(jid, undefined, true);
  using _late = channel.attach(jid, (event) => void heard.push(`late ${event.event}`));
  expect(heard).toEqual(['one message', 'two message', 'one typing', 'two typing', 'late typing']);
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
