import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import type { ReactionTypeEmoji } from 'grammy/types';
import { InputFile } from 'grammy/web';
import { hasCode, NanoclawError } from '../../model/errors.ts';
import { cutAt } from '../../text/shorten.ts';
import type { TextLimits } from '../../text/split.ts';
import type { Button, OutboundFile, SeenChat, Streaming } from '../channel.ts';
import { type Http, HttpFailed } from '../kit/http.ts';
import { type Connection, refused, type TextToSend, type To } from '../kit/platform.ts';
import { type Calls, Refusal } from './api.ts';
import { seen } from './inbound.ts';
import {
  caption,
  captionLength,
  messageLength,
  type RichForm,
  richMessage,
  type SimpleText,
  simpleMessages,
} from './render.ts';

type Emoji = ReactionTypeEmoji['emoji'];

interface OutboundParts {
  readonly calls: Calls;
  readonly http: Http;
  /** Address under which files are; it holds the token. */
  readonly files: string;
}

/** Telegram gives no figure for drafts; about so often its own apps take one in without stumbling. */
const draftEveryMs = 400;
/** 20 messages a minute and group, edits among them. */
const editEveryMs = 3_100;
const mebi = 1024 * 1024;

// A preview makes Telegram fetch an address that an agent wrote, and an address can carry what the agent has read.
const noPreview = { link_preview_options: { is_disabled: true } } as const;

/** Puts texts and files on Telegram, each in the richest of its forms that is taken: what is refused costs that part alone. */
export class Outbound implements Connection {
  readonly #parts: OutboundParts;
  readonly #calls: Calls;
  /** A server that is too old for a method is asked for it once. */
  #rich = true;
  #drafts = true;

  constructor(parts: OutboundParts) {
    this.#parts = parts;
    this.#calls = parts.calls;
  }

  /** Less than such a message holds: marks, bullets and addresses take room there that they do not take in Markdown. */
  get textLimits(): TextLimits | undefined {
    return this.#rich ? undefined : { length: Math.floor(messageLength * 0.8) };
  }

  streaming(chat: string): Streaming {
    if (chat.startsWith('-')) return { type: 'edit', everyMs: editEveryMs };
    return this.#drafts ? { type: 'draft', everyMs: draftEveryMs } : { type: 'none' };
  }

