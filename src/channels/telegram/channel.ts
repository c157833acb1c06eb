// A Telegram bot: grammY's Bot API client, polled by ourselves.
import { NanoclawError } from '../../model/errors.ts';
import type {
  Channel,
  ChannelCapabilities,
  ChannelEvents,
  ChannelPlace,
  OutboundPart,
  Reaction,
  SentText,
  Streaming,
} from '../channel.ts';
import type { ChannelParts } from '../manifest.ts';
import { openApi, type TelegramApi } from './api.ts';
import { enter } from './enter.ts';
import { deliveryError, failureOf, refused, wordsOf } from './errors.ts';
import { fetchFile, maxFileBytes } from './files.ts';
import { seen } from './inbound.ts';
import { Intake } from './intake.ts';
import { Outbound } from './outbound.ts';
import { Poll } from './poll.ts';
import { allowedReactions, reactionOf } from './reactions.ts';
import { messageIdOf, targetOf } from './target.ts';
import { Typing, type TypingPlace } from './typing.ts';
import { Underway } from './underway.ts';

/** Telegram gives no figure for drafts; about so often its own apps take one in without stumbling. */
const draftEveryMs = 400;
/** 20 messages a minute and group, edits among them. */
const editEveryMs = 3_100;

/** What there is between a start and a stop. */
interface Session {
  readonly api: TelegramApi;
  readonly outbound: Outbound;
  readonly poll: Poll;
  readonly typing: Typing;
  readonly underway: Underway;
  readonly show: ChannelEvents['onChat'];
}

export class TelegramChannel implements Channel {
  readonly name = 'telegram';
  readonly capabilities: ChannelCapabilities = {
    // Rich messages may be longer, but what is refused as rich must fit as plain text; 4096 UTF-16 units always do.
    textLimits: { length: 4096 },
    typing: true,
    threads: true,
    idempotencyKey: false,
    edits: true,
    reactions: true,
    emojis: allowedReactions,
    maxFileBytes,
    buttons: true,
  };
  readonly #parts: ChannelParts;
  readonly #token: string;
  readonly #root: string;
  /** Chats that have blocked us or put us out. */
  readonly #shut = new Set<string>();
  #session: Session | undefined;

  constructor(parts: ChannelParts) {
    this.#parts = parts;
    this.#token = parts.setting('TELEGRAM_BOT_TOKEN') ?? '';
    this.#root = (parts.setting('TELEGRAM_API_ROOT') ?? 'https://api.telegram.org').replace(/\/+$/, '');
  }

  owns(jid: string): boolean {
    return chatIdOf(jid) !== undefined;
  }

  isOpen(jid: string): boolean {
    return this.#session !== undefined && this.owns(jid) && !this.#shut.has(jid);
  }

