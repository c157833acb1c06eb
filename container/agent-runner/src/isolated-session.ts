import type { MessageInput } from '../../../protocol/mailbox.ts';
import type { StartLine } from '../../../protocol/start.ts';
import { type Claude, openClaude } from './claude.ts';
import { Conversation } from './conversation.ts';
import { sentenceOf } from './errors.ts';
import type { Layout } from './layout.ts';
import { modelFor, sdkOptions } from './options.ts';
import type { Log, Report } from './report.ts';
import type { Requests } from './requests.ts';
import type { SdkEvent } from './sdk-events.ts';
import { freshSession } from './session.ts';
import { toolServer } from './tool-server.ts';

export interface IsolatedParts {
  readonly layout: Layout;
  readonly start: StartLine;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly report: Report;
  readonly requests: Requests;
  readonly log: Log;
  /** A sign of life, after which something may have changed. */
  readonly onEvent: (event: SdkEvent) => void;
}

/** How long the SDK's process may take to go. */
const goodbyeMs = 5_000;

/** One input in an SDK process of its own, of which nothing is kept. */
export class IsolatedSession {
  readonly input: MessageInput;
  readonly #parts: IsolatedParts;
  #claude: Claude | undefined;
  #conversation: Conversation | undefined;
  #stopping = false;
  #ended = false;
  /** Since when only background work keeps it. */
  #restingSince: number | undefined;

  constructor(parts: IsolatedParts, input: MessageInput) {
    this.#parts = parts;
    this.input = input;
  }

  /** It has not answered yet, or is about to speak up once more. */
  get busy(): boolean {
    return !this.#ended && (this.#conversation?.busy ?? true);
  }

  get background(): number {
    return this.#ended ? 0 : (this.#conversation?.background ?? 0);
  }

  /** Resolves when its process is gone; never rejects. */
  async run(): Promise<void> {
    try {
      const claude = await this.#open();
      this.#claude = claude;
      if (this.#stopping) this.#answer({ status: 'stopped' });
      else if (!this.#ended) await this.#work(claude);
    } catch (error) {
      const message = `The agent does not start for a task: ${sentenceOf(error)}`;
      this.#answer({ status: 'error', error: { code: 'agent', message } });
    } finally {
      this.kill();
    }
  }

  /** Ends its work, when it is that turn's. */
  stop(turnId: string): void {
    if (turnId !== this.input.turnId) return;
    if (this.#conversation) this.#conversation.stop(turnId);
    else this.#stopping = true;
  }

  /** Lets it go when it has nothing more to do, or has only waited long enough. */
  look(now: number): void {
    this.#conversation?.look();
    if (this.busy || this.#ended) {
      this.#restingSince = undefined;
      return;
    }
    this.#restingSince ??= now;
    if (this.background > 0 && now - this.#restingSince < this.#parts.layout.isolatedRestMs) return;
    this.#ended = true;
    this.#claude?.end();
    setTimeout(() => this.#claude?.kill(), goodbyeMs).unref();
  }

  /** At once; what it has not answered is not answered. */
  kill(): void {
    this.#ended = true;
    this.#conversation?.end();
    this.#claude?.kill();
  }

  #open(): Promise<Claude> {
    const { layout, environment, requests, log } = this.#parts;
    const { chatJid, turnId } = this.input;
    return openClaude(freshSession(), (session) =>
      sdkOptions({
        ...{ layout, session, unsaved: true, environment, uid: process.getuid?.(), start: this.#start() },
        server: toolServer((definition, args) => requests.ask(definition, args, { chatJid, turnId })),
        stderr: (text) => log(`sdk of a task: ${text.trimEnd()}`),
      }),
    );
  }

  // What it writes is not shown while it grows: in its chat the conversation may be speaking at the same time.
  #start(): StartLine {
    const { start } = this.#parts;
    return { ...start, model: modelFor(this.input, start), settings: { ...start.settings, streaming: false } };
  }

  async #work(claude: Claude): Promise<void> {
    const { report, log, start, onEvent } = this.#parts;
    const conversation = new Conversation({
      ...{ session: claude.session, report, log: (sentence) => log(`${sentence} (task)`) },
      // This session is no other than was asked for.
      start: { ...start, sessionId: claude.session.id },
      hand: (text) => claude.hand(text),
      interrupt: () => claude.interrupt().catch((error) => log(`Cannot interrupt a task: ${sentenceOf(error)}`)),
    });
    this.#conversation = conversation;
    conversation.take(this.input);
    let sentence = 'it ended by itself';
    try {
      for await (const event of claude.events()) {
        conversation.hear(event);
        onEvent(event);
      }
    } catch (error) {
      sentence = sentenceOf(error);
    }
    if (!this.#ended) log(conversation.died(sentence).message);
  }

  #answer(verdict: Pick<Parameters<Report['result']>[0], 'status' | 'error'>): void {
    if (this.#ended) return;
    const { id, turnId } = this.input;
    this.#parts.report.result({ turnId, answers: [id], result: null, ...verdict });
  }
}