  sendText(text: TextToSend, signal: AbortSignal): Promise<string> {
    return inTopic(targetOf(text), async (to) => {
      const { reply_markup: _, ...bare } = to;
      const message = await this.#inSomeForm<{ message_id: number }>(text.text, {
        rich: (rich_message) => this.#calls.sendRichMessage({ ...to, rich_message }, signal),
        simple: (form, last) => this.#calls.sendMessage({ ...(last ? to : bare), ...form, ...noPreview }, signal),
      });
      return String(message.message_id);
    });
  }

  sendFile({ file, text, ...to }: TextToSend & { file: OutboundFile }, signal: AbortSignal): Promise<string> {
    const kind = kindOf(file);
    return inTopic(targetOf(to), (target) => {
      const send = (as: FileKind) => (words: Caption) =>
        sendFile(this.#calls, file, { kind: as, to: { ...target, ...words }, signal });
      // A picture with odd sides or too large, a person who takes no voice messages: as a document everything goes.
      const kinds = kind === 'document' ? [kind] : [kind, 'document' as const];
      return firstTaken(kinds.flatMap((as) => captionsOf(text).map((words) => () => send(as)(words))));
    });
  }

  async edit({ id, chat, text, buttons }: TextToSend & { id: string }, signal: AbortSignal): Promise<void> {
    // Without a keyboard the one that is there goes.
    const to = { chat_id: Number(chat), message_id: mustBeId(id), ...keyboardOf(buttons) };
    try {
      await this.#inSomeForm<unknown>(text, {
        rich: (rich_message) => this.#calls.editMessageText({ ...to, rich_message }, signal),
        simple: (form, last) => {
          if (!last) throw refused('This text is too long for one message on a Bot API server without rich messages.');
          return this.#calls.editMessageText({ ...to, ...form, ...noPreview }, signal);
        },
      });
    } catch (error) {
      if (!says(error, /no text in the message/)) return unlessSame(error);
      const ways = captionsOf(text).map((words) => () => this.#calls.editMessageCaption({ ...to, ...words }, signal));
      await firstTaken<unknown>(ways).catch(unlessSame);
    }
  }

  async react({ id, chat, emoji }: To & { id: string; emoji: string | undefined }, signal: AbortSignal): Promise<void> {
    // People and models write a heart with the selector of its colourful form, Telegram without.
    const plain = emoji?.replaceAll('\uFE0F', '');
    if (plain !== undefined && !isAllowed(plain)) throw refused(`Telegram lets no bot react with ${emoji}.`);
    const reaction = plain === undefined ? [] : [{ type: 'emoji' as const, emoji: plain }];
    await this.#calls.setMessageReaction({ chat_id: Number(chat), message_id: mustBeId(id), reaction }, signal);
  }

  async typing(to: To, signal: AbortSignal): Promise<void> {
    await this.#calls.sendChatAction({ ...targetOf(to), action: 'typing' }, signal);
  }

  /** Shows it while it grows. Telegram has no way to take one back: it vanishes within 30 s, or when a message comes. */
  async draft({ id, text, ...place }: To & { id: number; text: string }, signal: AbortSignal): Promise<void> {
    if (!this.#drafts || place.chat.startsWith('-')) return;
    const to = { ...targetOf(place), draft_id: id };
    try {
      await this.#inSomeForm<unknown>(text, {
        rich: (rich_message) => this.#calls.sendRichMessageDraft({ ...to, rich_message }, signal),
        // Of a longer one the end is what grows.
        simple: async (form, last) => (last ? this.#calls.sendMessageDraft({ ...to, ...form }, signal) : undefined),
      });
    } catch (error) {
      if (isUnknownMethod(error)) this.#drafts = false;
      throw error;
    }
  }

  /** What a `ref` of ours (file id, size) names. */
  async fetch(ref: string, { maxBytes, signal }: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array> {
    const { http, files } = this.#parts;
    const [id = '', size] = ref.split(' ');
    const over = () => refused(`The file is larger than ${Math.floor(maxBytes / mebi)} MB.`);
    if (Number(size) > maxBytes) throw over();
    const path = await this.#pathOf(id, signal);
    // Bot API, Using a Local Bot API Server: a path on its own disk, and there is no address for it.
    if (path.startsWith('/')) {
      throw refused(
        'The Bot API server keeps files on its own disk and gives none away: it has to run without --local.',
      );
    }
    const url = `${files}/${path.split('/').map(encodeURIComponent).join('/')}`;
    try {
      const { status, body } = await http.request(url, { maxBytes, signal });
      if (status === 200) return body;
      throw status === 404 ? refused('The file is gone from Telegram.') : unreachable(`it answered ${status}`);
    } catch (error) {
      if (hasCode(error, 'http.too-large')) throw over();
      throw error instanceof HttpFailed ? unreachable(error.message) : error;
    }
  }

  async look({ chat }: To, signal: AbortSignal): Promise<SeenChat> {
    return seen(await this.#calls.getChat({ chat_id: Number(chat) }, signal));
  }

  async #pathOf(id: string, signal: AbortSignal): Promise<string> {
    try {
      const { file_path: path } = await this.#calls.getFile({ file_id: id }, signal);
      if (path !== undefined) return path;
    } catch (error) {
      if (says(error, /too big/)) throw refused('Telegram lets bots fetch files up to 20 MB.');
      if (!(error instanceof Refusal) || error.status !== 400) throw error;
    }
    throw refused('The file is gone from Telegram.');
  }

  /** The richest form that is taken; on a server without rich messages as many simple ones as it needs. */
  async #inSomeForm<T>(text: string, ways: Ways<T>): Promise<T> {
    if (this.#rich) {
      const [rich, plainer] = [false, true].map((simple) => () => ways.rich(richMessage(text, { simple })));
      try {
        return await firstTaken([rich, plainer].flatMap((way) => way ?? []));
      } catch (error) {
        if (!isUnknownMethod(error) && !isAboutContent(error)) throw error;
        if (isUnknownMethod(error)) this.#rich = false;
      }
    }
    const messages = simpleMessages(text);
    const send = ({ html, plain }: SimpleText, last: boolean) =>
      firstTaken<T>([
        () => ways.simple({ text: html, parse_mode: 'HTML' }, last),
        () => ways.simple({ text: plain }, last),
      ]);
    for (const message of messages.slice(0, -1)) await send(message, false);
    return await send(messages.at(-1) ?? { html: text, plain: text }, true);
  }
}

interface Ways<T> {
  rich(rich: RichForm): Promise<T>;
  /** `last` is false for what comes before the last of several messages. */
  simple(form: { text: string; parse_mode?: 'HTML' }, last: boolean): Promise<T>;
}

interface Caption {
  readonly caption?: string;
  readonly parse_mode?: 'HTML';
}

/** From the richest to what is always taken. */
function captionsOf(text: string): Caption[] {
  if (text === '') return [{}];
  const words = caption(text);
  return words
    ? [{ caption: words.html, parse_mode: 'HTML' }, { caption: words.plain }]
    : [{ caption: cutAt(text, captionLength) }];
}

/** What is refused for its content is tried in the next form. */
async function firstTaken<T>(ways: readonly (() => Promise<T>)[]): Promise<T> {
  const [way, ...others] = ways;
  if (!way) throw new Error('there is no form to send');
  try {
    return await way();
  } catch (error) {
    if (others.length === 0 || !isAboutContent(error)) throw error;
    return await firstTaken(others);
  }
}

interface Target {
  readonly chat_id: number;
  readonly message_thread_id?: number;
  readonly reply_parameters?: { readonly message_id: number; readonly allow_sending_without_reply: true };
  readonly reply_markup?: { readonly inline_keyboard: { text: string; callback_data: string }[][] };
}

