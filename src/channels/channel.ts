import { NanoclawError } from '../model/errors.ts';
import type { InboundMessage } from '../model/message.ts';
import type { TextLimits } from '../text/split.ts';

/** The platform asks to wait. Nothing was sent, so no try is spent; the same thing is due again in `retryAfterMs`. */
export class Busy extends NanoclawError {
  readonly retryAfterMs: number;

  constructor(platform: string, retryAfterMs: number) {
    super('channel.busy', `${platform} asks to wait ${Math.ceil(retryAfterMs / 1000)} s.`);
    this.name = 'Busy';
    this.retryAfterMs = retryAfterMs;
  }
}

/** What a platform can do. The host chooses the best it has; nothing is tried that is false here. */
export interface ChannelCapabilities {
  /** What one message holds. A longer text is split before it is stored. */
  readonly textLimits: TextLimits;
  readonly typing: boolean;
  readonly threads: boolean;
  /** A message sent twice under one key appears once. */
  readonly idempotencyKey: boolean;
  /** The text of a message of ours can be replaced: `edit` works. */
  readonly edits: boolean;
  readonly reactions: boolean;
  /** The only emojis `react` takes; undefined: any. */
  readonly emojis?: readonly string[] | undefined;
  /** Largest file that can be sent, in bytes; 0 where files cannot be sent. */
  readonly maxFileBytes: number;
  readonly buttons: boolean;
}

/**
 * How an answer that is still being written can be shown in a chat. `draft`: by itself it vanishes, the answer is sent as
 * a message of its own. `edit`: one message that is edited until it is the answer; not oftener than every `everyMs`.
 */
export type Streaming = { readonly type: 'none' } | { readonly type: 'draft' | 'edit'; readonly everyMs: number };

/** Where something is shown. `thread` is the platform's own thread or topic id. */
export interface ChannelPlace {
  readonly jid: string;
  readonly thread: string | undefined;
}

export interface OutboundPart extends ChannelPlace {
  /** Markdown; the channel turns it into its own dialect. The caption where there is a file. */
  readonly text: string;
  /** Same for every try of this part. */
  readonly key: string;
  /** Sent with the text as its caption; `path` is a file of the host's that nobody else changes. */
  readonly file?: OutboundFile | undefined;
  /** Platform id of the message that this answers, where a reader needs that to follow (groups). A hint. */
  readonly replyTo?: string | undefined;
  readonly buttons?: readonly Button[] | undefined;
}

/** What a message of ours is to say from now on. */
export interface SentText extends ChannelPlace {
  readonly platformId: string;
  readonly text: string;
  readonly buttons?: readonly Button[] | undefined;
}

export interface Reaction {
  readonly jid: string;
  readonly platformId: string;
  readonly emoji: string | undefined;
}

export interface OutboundFile {
  readonly path: string;
  readonly name: string;
  /** `image/png` and so on, undefined where nobody knows. */
  readonly mime: string | undefined;
}

/** A press comes back as an `InboundMessage` of kind `click` whose text is `value` (64 bytes at most). */
export interface Button {
  readonly label: string;
  readonly value: string;
}

export interface SeenChat {
  readonly jid: string;
  readonly name: string;
  readonly isGroup: boolean;
  /** We were added just now, by this person. */
  readonly addedBy?: string | undefined;
}

/** What a channel tells the host. All are synchronous: when they return, the thing is stored. */
export interface ChannelEvents {
  /**
   * One act of a person, usually one message: the pictures of an album, a text that the app sent in two. Decided on as one,
   * stored in one transaction when this returns, and only then may the platform's cursor advance. Returns the stored
   * messages' numbers, undefined for one that was known before or dropped. Throws `inbound.not-stored` when the place is
   * not able to (a full disk, the host stops): do not advance, try again however long it takes. Any other error is the
   * message's own: after five tries it is handed to `onSetAside`, and the next one follows.
   */
  onMessages(act: readonly InboundMessage[]): readonly (number | undefined)[];
  /** Nobody could store this act; it is kept in a file and the owner is told. Throws only as `onMessages` does for the place. */
  onSetAside(act: readonly InboundMessage[], error: unknown): void;
  /** The platform calls that chat by another id from now on: everything that is keyed by it follows. */
  onMoved(from: string, to: string): void;
  onChat(chat: SeenChat): void;
  /** A chat (or all, without jid) can be sent to now. */
  onOpen(jid?: string): void;
  /** The connection is lost for good until started again (another program polls with our token, logged out): `start` is called again later. */
  onClosed(error: unknown): void;
}

