// What a terminal knows of its chat: the host it is attached to, what is being written there, and what was asked.
import type { ChatEvent } from '../../../protocol/admin.ts';
import type { AdminClient } from '../../admin/client.ts';
import { pause, systemClock } from '../../lib/clock.ts';
import { terminalJid } from '../../model/chat.ts';
import { hasCode } from '../../model/errors.ts';
import type { Attached } from './banner.ts';
import type { Earlier, Work } from './transcript.ts';

/** Which chat it is, and the way to its host. */
export interface Seat {
  readonly group: string;
  readonly connect: () => Promise<AdminClient>;
}

export interface SessionEvents {
  /** A message counts as delivered when this resolves. */
  readonly onEvent: (event: ChatEvent) => Promise<void>;
  /** Called before the first event; `again` when the host was away. */
  readonly onAttached: (attached: Attached, again: boolean) => void;
  readonly onGone: () => void;
  readonly onChange: () => void;
}

export interface GrowingAnswer {
  readonly id: number;
  readonly text: string;
  /** Its turn is over: nothing more comes but the message itself. */
  readonly complete: boolean;
}

const reconnectMs = 500;
const mostEarlier = 6;

export class Session {
  readonly #seat: Seat;
  readonly #events: SessionEvents;
  /** Rejects when coming back to a host cannot help. */
  readonly failed: Promise<never>;
  #fail: (error: unknown) => void = () => undefined;
  #client: AdminClient | undefined;
  #attached: Attached | undefined;
  #draft: GrowingAnswer | undefined;
  /** Of the stopped turn nothing more is shown. */
  #stoppedId: number | undefined;
  #muted = false;
  #typingSince: number | undefined;
  #askedSince: number | undefined;
  #asked = 0;
  #tool: { readonly name: string; readonly since: number } | undefined;
  #stopping = false;
  /** The host has yet to say that it stopped. */
  #stopAsked = false;
  /** Messages shown, also by an earlier connection: a host that died before it knew sends them again. */
  readonly #shown = new Set<string>();

  constructor(seat: Seat, events: SessionEvents) {
    this.#seat = seat;
    this.#events = events;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // Whoever waits for it hears of it; nobody has to.
    this.failed.catch(() => undefined);
  }

  get attached(): Attached | undefined {
    return this.#attached;
  }

  get connected(): boolean {
    return this.#client !== undefined;
  }

  get draft(): GrowingAnswer | undefined {
    return this.#draft;
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  get working(): boolean {
    return this.#typingSince !== undefined || this.#askedSince !== undefined;
  }

  get work(): Work | undefined {
    const since = this.#tool?.since ?? this.#typingSince ?? this.#askedSince;
    if (since === undefined) return undefined;
    return { tool: this.#tool?.name, sinceMs: systemClock.now() - since, stopping: this.#stopping };
  }

  /** The last messages of the chat, before anything is delivered to us. */
  async earlier(client: AdminClient): Promise<Earlier[]> {
    try {
      return await client.call('messages.list', { chat: terminalJid(this.#seat.group), limit: mostEarlier });
    } catch (error) {
      // Nothing was ever said there.
      if (hasCode(error, 'chat.unknown')) return [];
      throw error;
    }
  }

  /** From now on events come. Throws as `chat.attach` does. */
  async attach(client: AdminClient): Promise<void> {
    let ready: () => void = () => undefined;
    const attached = new Promise<void>((resolve) => {
      ready = resolve;
    });
    client.onEvent(async (event) => {
      await attached;
      await this.#heard(event);
    });
    const again = this.#attached !== undefined;
    this.#attached = await client.call('chat.attach', { group: this.#seat.group });
    this.#client = client;
    void client.closed.then(() => this.#lost(client));
    this.#events.onAttached(this.#attached, again);
    ready();
  }

  /** How a message and the answer that is growing belong together. */
  completes(key: string): { keep: boolean; quiet: boolean } {
    const quiet = this.#stopAsked && key.startsWith('command:');
    if (quiet) this.#stopAsked = false;
    if (key.startsWith('result:')) this.#draft = undefined;
    return { keep: this.#draft?.complete === true, quiet };
  }

  dropDraft(): void {
    this.#draft = undefined;
  }

  /** Resolves with what became of it when that is known. */
  async say(text: string): Promise<string> {
    const client = this.#client;
    if (!client) return 'away';
    this.#asked += 1;
    this.#askedSince ??= systemClock.now();
    try {
      const { message } = await client.call('chat.say', { text });
      const { state } = await client.call('chat.settled', { message }).catch(lostOnTheWay);
      return state;
    } finally {
      this.#asked -= 1;
      if (this.#asked === 0) this.#askedSince = undefined;
    }
  }

  /** Stops what is being written, as `/stop` does. What comes of it later is not shown. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopAsked = true;
    this.#muted = this.#typingSince !== undefined;
    this.#stoppedId = this.#draft?.id ?? this.#stoppedId;
    await this.say('/stop');
    this.#stopping = false;
  }

  async #heard(event: ChatEvent): Promise<void> {
    if (event.event === 'message') {
      if (this.#shown.has(event.key)) return;
      this.#shown.add(event.key);
    } else if (!this.#tell(event)) return;
    await this.#events.onEvent(event);
  }

  /** False when it changes nothing. */
  #tell(event: Exclude<ChatEvent, { event: 'message' }>): boolean {
    const now = systemClock.now();
    switch (event.event) {
      case 'typing':
        this.#typingSince = event.on ? (this.#typingSince ?? now) : undefined;
        if (event.on) return true;
        this.#tool = undefined;
        this.#muted = false;
        if (this.#draft) this.#draft = { ...this.#draft, complete: true };
        return true;
      case 'tool':
        this.#tool = event.name === null ? undefined : { name: event.name, since: now };
        return true;
      case 'draft':
        if (this.#muted) this.#stoppedId = event.id;
        if (event.id === this.#stoppedId) return false;
        this.#draft = event.text === '' ? undefined : { id: event.id, text: event.text, complete: false };
        return true;
    }
  }

  #lost(client: AdminClient): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#typingSince = undefined;
    this.#tool = undefined;
    this.#stopping = false;
    this.#muted = false;
    this.#events.onGone();
    this.#events.onChange();
    this.#comeBack().catch((error: unknown) => this.#fail(error));
  }

  async #comeBack(): Promise<void> {
    while (!this.#client) {
      await pause(systemClock, reconnectMs);
      try {
        await this.attach(await this.#seat.connect());
      } catch (error) {
        if (!['admin.not-running', 'admin.closed'].some((code) => hasCode(error, code))) throw error;
      }
    }
  }
}

/** It was said; what becomes of it is seen when the host is back. */
function lostOnTheWay(error: unknown): { state: string } {
  if (hasCode(error, 'admin.closed')) return { state: 'away' };
  throw error;
}
