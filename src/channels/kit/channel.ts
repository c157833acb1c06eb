import { stat } from 'node:fs/promises';
import { steady } from '../../lib/clock.ts';
import { NanoclawError, systemCode } from '../../model/errors.ts';
import {
  Busy,
  type Channel,
  type ChannelCapabilities,
  type ChannelEvents,
  type ChannelPlace,
  type OutboundFile,
  type OutboundPart,
  type Reaction,
  type SentText,
  type Streaming,
} from '../channel.ts';
import type { ChannelParts } from '../manifest.ts';
import { Chats } from './chats.ts';
import { type Connection, type Platform, refused, type TextToSend, type To } from './platform.ts';
import { Session } from './session.ts';
import { Waits } from './waits.ts';

const callMs = 30_000;
const fileMs = 300_000;

interface Call {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  /** Counts among what the platform takes in a time. */
  readonly paced?: boolean;
}

type Words = Pick<TextToSend, 'text' | 'replyTo' | 'buttons'>;

/** A platform as a channel: what the contract promises and no platform has to do by itself. */
export class KitChannel implements Channel {
  readonly name: string;
  readonly #platform: Platform;
  readonly #parts: ChannelParts;
  readonly #waits: Waits;
  readonly #chats: Chats;
  /** Parts whose file is there already and whose text is not. */
  readonly #filesThere = new Set<string>();
  #session: Session | undefined;

  constructor(platform: Platform, parts: ChannelParts) {
    this.#platform = platform;
    this.#parts = parts;
    this.name = platform.manifest.name;
    this.#waits = new Waits(steady(parts.clock));
    this.#chats = new Chats({ log: parts.log, waits: this.#waits });
  }

