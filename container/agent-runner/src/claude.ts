import { randomUUID } from 'node:crypto';
import {
  type Options,
  type Query,
  type SDKUserMessage,
  startup,
  type WarmQuery,
} from '@anthropic-ai/claude-agent-sdk/core';
import { isUnknownSession, sentenceOf } from './errors.ts';
import { PushQueue } from './push-queue.ts';
import { readEvents, type SdkEvent } from './sdk-events.ts';
import { freshSession, type Session } from './session.ts';

/**
 * Starts the SDK's process. When the session can neither be resumed nor begun under its id, a new one is begun:
 * compare `session.id`. Throws what the SDK said when it does not come up.
 */
export async function openClaude(session: Session, options: (session: Session) => Options): Promise<Claude> {
  try {
    return new Claude(await startup({ options: options(session) }), session);
  } catch (error) {
    if (!isUnknownSession(sentenceOf(error))) throw error;
    const fresh = freshSession();
    return new Claude(await startup({ options: options(fresh) }), fresh);
  }
}

/** One process of the Agent SDK, fed message by message until `end`. */
export class Claude {
  readonly session: Session;
  readonly #messages = new PushQueue<SDKUserMessage>();
  readonly #query: Query;

  constructor(warm: WarmQuery, session: Session) {
    this.session = session;
    this.#query = warm.query(this.#messages);
  }

  /** Hands a message over; events name it by the uuid returned, which is new each time: one it knows is swallowed. */
  hand(text: string): string {
    const uuid = randomUUID();
    this.#messages.push({
      type: 'user',
      message: { role: 'user', content: text },
      parent_tool_use_id: null,
      uuid,
      // A slash would be taken for a command of the SDK. The price is the context it attaches, so only then.
      ...(text.trimStart().startsWith('/') && { client_composed: true }),
    });
    return uuid;
  }

  /**
   * Undefined means the SDK's own default. Takes effect for what is handed over afterwards. Not by `setModel`, which first
   * tries a model it does not know with a request of its own: an unknown one is rather an error of its turn.
   */
  async useModel(model: string | undefined): Promise<void> {
    await this.#query.applyFlagSettings({ model: model ?? null });
  }

  /** Stops what runs. Harmless when nothing does. What waits behind it runs on. */
  async interrupt(): Promise<void> {
    await this.#query.interrupt();
  }

  /** Ends when the process has ended in order, throws when it has not. */
  async *events(): AsyncGenerator<SdkEvent, void> {
    for await (const message of this.#query) yield* readEvents(message);
  }

  /** No more messages will come: the process ends when it has done what it was given. */
  end(): void {
    this.#messages.end();
  }

  kill(): void {
    this.#messages.end();
    this.#query.close();
  }
}