/**
 * A connection to a messaging platform. The contract, checked by test/contracts/channel.ts against every channel:
 *
 * - `start` settles when the platform took us or refused us; it throws `channel.refused` with a cure when trying again
 *   cannot help (a bad token), anything else is retried by the host. Nothing is received before `start` resolves. A
 *   connection that is lost later is the channel's own affair, unless it says `onClosed`.
 * - Messages of one chat are handed over in the platform's order, one at a time. A chat is shown by `onChat` before its
 *   first message is handed over, and again when its name changes.
 * - `send` is called one at a time per chat and thread, in outbox order; one that has failed for two minutes may be overtaken.
 *   It resolves with the platform's id once the platform has
 *   accepted the part. It throws `channel.refused` when trying again cannot help; any other error is retried by the host,
 *   `channel.unsure` when the platform may have taken it (the connection was lost after the bytes had left).
 *   `Busy` when the platform has asked to wait: for a chat or for the whole token, and `edit`, `draft`, `react` and typing
 *   obey it too; no call is made inside a wait. Every call settles within 5 s of `signal`.
 * - `edit` replaces the text and the buttons of a message of ours (none given: none stay); that it says so already is
 *   success. Throws as `send` does: `channel.refused` when that message cannot be edited (any more).
 * - `react` sets our one reaction to a message, or takes it back (no emoji). Throws as `send` does.
 * - `isOpen` false pauses a chat: its rows wait and spend nothing. `onOpen` ends the pause.
 * - `fetch` brings what an attachment's `ref` names, `maxBytes` at most: `channel.refused` when it is larger or gone.
 * - `setTyping` and `draft` are hints: they never throw and never reject, and what they do is lost with the
 *   connection. `setTyping` lasts until it is turned off or a message is sent, as long as the platform needs it repeated.
 * - `refresh` shows by `onChat` which chats the platform has now, and under which names. One that cannot list its chats looks
 *   up `known`, those of its own that the host knows. It may reject; absent where there is nothing to look up.
 * - `stop` returns when nothing more will be handed over and no send is under way; a stopped channel can be started again.
 */
export interface Channel {
  readonly name: string;
  readonly capabilities: ChannelCapabilities;
  /** Why nothing is received right now although it is started, in a sentence; it goes on trying. */
  readonly trouble?: string | undefined;
  owns(jid: string): boolean;
  isOpen(jid: string): boolean;
  start(events: ChannelEvents, signal: AbortSignal): Promise<void>;
  send(part: OutboundPart, signal: AbortSignal): Promise<{ platformId: string }>;
  edit(sent: SentText, signal: AbortSignal): Promise<void>;
  streaming(jid: string): Streaming;
  /** The text so far of the answer that `id` (a positive number, the same while it grows) names; empty takes it back. Resolves when the next one may follow. */
  draft(place: ChannelPlace, draft: { id: number; text: string }): Promise<void>;
  setTyping(jid: string, thread: string | undefined, on: boolean): void;
  /** Shows the tool at work (undefined: none) in its own way, so no line about a long silence is sent. A hint, like typing. */
  showTool?(place: ChannelPlace, name: string | undefined): void;
  react(reaction: Reaction, signal: AbortSignal): Promise<void>;
  fetch(ref: string, options: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array>;
  refresh?(known: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** The channel a chat is on; undefined when that one is not configured here. */
export function ownerOf(channels: readonly Channel[], jid: string): Channel | undefined {
  return channels.find((channel) => channel.owns(jid));
}
