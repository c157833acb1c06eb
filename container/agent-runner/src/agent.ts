import type { InputFile, MessageInput } from '../../../protocol/mailbox.ts';
import type { StartLine } from '../../../protocol/start.ts';
import { type Claude, openClaude } from './claude.ts';
import { Conversation } from './conversation.ts';
import { isUnknownSession, sentenceOf } from './errors.ts';
import { Gates } from './gates.ts';
import type { HostLines } from './host-lines.ts';
import { Inbox } from './inbox.ts';
import { Isolated } from './isolated.ts';
import type { Layout } from './layout.ts';
import type { Mailbox } from './mailbox.ts';
import { modelFor, sdkOptions } from './options.ts';
import type { Log, Report } from './report.ts';
import { Requests } from './requests.ts';
import type { SdkEvent } from './sdk-events.ts';
import { checkTranscripts, chooseSession, transcriptDirectory } from './session.ts';
import { toolServer } from './tool-server.ts';
import type { Ask } from './tools.ts';
import { terminatedCode, whenAborted } from './when-aborted.ts';

export interface AgentParts {
  readonly layout: Layout;
  readonly start: StartLine;
  readonly mailbox: Mailbox;
  readonly report: Report;
  readonly lines: HostLines;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

/** The SDK's process and what was said with it. */
interface Running {
  readonly claude: Claude;
  readonly conversation: Conversation;
}

/** Turns named as those with background work. */
const mostToldOf = 20;
/** How long the SDK's process may take to save its transcript and go. */
const goodbyeMs = 5_000;

/** One run: inputs go to one SDK process as they come, until the host asks to close. */
export class Agent {
  readonly #parts: AgentParts;
  readonly #inbox: Inbox;
  readonly #requests: Requests;
  readonly #gates: Gates;
  readonly #isolated: Isolated;
  /** Inputs of tasks, which do not all reach the conversation. */
  readonly #tasks = new Set<string>();
  #running: Running | undefined;
  #model: string | undefined;
  #worked = false;
  #closing = false;
  #lastSignAt = 0;
  /** Set once we let the SDK's process go; how it ends no longer matters then. */
  #exitCode: number | undefined;

  constructor(parts: AgentParts) {
    const { mailbox, report, layout, log } = parts;
    this.#parts = parts;
    this.#model = parts.start.model;
    this.#inbox = new Inbox(mailbox, { take: (input) => this.#take(input), log });
    const { lookMs, replyMs } = layout;
    this.#requests = new Requests(mailbox, { ring: () => report.bell(), lookMs, replyMs });
    this.#gates = new Gates({ ...parts, pass: (input) => this.#pass(input), changed: () => this.#settle() });
    this.#isolated = new Isolated({ ...parts, requests: this.#requests, onEvent: (event) => this.#onIsolated(event) });
  }

