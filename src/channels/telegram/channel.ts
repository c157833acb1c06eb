// A Telegram bot, polled. What is Telegram's stands in this folder, what every platform needs in ../kit.
import type { Update } from 'grammy/types';
import type { Channel } from '../channel.ts';
import { KitChannel } from '../kit/channel.ts';
import type { Connection, Incoming, Kit } from '../kit/platform.ts';
import type { ChannelParts } from '../manifest.ts';
import { badToken, type Calls, conflict, openApi, Refusal } from './api.ts';
import { allowedUpdates, hear, jidOf, type Me } from './inbound.ts';
import { manifest } from './manifest.ts';
import { allowedReactions, Outbound } from './outbound.ts';
import { caption, richLimits } from './render.ts';

/** One conflict may be our own poll before a restart; so many in a row are another program. */
const conflictsInARow = 3;

export function createChannel(parts: ChannelParts): Channel {
  return new KitChannel(
    {
      manifest,
      title: 'Telegram',
      capabilities: {
        textLimits: richLimits,
        typing: true,
        threads: true,
        idempotencyKey: false,
        edits: true,
        reactions: true,
        emojis: allowedReactions,
        maxFileBytes: 50 * 1024 * 1024,
        buttons: true,
      },
      fitsCaption: (text) => caption(text) !== undefined,
      // Telegram shows "typing" for 5 s, or until a message of ours comes.
      typingEveryMs: 4_000,
      // Bots FAQ: one message a second in a chat with short bursts, 20 a minute in a group (edits count), 30 a second in all.
      paces: {
        chat: (chat) => ({ burst: 20, everyMs: chat.startsWith('-') ? 3_000 : 1_000 }),
        all: { burst: 30, everyMs: 34 },
      },
      connect,
    },
    parts,
  );
}

async function connect(kit: Kit, signal: AbortSignal): Promise<Connection> {
  const token = kit.setting('TELEGRAM_BOT_TOKEN') ?? '';
  const root = (kit.setting('TELEGRAM_API_ROOT') ?? 'https://api.telegram.org').replace(/\/+$/, '');
  const http = kit.http([new URL(root).origin]);
  const calls = openApi({ token, root, http });
  const me = await login(calls, signal);
  showCommands(calls, kit);
  poll(calls, kit, me);
  kit.log.info({ bot: me.username }, 'Telegram is connected');
  return new Outbound({ calls, http, files: `${root}/file/bot${token}` });
}

/** Learns who we are and makes Telegram ready to be polled. */
async function login(calls: Calls, signal: AbortSignal): Promise<Me> {
  try {
    // Side by side: each would cost the start a round trip. Where there is a webhook nothing can be polled; what waits stays.
    const [me] = await Promise.all([calls.getMe(signal), calls.deleteWebhook({}, signal)]);
    return me;
  } catch (error) {
    throw error instanceof Refusal && [401, 404].includes(error.status) ? badToken() : error;
  }
}

/** The menu beside the text field. Telegram has no dashes in a command's name. */
function showCommands(calls: Calls, kit: Kit): void {
  const commands = kit.commands
    .filter(({ name }) => /^[a-z0-9_]{1,32}$/.test(name))
    .map(({ name, description }) => ({ command: name, description: description.slice(0, 256) }));
  if (commands.length === 0) return;
  kit.hint({ jid: undefined, what: 'commands' }, (signal) => calls.setMyCommands({ commands }, signal));
}

function poll(calls: Calls, kit: Kit, me: Me): void {
  let conflicts = 0;
  kit.poll(async ({ from, waitMs, signal }) => {
    try {
      const asked = {
        timeout: waitMs / 1000,
        allowed_updates: allowedUpdates,
        ...(from === undefined ? {} : { offset: from }),
      };
      const updates = await calls.getUpdates(asked, signal);
      conflicts = 0;
      return updates.map((update) => incomingOf(update, { calls, kit, me }));
    } catch (error) {
      const status = error instanceof Refusal ? error.status : undefined;
      conflicts = status === 409 ? conflicts + 1 : 0;
      if (status === 401) throw badToken();
      throw error instanceof Refusal && conflicts >= conflictsInARow ? conflict(error.description) : error;
    }
  });
}

function incomingOf(update: Update, { calls, kit, me }: { calls: Calls; kit: Kit; me: Me }): Incoming {
  const { update_id: id, callback_query: click } = update;
  const incoming = { id, read: () => hear(update, { me, now: kit.clock.now() }) };
  if (!click) return incoming;
  // Until then the button shows that it was pressed.
  const jid = click.message && jidOf(click.message.chat.id);
  const answer = (signal: AbortSignal) => calls.answerCallbackQuery({ callback_query_id: click.id }, signal);
  return { ...incoming, settled: () => kit.hint({ jid, what: `click ${click.id}` }, answer) };
}
