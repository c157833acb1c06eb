import { Busy } from '../../src/channels/channel.ts';
import { chatOf, MemoryPlatform } from '../fixtures/memory-platform.ts';
import { WindableClock } from '../windable-clock.ts';
import { type ChannelUnderTest, channelContract } from './channel.ts';

/** The kit, under a platform that does nothing but what only a platform can. */
async function memory(): Promise<ChannelUnderTest> {
  const clock = new WindableClock();
  const platform = new MemoryPlatform({ clock });
  const { channel } = platform;
  const jid = 'mem:garden';
  let now = jid;
  const standing = (open: boolean) => platform.push([platform.incoming({ type: 'standing', chat: chatOf(now), open })]);
  return {
    channel,
    jid,
    open: async () => standing(true),
    shut: async () => standing(false),
    say: async (text) => void platform.say(now, text),
    heard: () => platform.text(now),
    typing: () => platform.typingShown,
    attach: async (bytes) => {
      platform.files.set('a file', bytes);
      return 'a file';
    },
    act: (texts) => {
      for (const text of texts) {
        const attachments = [{ kind: 'photo' as const, name: undefined, mime: undefined, size: 1, ref: 'p' }];
        const message = platform.message(now, text, { attachments });
        platform.push([platform.incoming({ type: 'message', chat: chatOf(now), message, piece: { album: '7' } })]);
      }
    },
    buttons: () => platform.posted.at(-1)?.buttons.map(({ label }) => label) ?? [],
    move: () => {
      now = 'mem:park';
      const moved = { type: 'moved', from: jid, chat: chatOf(now) } as const;
      platform.push([platform.incoming(moved), platform.incoming(moved)]);
      return now;
    },
    busy: (ms) => {
      let asked = false;
      platform.fails = () => {
        if (asked) return undefined;
        asked = true;
        return new Busy('Memory', ms);
      };
    },
    calls: () => platform.calls.length,
    silence: () => {
      platform.silent = true;
    },
    advance: (ms) => clock.advance(ms),
    close: () => channel.stop(),
  };
}

channelContract('a platform on the kit', memory);