  get capabilities(): ChannelCapabilities {
    const { capabilities } = this.#platform;
    return { ...capabilities, textLimits: this.#session?.textLimits ?? capabilities.textLimits };
  }

  get trouble(): string | undefined {
    return this.#session?.trouble;
  }

  owns(jid: string): boolean {
    return this.#platform.manifest.chatOf(jid) !== undefined;
  }

  isOpen(jid: string): boolean {
    return this.#session !== undefined && this.owns(jid) && !this.#chats.isShut(jid);
  }

  async start(events: ChannelEvents, signal: AbortSignal): Promise<void> {
    await this.stop();
    this.#chats.forgetNames();
    const known = { platform: this.#platform, waits: this.#waits, chats: this.#chats };
    const session = new Session({ ...this.#parts, ...known, events });
    await session.connect(signal);
    this.#session = session;
    session.begin();
    events.onOpen();
  }

  async stop(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.end();
  }

  async send(part: OutboundPart, signal: AbortSignal): Promise<{ platformId: string }> {
    const { jid, thread, file, text, key, replyTo, buttons } = part;
    const session = this.#openAt(jid);
    this.#obey(this.#chats.now(jid));
    session.typing.off({ jid, thread });
    session.forget(draftOf(part));
    const words = { text, replyTo, buttons };
    if (!file) return { platformId: await this.#sendText(part, words, signal) };
    if (this.#platform.fitsCaption(text)) {
      return { platformId: await this.#sendFile(part, { ...words, file }, signal) };
    }
    if (!this.#filesThere.has(key)) await this.#sendFile(part, { text: '', replyTo, file }, signal);
    this.#filesThere.add(key);
    // The id is that of the text: it is what can be edited and answered.
    const platformId = await this.#sendText(part, words, signal);
    this.#filesThere.delete(key);
    return { platformId };
  }

  async edit({ jid, thread, platformId: id, text, buttons }: SentText, signal: AbortSignal): Promise<void> {
    await this.#call({ jid, thread }, { signal, deadlineMs: callMs, paced: true }, async (connection, to, end) => {
      if (!connection.edit) throw refused(`What was sent to ${this.#platform.title} stays as it is.`);
      await connection.edit({ ...to, id, text, buttons }, end);
    });
  }

  async react({ jid, platformId: id, emoji }: Reaction, signal: AbortSignal): Promise<void> {
    await this.#call({ jid, thread: undefined }, { signal, deadlineMs: callMs }, async (connection, to, end) => {
      if (!connection.react) throw refused(`${this.#platform.title} has no reactions.`);
      await connection.react({ ...to, id, emoji }, end);
    });
  }

  streaming(jid: string): Streaming {
    const chat = this.#platform.manifest.chatOf(this.#chats.now(jid));
    if (!this.#session || chat === undefined) return { type: 'none' };
    return this.#session.connection.streaming?.(chat) ?? { type: 'none' };
  }

  async draft(place: ChannelPlace, draft: { id: number; text: string }): Promise<void> {
    const session = this.#session;
    if (!session || !this.isOpen(place.jid)) return;
    const what = draftOf(place);
    session.forget(what);
    if (draft.text.trim() === '') return;
    await session.hint({ jid: place.jid, what }, (end) =>
      session.reach(place, async (connection, to) => connection.draft?.({ ...to, ...draft }, end)),
    );
  }

  setTyping(jid: string, thread: string | undefined, on: boolean): void {
    const session = this.#session;
    if (!on) session?.typing.off({ jid, thread });
    else if (this.isOpen(jid) && session?.connection.typing) session.typing.on({ jid, thread });
  }

  async fetch(ref: string, { maxBytes, signal }: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array> {
    const session = this.#session;
    if (!session) throw this.#closed();
    this.#obey(undefined);
    const fetching = async (end: AbortSignal) => {
      if (!session.connection.fetch) throw refused(`Nothing can be attached in ${this.#platform.title}.`);
      return await session.connection.fetch(ref, { maxBytes, signal: end });
    };
    try {
      return await session.life.run(fetching, { signal, deadlineMs: fileMs });
    } catch (error) {
      session.note(error, undefined);
      throw error;
    }
  }

  /** Chats that do not answer (we were put out) keep the name they had. */
  async refresh(known: readonly string[]): Promise<void> {
    const session = this.#session;
    if (!session?.connection.look) return;
    for (const jid of known) {
      if (!this.isOpen(jid) || this.#waits.leftMs(this.#chats.now(jid)) > 0) continue;
      await session.hint({ jid, what: 'look' }, (end) =>
        session.reach({ jid, thread: undefined }, async (connection, to) => {
          const seen = await connection.look?.(to, end);
          if (seen) session.events.onChat(seen);
        }),
      );
    }
  }

  #sendText(place: ChannelPlace, words: Words, signal: AbortSignal): Promise<string> {
    return this.#call(place, { signal, deadlineMs: callMs, paced: true }, (connection, to, end) =>
      connection.sendText({ ...to, ...words }, end),
    );
  }

  #sendFile(place: ChannelPlace, words: Words & { file: OutboundFile }, signal: AbortSignal): Promise<string> {
    return this.#call(place, { signal, deadlineMs: fileMs, paced: true }, async (connection, to, end) => {
      if (!connection.sendFile) throw refused(`Files cannot be sent to ${this.#platform.title}.`);
      await this.#check(words.file);
      return await connection.sendFile({ ...to, ...words }, end);
    });
  }

  async #check({ path, name }: OutboundFile): Promise<void> {
    const { size } = await stat(path).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') throw refused(`The file ${name} is gone.`);
      throw error;
    });
    const { maxFileBytes } = this.capabilities;
    if (size > maxFileBytes) {
      throw refused(
        `${name} is larger than the ${Math.floor(maxFileBytes / 1024 ** 2)} MB that ${this.#platform.title} takes.`,
      );
    }
    if (size === 0) throw refused(`${name} is empty; ${this.#platform.title} does not take empty files.`);
  }

  /** One call about a chat that is open and need not wait. */
  async #call<T>(
    place: ChannelPlace,
    { signal, deadlineMs, paced = false }: Call,
    work: (connection: Connection, to: To, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const session = this.#openAt(place.jid);
    const { jid, chat } = session.toOf(place);
    this.#obey(jid);
    if (paced) this.#pace(jid, chat);
    const reach = (end: AbortSignal) => session.reach(place, (connection, to) => work(connection, to, end));
    return await session.life.run(reach, { signal, deadlineMs });
  }

  #openAt(jid: string): Session {
    if (!this.#session) throw this.#closed();
    if (!this.owns(jid)) throw refused(`${jid} is no chat of ${this.#platform.title}.`);
    if (this.#chats.isShut(jid)) throw new NanoclawError('channel.closed', `${jid} takes nothing from us any more.`);
    return this.#session;
  }

  /** Throws what is left of a wait that the platform has asked for. */
  #obey(jid: string | undefined): void {
    const leftMs = this.#waits.leftMs(jid);
    if (leftMs > 0) throw new Busy(this.#platform.title, leftMs);
  }

  /** Throws what is to be waited so that the platform does not ask for it. */
  #pace(jid: string, chat: string): void {
    const { paces } = this.#platform;
    if (!paces) return;
    const waitMs = this.#waits.spend([
      [jid, paces.chat(chat)],
      ['', paces.all],
    ]);
    if (waitMs > 0) throw new Busy(this.#platform.title, waitMs);
  }

  #closed(): NanoclawError {
    return new NanoclawError('channel.closed', `${this.#platform.title} is not connected.`);
  }
}

function draftOf({ jid, thread }: ChannelPlace): string {
  return `draft ${jid} ${thread ?? ''}`;
}
