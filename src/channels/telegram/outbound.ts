import type { OutboundPart } from '../channel.ts';
import type { Calls } from './api.ts';
import { failureOf } from './errors.ts';
import { type FileKind, fileKindOf, sendFile } from './files.ts';
import { type Target, targetOf } from './target.ts';

/** Of a caption; a longer one follows its file as a message of its own. */
const captionLength = 1024;
const draftLength = 4096;

/**
 * Puts texts and files on Telegram. Markdown goes out as it is, Telegram reads it; what it refuses that way, and what it
 * would fetch from elsewhere, goes as plain text.
 */
export class Outbound {
  readonly #calls: Calls;
  /** A server that is too old for a method is asked for it once. */
  #rich = true;
  #drafts = true;
  /** Parts whose file is there already and whose text is not. */
  readonly #filesThere = new Set<string>();

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  get drafts(): boolean {
    return this.#drafts;
  }

  /** The id of the message; where text follows a file, that of the text: it is what can be edited and answered. */
  async send(part: OutboundPart, chatId: number, signal: AbortSignal): Promise<number> {
    const to = targetOf(part, chatId);
    const { file, text, key } = part;
    if (!file) return this.#sendText(text, to, signal);
    if (text.length <= captionLength) return this.#sendFile(file, { to, caption: text, signal });
    const { reply_markup: buttons, ...bare } = to;
    if (!this.#filesThere.has(key)) await this.#sendFile(file, { to: bare, caption: '', signal });
    this.#filesThere.add(key);
    const id = await this.#sendText(text, buttons ? { ...bare, reply_markup: buttons } : bare, signal);
    this.#filesThere.delete(key);
    return id;
  }

  async edit(to: { chat_id: number; message_id: number }, text: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#richOrPlain(text, {
        rich: (markdown) => this.#calls.editMessageText({ ...to, rich_message: { markdown } }, signal),
        plain: () => this.#calls.editMessageText({ ...to, text, ...noPreview }, signal),
      });
    } catch (error) {
      const said = failureOf(error)?.description ?? '';
      if (/message is not modified/.test(said)) return;
      if (!/no text in the message/.test(said)) throw error;
      await this.#calls.editMessageCaption({ ...to, caption: text }, signal);
    }
  }

  /** Shows it while it grows. Telegram has no way to take one back: it vanishes within 30 s, or when a message comes. */
  async draft(to: Target, { id, text }: { id: number; text: string }, signal: AbortSignal): Promise<void> {
    const draft = { chat_id: to.chat_id, draft_id: id, ...threadIn(to) };
    const shown = text.slice(0, draftLength);
    if (shown.trim() === '' || !this.#drafts) return;
    try {
      await this.#richOrPlain<unknown>(shown, {
        rich: (markdown) => this.#calls.sendRichMessageDraft({ ...draft, rich_message: { markdown } }, signal),
        plain: () => this.#calls.sendMessageDraft({ ...draft, text: shown }, signal),
      });
    } catch (error) {
      if (failureOf(error)?.code === 404) this.#drafts = false;
      throw error;
    }
  }

  #sendText(text: string, to: Target, signal: AbortSignal): Promise<number> {
    return this.#placed(to, async (place) => {
      const message = await this.#richOrPlain<{ message_id: number }>(text, {
        rich: (markdown) => this.#calls.sendRichMessage({ ...place, rich_message: { markdown } }, signal),
        plain: () => this.#calls.sendMessage({ ...place, text, ...noPreview }, signal),
      });
      return message.message_id;
    });
  }

  async #sendFile(
    file: NonNullable<OutboundPart['file']>,
    { to, caption, signal }: { to: Target; caption: string; signal: AbortSignal },
  ): Promise<number> {
    const kind = await fileKindOf(file);
    const send = (as: FileKind, place: Target) => sendFile(this.#calls, file, { kind: as, to: place, caption, signal });
    return this.#placed(to, async (place) => {
      try {
        return await send(kind, place);
      } catch (error) {
        // A picture with odd sides, a person who takes no voice messages: as a document everything goes.
        if (kind === 'document' || !isAboutContent(error)) throw error;
        return send('document', place);
      }
    });
  }

  /** Without its topic when that is gone; in the supergroup that a group has become. */
  async #placed<T>(to: Target, put: (to: Target) => Promise<T>): Promise<T> {
    try {
      return await put(to);
    } catch (error) {
      const failure = failureOf(error);
      const { message_thread_id: thread, reply_parameters: _, ...anywhere } = to;
      if (failure?.movedTo !== undefined) return put({ ...anywhere, chat_id: failure.movedTo });
      if (thread === undefined || !/thread not found/i.test(failure?.description ?? '')) throw error;
      return put(anywhere);
    }
  }

  async #richOrPlain<T>(
    text: string,
    ways: { rich: (markdown: string) => Promise<T>; plain: () => Promise<T> },
  ): Promise<T> {
    if (!this.#rich || fetches(text)) return ways.plain();
    try {
      return await ways.rich(text);
    } catch (error) {
      const unknown = failureOf(error)?.code === 404;
      if (!unknown && !isAboutContent(error)) throw error;
      const done = await ways.plain();
      if (unknown) this.#rich = false;
      return done;
    }
  }
}

// A preview makes Telegram fetch an address that an agent wrote, and an address can carry what the agent has read.
const noPreview = { link_preview_options: { is_disabled: true } } as const;

/** The same, for pictures and Telegram's own tags in rich text (buttons of an agent's making among them). */
function fetches(text: string): boolean {
  return /!\[.*\][([:]/s.test(text) || /<\s*(?:img|video|audio|figure|tg-)/i.test(text);
}

function threadIn({ message_thread_id: thread }: Target): Pick<Target, 'message_thread_id'> {
  return thread === undefined ? {} : { message_thread_id: thread };
}

const aboutPlace =
  /not modified|message to edit not found|can't be edited|no text in the message|thread not found|chat not found|upgraded to a supergroup|not enough rights|have no rights|CHAT_WRITE_FORBIDDEN|TOPIC_CLOSED|PEER_ID_INVALID/i;

/** A refusal that the same thing in a plainer form may escape. */
function isAboutContent(error: unknown): boolean {
  const failure = failureOf(error);
  return failure?.code === 400 && failure.movedTo === undefined && !aboutPlace.test(failure.description);
}
