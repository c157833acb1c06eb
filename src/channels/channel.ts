import type { InboundMessage } from '../model/message.ts';

/** What a platform can do. The host chooses the best it has; nothing is tried that is false here. */
export interface ChannelCapabilities {
  /** Longest text of one message, in UTF-16 units. */
  readonly maxTextLength: number;
  readonly typing: boolean;
  readonly threads: boolean;
  /** A message sent twice under one key appears once. */
  readonly idempotencyKey: boolean;
}

export interface OutboundPart {
  readonly jid: string;
  readonly thread: string | undefined;
  /** Markdown; the channel turns it into its own dialect. */
  readonly text: string;
  /** Same for every try of this part. */
  readonly key: string;
}

/** What a channel tells the host. All are synchronous: when they return, the thing is stored. */
export interface ChannelEvents {
  /** Stored when this returns, and only then may the platform's cursor advance. Throws when it could not be stored (a full disk): do not advance, try again. Returns the stored message's number, undefined for one known before or dropped. */
  onMessage(message: InboundMessage): number | undefined;
  onChat(chat: { jid: string; name: string; isGroup: boolean }): void;
  /** A chat (or all, without jid) can be sent to now. */
  onOpen(jid?: string): void;
}

/**
 * A connection to a messaging platform. The contract, checked by test/contracts/channel.ts against every channel:
 *
 * - `start` settles when the platform took us or refused us; it throws `channel.refused` with a cure when trying again
 *   cannot help (a bad token), anything else is retried by the host. Nothing is received before `start` resolves.
 * - Messages of one chat are handed over in the platform's order, one at a time.
 * - `send` is called one at a time per chat, in outbox order. It resolves with the platform's id once the platform has
 *   accepted the part. It throws `channel.refused` when trying again cannot help; any other error is retried by the host.
 *   It settles within 5 s of `signal`.
 * - `isOpen` false pauses a chat: its rows wait and spend nothing. `onOpen` ends the pause.
 * - `stop` returns when nothing more will be handed over and no send is under way; a stopped channel can be started again.
 */
export interface Channel {
  readonly name: string;
  readonly capabilities: ChannelCapabilities;
  owns(jid: string): boolean;
  isOpen(jid: string): boolean;
  start(events: ChannelEvents, signal: AbortSignal): Promise<void>;
  send(part: OutboundPart, signal: AbortSignal): Promise<{ platformId: string }>;
  /** A hint; never throws. */
  setTyping(jid: string, thread: string | undefined, on: boolean): void;
  stop(): Promise<void>;
}
