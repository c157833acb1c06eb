import { pino } from 'pino';
import { createChannel } from '../../src/channels/telegram/channel.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { openBotApi } from '../fixtures/bot-api/bot-api.ts';
import { type ChannelUnderTest, channelContract } from './channel.ts';

/** Real grammY against the loopback Bot API. */
async function telegram(): Promise<ChannelUnderTest> {
  const api = await openBotApi();
  const settings = new Map([
    ['TELEGRAM_BOT_TOKEN', api.token],
    ['TELEGRAM_API_ROOT', api.url],
  ]);
  const channel = createChannel({
    setting: (name) => settings.get(name),
    clock: systemClock,
    log: pino({ level: 'silent' }),
    commands: [],
  });
  const ann = api.person('Ann');
  const chat = api.privateChat(ann);
  const jid = `tg:${chat.id}`;

  /** A poll that comes after this moment is the answer to what was said: taken, or asked for again. */
  const passedOn = async () => {
    if (!channel.isOpen(jid)) return;
    const before = api.calls('getUpdates').length;
    await api.waitFor('the next poll', () => api.calls('getUpdates').length > before || api.pendingUpdates === 0);
  };
  return {
    channel,
    jid,
    open: async () => {
      api.unblock(chat);
      await api.waitUntilIdle();
    },
    shut: async () => {
      api.block(chat);
      await api.waitUntilIdle();
    },
    say: async (text) => {
      api.say({ chat, text });
      await passedOn();
    },
    heard: () => api.sent(chat).map((message) => message.text),
    typing: () => api.chat(chat).typing.some(({ to }) => to > Date.now()),
    attach: async (bytes) => {
      const { document } = api.say({ chat, document: { bytes, name: 'a.bin' } });
      return `${document?.file_id} ${document?.file_size}`;
    },
    close: async () => {
      await channel.stop();
      await api[Symbol.asyncDispose]();
    },
  };
}

channelContract('Telegram', telegram);