  async start(events: ChannelEvents, signal: AbortSignal): Promise<void> {
    const { log, clock } = this.#parts;
    const api = openApi({ token: this.#token, root: this.#root, clock });
    try {
      const me = await enter(api.calls, { ...this.#parts, signal });
      signal.throwIfAborted();
      const { calls } = api;
      const underway = new Underway();
      const answerClick = (id: string) =>
        void this.#hint((to) => calls.answerCallbackQuery({ callback_query_id: id }, to));
      const now = () => clock.now();
      const intake = new Intake({ me, events, log, now, shut: this.#shut, answerClick });
      const take = intake.take.bind(intake);
      const poll = new Poll({ calls, clock, log, take, lost: events.onClosed });
      const typing = new Typing({ clock, show: (place, end) => this.#showTyping(place, end) });
      this.#session = { api, outbound: new Outbound(calls), poll, typing, underway, show: events.onChat };
      log.info({ bot: me.username }, 'Telegram is connected');
    } catch (error) {
      api.close();
      throw error;
    }
    this.#session.poll.start();
    events.onOpen();
  }

  async send(part: OutboundPart, signal: AbortSignal): Promise<{ platformId: string }> {
    const { session, chatId } = this.#openAt(part.jid);
    session.typing.off(typingPlace(chatId, part.thread));
    const id = await this.#deliver(
      part.jid,
      session.underway.run((end) => session.outbound.send(part, chatId, end), signal),
    );
    return { platformId: String(id) };
  }

  async edit({ jid, platformId, text }: SentText, signal: AbortSignal): Promise<void> {
    const { session, chatId } = this.#openAt(jid);
    const id = messageIdOf(platformId);
    if (id === undefined) throw refused(`There is no message ${platformId} on Telegram.`);
    const message = { chat_id: chatId, message_id: id };
    await this.#deliver(
      jid,
      session.underway.run((end) => session.outbound.edit(message, text, end), signal),
    );
  }

  streaming(jid: string): Streaming {
    const chatId = chatIdOf(jid);
    if (chatId === undefined) return { type: 'none' };
    if (chatId < 0) return { type: 'edit', everyMs: editEveryMs };
    return this.#session?.outbound.drafts === false ? { type: 'none' } : { type: 'draft', everyMs: draftEveryMs };
  }

  async draft({ jid, thread }: ChannelPlace, draft: { id: number; text: string }): Promise<void> {
    const chatId = chatIdOf(jid);
    if (chatId === undefined || chatId < 0 || !this.isOpen(jid)) return;
    await this.#hint((end) => this.#session?.outbound.draft(targetOf({ thread }, chatId), draft, end));
  }

  setTyping(jid: string, thread: string | undefined, on: boolean): void {
    const chatId = chatIdOf(jid);
    if (chatId === undefined) return;
    const place = typingPlace(chatId, thread);
    if (!on) this.#session?.typing.off(place);
    else if (this.isOpen(jid)) this.#session?.typing.on(place);
  }

  async react({ jid, platformId, emoji }: Reaction, signal: AbortSignal): Promise<void> {
    const { session, chatId } = this.#openAt(jid);
    const id = messageIdOf(platformId);
    const known = emoji === undefined ? undefined : reactionOf(emoji);
    if (id === undefined) throw refused(`There is no message ${platformId} on Telegram.`);
    if (emoji !== undefined && !known) throw refused(`Telegram lets no bot react with ${emoji}.`);
    const reaction = known ? [{ type: 'emoji' as const, emoji: known }] : [];
    const { calls } = session.api;
    const put = (end: AbortSignal) => calls.setMessageReaction({ chat_id: chatId, message_id: id, reaction }, end);
    await this.#deliver(jid, session.underway.run(put, signal));
  }

  fetch(ref: string, { maxBytes, signal }: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array> {
    const session = this.#session;
    if (!session) return Promise.reject(closed('Telegram is not connected.'));
    const from = { ...session.api, token: this.#token, root: this.#root };
    return session.underway.run((end) => fetchFile(from, ref, { maxBytes, signal: end }), signal);
  }

  /** A bot cannot list its chats. Those that do not answer (it was put out) keep the name they had. */
  async refresh(known: readonly string[]): Promise<void> {
    for (const jid of known) {
      const chatId = chatIdOf(jid);
      if (chatId === undefined || !this.isOpen(jid)) continue;
      await this.#hint(async (end) => {
        const session = this.#session;
        if (session) session.show(seen(await session.api.calls.getChat({ chat_id: chatId }, end)));
      });
    }
  }

  async stop(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (!session) return;
    session.typing.stop();
    await Promise.all([session.poll.stop(), session.underway.end()]);
    session.api.close();
  }

  #openAt(jid: string): { session: Session; chatId: number } {
    const chatId = chatIdOf(jid);
    if (!this.#session) throw closed('Telegram is not connected.');
    if (chatId === undefined) throw refused(`${jid} is no chat of Telegram.`);
    if (this.#shut.has(jid)) throw closed(`${jid} has blocked the bot, or put it out.`);
    return { session: this.#session, chatId };
  }

  async #deliver<T>(jid: string, sending: Promise<T>): Promise<T> {
    try {
      return await sending;
    } catch (error) {
      if (failureOf(error)?.code === 403) this.#shut.add(jid);
      throw deliveryError(error);
    }
  }

  async #showTyping({ chatId, thread }: TypingPlace, end: AbortSignal): Promise<boolean> {
    const place = { chat_id: chatId, ...(thread === undefined ? {} : { message_thread_id: thread }) };
    return this.#hint((signal) => this.#session?.api.calls.sendChatAction({ ...place, action: 'typing' }, signal), end);
  }

  /** Something that is nice to have. False when it did not work. */
  async #hint(job: (signal: AbortSignal) => Promise<unknown> | undefined, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#session?.underway.run(async (end) => job(end), signal);
      return true;
    } catch (error) {
      this.#parts.log.debug({ why: wordsOf(error) }, 'Telegram did not take a hint');
      return false;
    }
  }
}

export function createChannel(parts: ChannelParts): TelegramChannel {
  return new TelegramChannel(parts);
}

function chatIdOf(jid: string): number | undefined {
  return /^tg:-?\d{1,15}$/.test(jid) ? Number(jid.slice(3)) : undefined;
}

function typingPlace(chatId: number, thread: string | undefined): TypingPlace {
  return { chatId, thread: messageIdOf(thread) };
}

function closed(sentence: string): NanoclawError {
  return new NanoclawError('channel.closed', sentence);
}