/** Throws for buttons that Telegram cannot carry. */
function targetOf({ chat, thread, replyTo, buttons }: To & Partial<TextToSend>): Target {
  const [topic, message] = [thread, replyTo].map(messageIdOf);
  return {
    chat_id: Number(chat),
    ...(topic === undefined ? {} : { message_thread_id: topic }),
    ...(message === undefined ? {} : { reply_parameters: { message_id: message, allow_sending_without_reply: true } }),
    ...keyboardOf(buttons),
  };
}

/** Two in a row where all are short. */
function keyboardOf(buttons: readonly Button[] = []): Pick<Target, 'reply_markup'> {
  if (buttons.length === 0) return {};
  const keys = buttons.map(({ label, value }) => {
    if (Buffer.byteLength(value) > 64) throw refused(`The button "${label}" carries more than 64 bytes.`);
    return { text: label, callback_data: value };
  });
  const perRow = keys.every(({ text }) => text.length <= 16) ? 2 : 1;
  const rows = Math.ceil(keys.length / perRow);
  return {
    reply_markup: {
      inline_keyboard: Array.from({ length: rows }, (_, row) => keys.slice(row * perRow, (row + 1) * perRow)),
    },
  };
}

/** Undefined for what is no id of a message or topic. */
function messageIdOf(id: string | undefined): number | undefined {
  return id !== undefined && /^[1-9]\d{0,9}$/.test(id) ? Number(id) : undefined;
}

function mustBeId(id: string): number {
  const known = messageIdOf(id);
  if (known === undefined) throw refused(`There is no message ${id} on Telegram.`);
  return known;
}

/** Without its topic when that is gone. */
async function inTopic<T>(to: Target, put: (to: Target) => Promise<T>): Promise<T> {
  try {
    return await put(to);
  } catch (error) {
    const { message_thread_id: thread, reply_parameters: _, ...anywhere } = to;
    if (thread === undefined || !says(error, /thread not found/i)) throw error;
    return await put(anywhere);
  }
}

type FileKind = 'photo' | 'voice' | 'audio' | 'video' | 'animation' | 'document';

const kinds: readonly (readonly [FileKind, RegExp])[] = [
  ['photo', /^image\/(jpeg|png|webp)$|^\.(jpe?g|png|webp)$/],
  ['animation', /^image\/gif$|^\.gif$/],
  ['voice', /^audio\/(ogg|opus)$|^\.(ogg|oga|opus)$/],
  ['audio', /^audio\/(mpeg|mp3|mp4|x-m4a|m4a)$|^\.(mp3|m4a)$/],
  ['video', /^video\/mp4$|^\.mp4$/],
];

/** How Telegram shows a file best. */
function kindOf({ mime, name }: OutboundFile): FileKind {
  const type = mime ?? extname(name).toLowerCase();
  return kinds.find(([, pattern]) => pattern.test(type))?.[0] ?? 'document';
}

async function sendFile(
  calls: Calls,
  { path, name }: OutboundFile,
  { kind, to, signal }: { kind: FileKind; to: Target; signal: AbortSignal },
): Promise<string> {
  await using handle = await open(path);
  const { size } = await handle.stat();
  // grammY writes the name into a header as it is.
  const file = new InputFile(handle.createReadStream({ autoClose: false }), name.replace(/[\p{Cc}";\\/]/gu, '_'));
  const ways: Record<FileKind, () => Promise<{ message_id: number }>> = {
    photo: () => calls.sendPhoto({ ...to, photo: file }, signal),
    voice: () => calls.sendVoice({ ...to, voice: file }, signal),
    audio: () => calls.sendAudio({ ...to, audio: file }, signal),
    video: () => calls.sendVideo({ ...to, video: file }, signal),
    animation: () => calls.sendAnimation({ ...to, animation: file }, signal),
    document: () => calls.sendDocument({ ...to, document: file }, signal),
  };
  // Of a photo 10 MB.
  const as = kind === 'photo' && size > 10 * mebi ? 'document' : kind;
  return String((await ways[as]()).message_id);
}

function unreachable(why: string): NanoclawError {
  return new NanoclawError('channel.unreachable', `The file could not be fetched from Telegram (${why}).`);
}

/** That it says so already is what was wanted. */
function unlessSame(error: unknown): void {
  if (!says(error, /message is not modified/)) throw error;
}

function says(error: unknown, words: RegExp): boolean {
  return error instanceof Refusal && words.test(error.description);
}

function isUnknownMethod(error: unknown): boolean {
  return error instanceof Refusal && error.status === 404;
}

const aboutPlace =
  /not modified|message to edit not found|can't be edited|no text in the message|thread not found|chat not found|upgraded to a supergroup|not enough rights|have no rights|CHAT_WRITE_FORBIDDEN|TOPIC_CLOSED|PEER_ID_INVALID/i;

/** A refusal that the same thing in a plainer form may escape. */
function isAboutContent(error: unknown): boolean {
  return error instanceof Refusal && error.status === 400 && !aboutPlace.test(error.description);
}

function isAllowed(emoji: string): emoji is Emoji {
  return allowedReactions.includes(emoji);
}

/** Bot API, ReactionTypeEmoji. */
export const allowedReactions: readonly string[] = `
  👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥
  🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨
  🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡`
  .trim()
  .split(/\s+/);
