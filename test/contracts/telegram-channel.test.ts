import { pino } from 'pino';
import { createChannel } from '../../src/channels/telegram/channel.ts';
import { openBotApi } from '../fixtures/bot-api/bot-api.ts';
import { WindableClock } from '../windable-clock.ts';
import { type ChannelUnderTest, channelContract } from './channel.ts';

/** Real grammY against the loopback Bot API. */
async function telegram(): Promise<ChannelUnderTest> {
  const api = await openBotApi();
  const clock = new WindableClock();
  const settings = new Map([
    ['TELEGRAM_BOT_TOKEN', api.token],
    ['TELEGRAM_API_ROOT', api.url],
  ]);
  const channel = createChannel({
    setting: (name) => settings.get(name),
    clock,
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
    act: (texts) => {
      for (const text of texts) {
        const caption = text === '' ? {} : { text };
        api.say({ chat, ...caption, photo: { bytes: Buffer.from('a picture') }, mediaGroup: '7' });
      }
    },
    buttons: () =>
      api
        .sent(chat)
        .at(-1)
        ?.buttons.flat()
        .map(({ text }) => text) ?? [],
    busy: (ms) => void api.fault({ method: 'sendRichMessage', kind: '429', retryAfter: ms / 1000 }),
    calls: () => api.log.filter(({ params }) => Number(params['chat_id']) === chat.id).length,
    silence: () => void api.fault({ method: '*', kind: 'hang', times: Number.POSITIVE_INFINITY }),
    advance: (ms) => clock.advance(ms),
    close: async () => {
      await channel.stop();
      await api[Symbol.asyncDispose]();
    },
  };
}

/** The same in a group of several people, which Telegram may turn into a supergroup. */
async function telegramGroup(): Promise<ChannelUnderTest> {
  const api = await openBotApi();
  const clock = new WindableClock();
  const settings = new Map([
    ['TELEGRAM_BOT_TOKEN', api.token],
    ['TELEGRAM_API_ROOT', api.url],
  ]);
  const log = pino({ level: 'silent' });
  const channel = createChannel({ setting: (name) => settings.get(name), clock, log, commands: [] });
  const ann = api.person('Ann');
  let group = api.group('Garden');
  return {
    channel,
    jid: `tg:${group.id}`,
    open: async () => {
      api.join(group, ann, 'administrator');
      await api.waitUntilIdle();
    },
    shut: async () => {
      api.kick(group, ann);
      await api.waitUntilIdle();
    },
    say: async (text) => {
      const before = api.calls('getUpdates').length;
      api.say({ chat: group, from: ann, text });
      if (!channel.isOpen(`tg:${group.id}`)) return;
      await api.waitFor('the next poll', () => api.calls('getUpdates').length > before || api.pendingUpdates === 0);
    },
    heard: () => api.sent(group).map((message) => message.text),
    move: () => {
      group = api.upgrade(group, { by: ann });
      return `tg:${group.id}`;
    },
    advance: (ms) => clock.advance(ms),
    close: async () => {
      await channel.stop();
      await api[Symbol.asyncDispose]();
    },
  };
}

channelContract('Telegram', telegram);
channelContract('Telegram in a group', telegramGroup);
