import { pino } from 'pino';
import type { Channel } from '../src/channels/channel.ts';
import { createChannel } from '../src/channels/telegram/channel.ts';
import { systemClock } from '../src/lib/clock.ts';
import { type BotApi, openBotApi } from '../test/fixtures/bot-api/bot-api.ts';
import { momentOf, now } from './moment.ts';

/** Ann, whose chat the house has wired to main. */
export const ann = 1;
const answers = new Set(['sendRichMessage', 'sendMessage']);

/** Telegram on loopback: the real channel with the real library, and a Bot API that keeps when it was called. */
export class TimedTelegram implements AsyncDisposable {
  readonly channel: Channel;
  readonly #api: BotApi;
  #from = 0;

  private constructor(api: BotApi) {
    this.#api = api;
    const settings = telegramSettings(api);
    this.channel = createChannel({
      setting: (name) => settings[name],
      clock: systemClock,
      log: pino({ level: 'silent' }),
      commands: [],
    });
    api.privateChat(api.person('Ann', { id: ann }));
  }

  static async open(): Promise<TimedTelegram> {
    return new TimedTelegram(await openBotApi({ now }));
  }

  /** The bot waits for what is new, as it always does but for a moment. */
  ready(): Promise<void> {
    return this.#api.waitUntilIdle();
  }

  say(text: string): void {
    this.#from = this.#api.log.length;
    this.#api.say({ chat: ann, text });
  }

  /** When each answer had come to the Bot API since the last thing said. */
  get accepted(): number[] {
    return this.#at((method) => answers.has(method));
  }

  get typing(): number | undefined {
    return this.#at((method) => method === 'sendChatAction')[0];
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#api[Symbol.asyncDispose]();
  }

  #at(wanted: (method: string) => boolean): number[] {
    const calls = this.#api.log.slice(this.#from).filter((call) => wanted(call.method));
    return calls.map((call) => momentOf(call.at));
  }
}

export function telegramSettings(api: BotApi): Record<string, string> {
  return { TELEGRAM_BOT_TOKEN: api.token, TELEGRAM_API_ROOT: api.url };
}
