import { randomUUID } from 'node:crypto';
import type { ReplyFile } from '../../../protocol/mailbox.ts';
import type { ToolDefinition } from '../../../protocol/tools/definition.ts';
import type { Mailbox } from './mailbox.ts';

export interface RequestsOptions {
  /** Tells the host that a request file lies there. */
  readonly ring: () => void;
  readonly lookMs: number;
  readonly replyMs: number;
}

/** The chat and, where one is known, the turn a request comes from. */
export interface Origin {
  readonly chatJid: string;
  readonly turnId?: string | undefined;
}

/** Puts questions to the host as files and waits for its replies. */
export class Requests {
  readonly #mailbox: Mailbox;
  readonly #options: RequestsOptions;
  readonly #waiting = new Map<string, (reply: ReplyFile | undefined) => void>();

  constructor(mailbox: Mailbox, options: RequestsOptions) {
    this.#mailbox = mailbox;
    this.#options = options;
  }

  /** Resolves with the host's reply, or undefined when none came in time: then nobody here knows whether it was done. */
  async ask(tool: ToolDefinition, args: Readonly<Record<string, unknown>>, from: Origin) {
    const id = randomUUID();
    this.#mailbox.request(tool.place, id, { ...(tool.toRequest?.(args) ?? args), type: tool.requestType, id, ...from });
    this.#options.ring();
    const timers: NodeJS.Timeout[] = [];
    const reply = await new Promise<ReplyFile | undefined>((resolve) => {
      this.#waiting.set(id, resolve);
      timers.push(setInterval(() => this.look(), this.#options.lookMs));
      timers.push(setTimeout(() => resolve(undefined), this.#options.replyMs));
      this.look();
    });
    for (const timer of timers) clearTimeout(timer);
    this.#waiting.delete(id);
    if (reply) this.#mailbox.ack(id);
    return reply;
  }

  /** A bell rang, or it is time to look anyway. */
  look(): void {
    for (const [id, resolve] of this.#waiting) {
      const reply = this.#read(id);
      if (reply) resolve(reply);
    }
  }

  #read(id: string): ReplyFile | undefined {
    try {
      return this.#mailbox.reply(id);
    } catch {
      // Not a reply; silence is what the tool reports in the end.
      return undefined;
    }
  }
}
