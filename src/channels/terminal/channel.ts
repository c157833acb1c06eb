// Chats of the person at this machine, one for each group. The platform is whoever is attached: this room knows no socket.
import { randomUUID } from 'node:crypto';
import type { ChatEvent } from '../../../protocol/admin.ts';
import type { Clock } from '../../lib/clock.ts';
import { NanoclawError } from '../../model/errors.ts';
import type { InboundMessage } from '../../model/message.ts';
import type { Channel, ChannelCapabilities, ChannelEvents, OutboundPart, Streaming } from '../channel.ts';
import type { ChannelParts } from '../manifest.ts';

/** Throws, or resolves false, when the event was not taken. Resolves late where whoever listens is slow. */
export type TerminalListener = (event: ChatEvent) => undefined | Promise<boolean>;

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
  readonly #attached = new Map<string, Set<TerminalListener>>();
  readonly #typing = new Set<string>();
  #events: ChannelEvents | undefined;

  constructor(options: { clock: Clock }) {
    this.#clock = options.clock;
  }

  owns(jid: string): boolean {
    return jid.startsWith('terminal:');
  }

  /** Somebody is looking. What is said meanwhile to a chat nobody looks at waits for the next one who does. */
  isOpen(jid: string): boolean {
    return this.#events !== undefined && this.#attached.has(jid);
  }

  async start(events: ChannelEvents): Promise<void> {
    this.#events = events;
    for (const jid of this.#attached.keys()) events.onOpen(jid);
  }

  /**
   * Taken when all of it has left for at least one listener: only then will the next host not say it again. A listener
   * that sleeps (Ctrl-Z) is given until `signal`; what waits for it by then counts as taken.
   */
  async send(part: OutboundPart, signal: AbortSignal): Promise<{ platformId: string }> {
    const listeners = this.isOpen(part.jid) ? [...(this.#attached.get(part.jid) ?? [])] : [];
    const event: ChatEvent = { event: 'message', jid: part.jid, text: part.text };
    const tries = listeners.map(async (listener) => (await listener(event)) ?? true);
    const ends = await Promise.race([Promise.allSettled(tries), asleepUntil(signal)]);
    if (ends.some((end) => end.status === 'fulfilled' && end.value)) return { platformId: randomUUID() };
    const failure = ends.find((end) => end.status === 'rejected');
    throw new NanoclawError('channel.closed', `Nobody is attached to ${part.jid}.`, { cause: failure?.reason });
  }

  async edit(): Promise<void> {
    throw new NanoclawError('channel.refused', 'What was said in a terminal stays as it is.');
  }

  streaming(): Streaming {
    return { type: 'none' };
  }

  draft(): Promise<void> {
    return Promise.resolve();
  }

  async react(): Promise<void> {
    throw new NanoclawError('channel.refused', 'A terminal shows no reactions.');
  }

  async fetch(): Promise<Uint8Array> {
    throw new NanoclawError('channel.refused', 'Nothing can be attached in a terminal.');
  }

  setTyping(jid: string, _thread: string | undefined, on: boolean): void {
    if (on) this.#typing.add(jid);
    else this.#typing.delete(jid);
    for (const listener of this.#attached.get(jid) ?? []) tellTyping(listener, jid, on);
  }

  async stop(): Promise<void> {
    this.#events = undefined;
    this.#typing.clear();
  }

  /** From now on `listener` hears what is said in the chat; disposing ends that. The chat is open while anyone listens. */
  attach(jid: string, listener: TerminalListener): Disposable {
    const listeners = this.#attached.get(jid) ?? new Set();
    this.#attached.set(jid, listeners.add(listener));
    if (this.#typing.has(jid)) tellTyping(listener, jid, true);
    this.#events?.onOpen(jid);
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#attached.get(jid) === listeners) this.#attached.delete(jid);
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
}

export function createChannel(parts: ChannelParts): TerminalChannel {
  return new TerminalChannel(parts);
}

function asleepUntil(signal: AbortSignal): Promise<PromiseSettledResult<boolean>[]> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve([{ status: 'fulfilled', value: true }]), { once: true });
  });
}

/** A hint: a listener that cannot take it is not our caller's trouble. */
function tellTyping(listener: TerminalListener, jid: string, on: boolean): void {
  try {
    void listener({ event: 'typing', jid, on });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}