  /** Resolves with the exit code. When `signal` aborts, at once and without finishing anything. */
  async run(signal: AbortSignal): Promise<number> {
    const { report } = this.#parts;
    const aborted = whenAborted(signal);
    this.#settle();
    const claude = await Promise.race([this.#open(), aborted]);
    if (!claude) return signal.aborted ? terminatedCode : 1;
    const code = await Promise.race([this.#work(claude), aborted]);
    this.#exitCode ??= code ?? terminatedCode;
    report.flush();
    this.#gates.end();
    this.#isolated.kill();
    claude.kill();
    return this.#exitCode;
  }

  /** The SDK's process, ready; undefined when it cannot be, and the host was told why. */
  async #open(): Promise<Claude | undefined> {
    const { layout, start, report, environment, log } = this.#parts;
    const transcripts = transcriptDirectory(layout.claude, layout.group);
    try {
      checkTranscripts(transcripts);
    } catch (error) {
      report.error('session', sentenceOf(error));
      return undefined;
    }
    const ask: Ask = (definition, args, call) => {
      const conversation = this.#running?.conversation;
      const place = (call && conversation?.placeOfTool(call)) || conversation?.place;
      const { chatJid, turnId } = place ?? { chatJid: start.chatJid, turnId: undefined };
      return this.#requests.ask(definition, args, { chatJid, turnId });
    };
    try {
      return await openClaude(await chooseSession(transcripts, start.sessionId), (session) =>
        sdkOptions({
          ...{ layout, start, session, environment, uid: process.getuid?.() },
          server: toolServer(ask),
          stderr: (text) => log(`sdk: ${text.trimEnd()}`),
        }),
      );
    } catch (error) {
      const sentence = sentenceOf(error);
      report.error(isUnknownSession(sentence) ? 'session' : 'agent', `The agent does not start: ${sentence}`);
      return undefined;
    }
  }

  async #work(claude: Claude): Promise<number> {
    const { layout, start, report, lines, log } = this.#parts;
    const conversation = new Conversation({
      ...{ start, session: claude.session, report, log },
      hand: (text) => claude.hand(text),
      interrupt: () => claude.interrupt().catch((error) => log(`Cannot interrupt: ${sentenceOf(error)}`)),
    });
    this.#running = { claude, conversation };
    report.ready(conversation.newSessionId());
    if (start.prompt !== '') this.#take(inputByHand(start));
    const timer = setInterval(() => this.#look(), layout.lookMs);
    lines.onBell(() => this.#look());
    this.#look();
    let sentence = 'it ended by itself';
    try {
      for await (const event of claude.events()) this.#on(event, conversation);
    } catch (error) {
      sentence = sentenceOf(error);
    }
    clearInterval(timer);
    conversation.end();
    if (this.#exitCode === undefined) {
      const { code, message } = conversation.died(sentence);
      report.error(code, message);
    }
    return this.#exitCode ?? 1;
  }

  #look(): void {
    this.#requests.look();
    this.#isolated.look();
    this.#running?.conversation.look();
    try {
      if (!this.#closing && this.#inbox.look()) {
        this.#closing = true;
        this.#lastSignAt = performance.now();
      }
    } catch (error) {
      // The next look may fare better; what runs goes on.
      this.#parts.log(`Cannot look into the mailbox: ${sentenceOf(error)}`);
    }
    this.#settle();
  }

  #take(input: InputFile): void {
    const { report } = this.#parts;
    if (input.type === 'interrupt') {
      this.#running?.conversation.stop(input.turnId);
      this.#gates.stop(input.turnId);
      this.#isolated.stop(input.turnId);
      report.acked(input.id);
      return;
    }
    if (this.#running?.conversation.knows(input.id) || this.#tasks.has(input.id)) return;
    if (input.task) this.#tasks.add(input.id);
    this.#worked = true;
    const { script } = input.task ?? {};
    if (script === undefined) this.#pass(input);
    else this.#gates.ask(input, script);
    report.acked(input.id);
  }

  /** To the session it is for. */
  #pass(input: MessageInput): void {
    const { start, log } = this.#parts;
    if (input.task?.contextMode === 'isolated') {
      this.#isolated.begin(input);
      return;
    }
    const model = modelFor(input, start);
    if (model !== this.#model) {
      this.#model = model;
      this.#running?.claude.useModel(model).catch((error) => log(`Cannot change the model: ${sentenceOf(error)}`));
    }
    this.#running?.conversation.take(input);
  }

  #on(event: SdkEvent, conversation: Conversation): void {
    if (conversation.busy || conversation.background > 0) this.#tellLife(event);
    this.#lastSignAt = performance.now();
    conversation.hear(event);
    this.#settle();
  }

  #onIsolated(event: SdkEvent): void {
    this.#lastSignAt = performance.now();
    this.#tellLife(event);
    this.#isolated.look();
    this.#settle();
  }

  #tellLife(event: SdkEvent): void {
    if (event.type === 'tool-result') this.#parts.report.activity('');
    else this.#parts.report.activity(event.type === 'tool' ? event.name : undefined);
  }

  /** Says where we stand, and leaves when that is all there is left to do. */
  #settle(): void {
    const conversation = this.#running?.conversation;
    const talking = conversation?.busy ? conversation.turnId : undefined;
    const turnId = talking ?? this.#gates.turnId ?? this.#isolated.turnId;
    const busy = turnId !== undefined;
    const resting = this.#worked ? 'idle' : 'ready';
    const state = this.#closing ? 'closing' : !conversation ? 'starting' : busy ? 'busy' : resting;
    const background = (conversation?.background ?? 0) + this.#isolated.background;
    const begunBy = [...(conversation?.backgroundTurns ?? []), ...this.#isolated.backgroundTurns];
    const backgroundTurns = begunBy.slice(-mostToldOf);
    this.#parts.report.status({ state, ...(busy && { turnId }), background, backgroundTurns });
    if (!this.#closing) return;
    if (!busy) this.#leave(0);
    else if (performance.now() > this.#lastSignAt + this.#parts.layout.farewellMs) {
      this.#parts.log('Closing before the end of the turn: it shows no sign of life.');
      this.#leave(1);
    }
  }

  #leave(code: number): void {
    if (this.#exitCode !== undefined) return;
    this.#exitCode = code;
    const claude = this.#running?.claude;
    if (code !== 0) claude?.kill();
    claude?.end();
    setTimeout(() => claude?.kill(), goodbyeMs).unref();
  }
}

function inputByHand(start: StartLine): MessageInput {
  return { v: 1, type: 'message', id: 'start', turnId: 'start', chatJid: start.chatJid, text: start.prompt };
}
