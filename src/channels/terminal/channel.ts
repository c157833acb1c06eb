// Chats of the person at this machine, one for each group. The platform is whoever is attached: this room knows no socket.
import { randomUUID } from 'node:crypto';
import type { ChatEvent } from '../../../protocol/admin.ts';
import type { Clock } from '../../lib/clock.ts';
import { NanoclawError } from '../../model/errors.ts';
import type { InboundMessage } from '../../model/message.ts';
import type { Channel, ChannelCapabilities, ChannelEvents, ChannelPlace, OutboundPart, Streaming } from '../channel.ts';
import type { ChannelParts } from '../manifest.ts';

/** Throws, or resolves false, when the event did not leave. Resolves late where whoever listens is slow. */
export type TerminalListener = (event: ChatEvent) => undefined | Promise<boolean>;

/** Whoever is attached says with `printed` that the message of that key was shown; disposing ends the attachment. */
export interface TerminalAttachment extends Disposable {
  printed(key: string): void;
}

interface Listener {
  readonly hear: TerminalListener;
  /** It did not say in time that it has shown a message (Ctrl-Z, a dead line): the chat is not open because of it. */
  asleep: boolean;
  /** A draft is on its way; the next one can wait. */
  drafting: boolean;
}

/** A message that was given to the listeners and that none of them has shown yet. */
interface InFlight {
  readonly event: MessageEvent;
  readonly end: (printed: boolean) => void;
}

type MessageEvent = Extract<ChatEvent, { event: 'message' }>;

/** What a chat shows until the answer is there. */
interface Live {
  readonly draft?: { readonly id: number; readonly text: string } | undefined;
  readonly tool?: string | undefined;
  readonly typing?: boolean | undefined;
}

// A terminal shows a message within milliseconds; over the slowest line it takes a few seconds.
const patienceMs = 10_000;
/** How many messages are remembered that were shown after we had given up waiting. */
const mostLate = 100;

export class TerminalChannel implements Channel {
  readonly name = 'terminal';
  readonly capabilities: ChannelCapabilities = {
    textLimits: { length: 1_000_000 },
    typing: true,
    threads: false,
    idempotencyKey: false,
    edits: false,
    reactions: false,
    maxFileBytes: 0,
    buttons: false,
  };
  readonly #clock: Clock;
  readonly #attached = new Map<string, Set<Listener>>();
  readonly #inFlight = new Map<string, InFlight>();
  /** Shown after we had given up waiting: it is not shown again. */
  readonly #late = new Set<string>();
  readonly #live = new Map<string, Live>();
  #events: ChannelEvents | undefined;

  constructor(options: { clock: Clock }) {
    this.#clock = options.clock;
  }

  owns(jid: string): boolean {
    return jid.startsWith('terminal:');
  }

  /** Somebody is looking. What is said meanwhile to a chat nobody looks at waits for the next one who does. */
  isOpen(jid: string): boolean {
    return this.#events !== undefined && [...(this.#attached.get(jid) ?? [])].some((listener) => !listener.asleep);
  }

