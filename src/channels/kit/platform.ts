// What a platform has to say, and what the kit does for it. The kit makes a `Channel` of it (./channel.ts).
import type { Log } from '../../lib/log.ts';
import { NanoclawError } from '../../model/errors.ts';
import type { InboundMessage } from '../../model/message.ts';
import type { TextLimits } from '../../text/split.ts';
import {
  Busy,
  type Button,
  type ChannelCapabilities,
  type OutboundFile,
  type SeenChat,
  type Streaming,
} from '../channel.ts';
import type { ChannelManifest, ChannelParts } from '../manifest.ts';
import type { Http } from './http.ts';
import type { Pace } from './waits.ts';

export interface Platform {
  readonly manifest: ChannelManifest;
  /** What people call it: in sentences. */
  readonly title: string;
  readonly capabilities: ChannelCapabilities;
  /** Whether a text can be the caption of a file; otherwise it follows its file as a message of its own. */
  fitsCaption(text: string): boolean;
  /** How long "typing" stays when it was shown once, less a little. */
  readonly typingEveryMs: number;
  /** What the platform documents to take of messages and edits in one chat, and of all chats together. */
  readonly paces?: { chat(chat: string): Pace | undefined; readonly all?: Pace };
  /**
   * One connection. Resolves when the platform has let us in; throws `channel.refused` with a cure when trying again cannot
   * help, anything else is tried again by the kit. Nothing started here may outlive `signal` or `close`.
   */
  connect(kit: Kit, signal: AbortSignal): Promise<Connection>;
}

/** Where something goes: `chat` is what the manifest's `chatOf` made of the JID. */
export interface To {
  readonly jid: string;
  readonly chat: string;
  readonly thread: string | undefined;
}

export interface TextToSend extends To {
  readonly text: string;
  readonly replyTo?: string | undefined;
  readonly buttons?: readonly Button[] | undefined;
}

/**
 * What a platform does. Every call gets a deadline and a signal from the kit, and none tries again or waits by itself. Throws
 * what `Channel.send` may throw, and `Shut`, `Moved`, `Busy` (this chat) or `BusyAll` (the token). No error that leaves here
 * carries a secret: not in its message, not in its cause.
 */
export interface Connection {
  /** What one message holds, where this server takes less than the platform. */
  readonly textLimits?: TextLimits | undefined;
  streaming?(chat: string): Streaming;
  /** The platform's id of the message. */
  sendText(text: TextToSend, signal: AbortSignal): Promise<string>;
  sendFile?(file: TextToSend & { readonly file: OutboundFile }, signal: AbortSignal): Promise<string>;
  edit?(sent: TextToSend & { readonly id: string }, signal: AbortSignal): Promise<void>;
  react?(
    reaction: To & { readonly id: string; readonly emoji: string | undefined },
    signal: AbortSignal,
  ): Promise<void>;
  /** Shows it once; the kit repeats it. */
  typing?(to: To, signal: AbortSignal): Promise<void>;
  draft?(draft: To & { readonly id: number; readonly text: string }, signal: AbortSignal): Promise<void>;
  fetch?(ref: string, options: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array>;
  /** How the chat is called now. */
  look?(to: To, signal: AbortSignal): Promise<SeenChat>;
  close?(): void | Promise<void>;
}

/** What is told about a chat; `undefined` for what is nothing to us. */
export type Told =
  | {
      readonly type: 'message';
      readonly chat: SeenChat;
      readonly message: InboundMessage;
      /** Why it may be a piece of something that is said in several messages. */
      readonly piece?: Piece | undefined;
    }
  /** We may write there from now on, or may not. */
  | { readonly type: 'standing'; readonly chat: SeenChat; readonly open: boolean }
  /** What was the chat `from` is called otherwise now. */
  | { readonly type: 'moved'; readonly from: string; readonly chat: SeenChat };

export interface Piece {
  /** Same for all pictures of one album. */
  readonly album?: string | undefined;
  readonly forwarded?: boolean;
}

/** One thing that the platform tells, in its order. */
export interface Incoming {
  /** The same when it is told again. For a platform that is polled, the number from which it is asked again. */
  readonly id: number | string;
  /** Reads it. What cannot be read is logged and left out, so that what comes after it is heard. */
  read(): Told | undefined;
  /** It is stored, or nobody wants it: a platform that waits for that may be told now. */
  readonly settled?: (() => void) | undefined;
}

export interface Kit extends Pick<ChannelParts, 'setting' | 'clock' | 'commands'> {
  readonly log: Log;
  /** For these origins (`https://api.example.org`) and no others. Closed with the connection. */
  http(origins: readonly string[]): Http;
  /** What has come over a connection that is pushed to. */
  receive(incoming: readonly Incoming[]): void;
  /**
   * Long polling from when the connection is up: asks again and again, with back-off. `from` is the first id that is not
   * stored (undefined: whatever the platform has kept), so that nothing is lost. `waitMs` is how long the platform may hold
   * the question; 0 while something that it will tell once more is being gathered. What `ask` throws is tried again;
   * `channel.refused` and `channel.conflict` end the connection.
   */
  poll(
    ask: (asked: { from: number | undefined; waitMs: number; signal: AbortSignal }) => Promise<readonly Incoming[]>,
  ): void;
  /** Something that is nice to have: with a deadline, after a wait that the platform has asked for, and its failure is only logged. */
  hint(
    key: { readonly jid: string | undefined; readonly what: string },
    work: (signal: AbortSignal) => Promise<unknown>,
  ): void;
  /** The connection is gone: the kit makes a new one. */
  lost(error: unknown): void;
}

/** The platform asks to wait with everything, in every chat. */
export class BusyAll extends Busy {}

/** We may not write there, until somebody says something or lets us in. */
export class Shut extends NanoclawError {
  constructor(sentence: string) {
    super('channel.refused', sentence);
  }
}

/** The chat is called `jid` now; it is tried there. */
export class Moved extends NanoclawError {
  readonly jid: string;

  constructor(jid: string) {
    super('channel.failed', `The chat is ${jid} now.`);
    this.jid = jid;
  }
}

export function refused(sentence: string): NanoclawError {
  return new NanoclawError('channel.refused', sentence);
}
