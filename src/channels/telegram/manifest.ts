import { z } from 'zod';
import type { ChannelManifest } from '../manifest.ts';

export const manifest: ChannelManifest = {
  name: 'telegram',
  settings: z.object({
    TELEGRAM_BOT_TOKEN: z
      .string()
      .regex(/^\d+:[\w-]+$/, 'must be a token from @BotFather, such as 123456789:AAF…')
      .optional()
      .describe('Token of a Telegram bot, from @BotFather. Setting it turns the channel on.'),
    TELEGRAM_API_ROOT: z
      .url({ protocol: /^https?$/, error: 'must be an http or https address' })
      .optional()
      .describe('Where the Bot API is. Default: `https://api.telegram.org`; for a Bot API server of your own.'),
  }),
  needs: ['TELEGRAM_BOT_TOKEN'],
  chatOf(jid) {
    const id = /^tg:(-?[1-9]\d{0,15})$/.exec(jid)?.[1];
    // The Bot API: "at most 52 significant bits".
    return id !== undefined && Math.abs(Number(id)) < 2 ** 52 ? id : undefined;
  },
};