  async start(events: ChannelEvents): Promise<void> {
    this.#events = events;
    for (const jid of this.#attached.keys()) events.onOpen(jid);
  }

  /**
   * Sent when somebody says that it was shown. Whoever does not within 10 s sleeps: a chat that only sleepers look at is
   * closed, spends nothing, and opens again when one of them wakes or another one attaches.
   */
  async send({ jid, text, key }: OutboundPart, signal: AbortSignal): Promise<{ platformId: string }> {
    const event: MessageEvent = { event: 'message', jid, key, text };
    const shown = this.#late.delete(key) || (this.isOpen(jid) && (await this.#shown(event, signal)));
    if (!shown) throw new NanoclawError('channel.closed', `Nobody looks at ${jid}.`);
    this.#show(jid, { draft: undefined });
    return { platformId: randomUUID() };
  }

  async edit(): Promise<void> {
    throw new NanoclawError('channel.refused', 'What was said in a terminal stays as it is.');
  }

  // The agent's partial text comes ten times a second at most.
  streaming(): Streaming {
    return { type: 'draft', everyMs: 50 };
  }

  draft({ jid }: ChannelPlace, { id, text }: { id: number; text: string }): Promise<void> {
    this.#show(jid, { draft: text === '' ? undefined : { id, text } });
    for (const listener of this.#attached.get(jid) ?? []) void tellDraft(listener, { event: 'draft', jid, id, text });
    return Promise.resolve();
  }

  showTool({ jid }: ChannelPlace, name: string | undefined): void {
    this.#show(jid, { tool: name });
    this.#tell(jid, { event: 'tool', jid, name: name ?? null });
  }

  async react(): Promise<void> {
    throw new NanoclawError('channel.refused', 'A terminal shows no reactions.');
  }

  async fetch(): Promise<Uint8Array> {
    throw new NanoclawError('channel.refused', 'Nothing can be attached in a terminal.');
  }

  setTyping(jid: string, _thread: string | undefined, on: boolean): void {
    if (on) this.#show(jid, { typing: true });
    else this.#live.delete(jid);
    this.#tell(jid, { event: 'typing', jid, on });
  }

  async stop(): Promise<void> {
    this.#events = undefined;
    this.#live.clear();
    for (const { end } of this.#inFlight.values()) end(false);
  }

  /** From now on `hear` gets what is said in the chat, and first what is to be seen there now. */
  attach(jid: string, hear: TerminalListener): TerminalAttachment {
    const listener: Listener = { hear, asleep: false, drafting: false };
    const listeners = this.#attached.get(jid) ?? new Set();
    this.#attached.set(jid, listeners.add(listener));
    this.#catchUp(jid, listener);
    this.#events?.onOpen(jid);
    return {
      printed: (key) => this.#printed(jid, listener, key),
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#attached.get(jid) === listeners) this.#attached.delete(jid);
        this.#endUnread(jid);
      },
    };
  }

  /** The owner says something. Returns the stored message's number; throws what storing threw, and before `start`. */
  say(jid: string, text: string): number | undefined {
    if (!this.#events) {
      throw new NanoclawError('channel.closed', 'The host is starting or stopping.', {
        cure: 'Say it again in a moment.',
      });
    }
    const message: InboundMessage = {
      jid,
      platformId: randomUUID(),
      kind: 'message',
      revision: 0,
      thread: undefined,
      senderId: 'terminal',
      senderName: 'You',
      text,
      sentAt: this.#clock.now(),
      mentionsAssistant: false,
      fromOwner: true,
      replyTo: undefined,
    };
    return this.#events.onMessages([message])[0];
  }

  /** True when one of the listeners says so; false when they are gone, or asleep. */
  async #shown(event: MessageEvent, signal: AbortSignal): Promise<boolean> {
    const { jid, key } = event;
    const shown = new Promise<boolean>((end) => this.#inFlight.set(key, { event, end }));
    const onAbort = () => this.#inFlight.get(key)?.end(false);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      for (const listener of [...(this.#attached.get(jid) ?? [])]) this.#give(listener, event);
      return await shown;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#inFlight.delete(key);
    }
  }

  #give(listener: Listener, event: MessageEvent): void {
    const fallAsleep = () => {
      listener.asleep = true;
      this.#endUnread(event.jid);
    };
    if (!tell(listener, event)) {
      fallAsleep();
      return;
    }
    const given = this.#inFlight.get(event.key);
    this.#clock.after(patienceMs, () => {
      if (given && this.#inFlight.get(event.key) === given) fallAsleep();
    });
  }

  #printed(jid: string, listener: Listener, key: string): void {
    const waiting = this.#inFlight.get(key);
    if (waiting) waiting.end(true);
    else {
      this.#late.add(key);
      for (const oldest of [...this.#late].slice(0, -mostLate)) this.#late.delete(oldest);
    }
    if (!listener.asleep) return;
    listener.asleep = false;
    this.#events?.onOpen(jid);
  }

  /** Nobody is left who could show it. */
  #endUnread(jid: string): void {
    if (this.isOpen(jid)) return;
    for (const waiting of this.#inFlight.values()) if (waiting.event.jid === jid) waiting.end(false);
  }

  #show(jid: string, change: Live): void {
    this.#live.set(jid, { ...this.#live.get(jid), ...change });
  }

  #catchUp(jid: string, listener: Listener): void {
    const { typing, draft, tool } = this.#live.get(jid) ?? {};
    if (typing) tell(listener, { event: 'typing', jid, on: true });
    if (draft) void tellDraft(listener, { event: 'draft', jid, ...draft });
    if (tool !== undefined) tell(listener, { event: 'tool', jid, name: tool });
    for (const { event } of this.#inFlight.values()) if (event.jid === jid) this.#give(listener, event);
  }

  #tell(jid: string, event: ChatEvent): void {
    for (const listener of this.#attached.get(jid) ?? []) tell(listener, event);
  }
}

export function createChannel(parts: ChannelParts): TerminalChannel {
  return new TerminalChannel(parts);
}

/** False when the listener could not take it; that is its own trouble, not our caller's. */
function tell(listener: Listener, event: ChatEvent): boolean {
  try {
    void listener.hear(event);
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return false;
  }
}

// Only as fast as the listener reads, or one that sleeps would fill our memory.
async function tellDraft(listener: Listener, event: ChatEvent): Promise<void> {
  if (listener.drafting) return;
  listener.drafting = true;
  try {
    await listener.hear(event);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  } finally {
    listener.drafting = false;
  }
}
