import type { MessageInput, ResultError } from '../../../protocol/mailbox.ts';
import type { StartLine } from '../../../protocol/start.ts';
import { Answer } from './answer.ts';
import { type Clues, isUnknownSession } from './errors.ts';
import { escapeXml, visibleOnly } from './escape-xml.ts';
import { Lifecycle } from './lifecycle.ts';
import { Meter } from './meter.ts';
import { PartialText } from './partial-text.ts';
import type { Log, Report } from './report.ts';
import type { SdkEvent, SdkResult } from './sdk-events.ts';
import type { Session } from './session.ts';
import { type Notice, type Place, Turns } from './turns.ts';
import { dropped, stopped, verdictOf } from './verdict.ts';

export interface ConversationParts {
  readonly start: StartLine;
  readonly session: Session;
  readonly report: Report;
  readonly log: Log;
  /** Hands words to the SDK; the uuid by which it will name them. */
  readonly hand: (text: string) => string;
  /** Stops what the SDK does at this moment. */
  readonly interrupt: () => void;
}

/** What was handed to the SDK and what it said: from its events come the results, each naming the inputs it answers. */
export class Conversation {
  readonly #parts: ConversationParts;
  readonly #lifecycle = new Lifecycle();
  readonly #turns = new Turns();
  readonly #answer = new Answer();
  readonly #partial: PartialText;
  readonly #meter: Meter;
  /** What came while the SDK was at work for another chat. */
  #held: MessageInput[] = [];
  /** What we asked by ourselves: no input of the host, so no result names it. */
  readonly #own = new Set<string>();
  /** By task, what became of it. */
  readonly #summaries = new Map<string, string>();
  /** What the SDK said of why the coming result is an error. */
  #clues: Clues = {};
  #toldTools = false;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    this.#meter = new Meter(parts.session.resume);
    this.#partial = new PartialText(
      (text) => parts.report.partial(this.turnId, text),
      (growing) => this.#answer.textWith(growing),
    );
  }

  /** An input is open, a turn runs, or one is about to begin by itself. */
  get busy(): boolean {
    return this.#lifecycle.open.length > 0 || this.#held.length > 0 || this.#turns.busyAt(performance.now());
  }

  get background(): number {
    return this.#turns.background;
  }

  get backgroundTurns(): string[] {
    return this.#turns.backgroundTurns;
  }

  /** Where requests made right now belong; undefined before the first turn. */
  get place(): Place | undefined {
    const waiting = this.#turns.running ? undefined : this.#lifecycle.open[0];
    return waiting ?? this.#turns.current;
  }

  /** Where the work of this tool call belongs. */
  placeOfTool(id: string): Place | undefined {
    return this.#turns.placeOf(id);
  }

  get turnId(): string {
    return this.place?.turnId ?? this.#parts.start.runId;
  }

  /** Set when the conversation is not the one of the start line. */
  newSessionId(now: string = this.#parts.session.id): string | undefined {
    return now === this.#parts.start.sessionId ? undefined : now;
  }

  knows(inputId: string): boolean {
    return this.#lifecycle.knows(inputId) || this.#held.some(({ id }) => id === inputId);
  }

  /** Hands an input over, or does so later: never into the SDK's work for another chat, which would answer it there. */
  take(input: MessageInput): void {
    if (this.#turns.isElsewhere(input, performance.now())) this.#held.push(input);
    else this.#lifecycle.hand(input, this.#parts.hand(input.text));
  }

  /** It is time to see whether what waited may go on. */
  look(): void {
    for (const notice of this.#turns.takeFolded(performance.now())) this.#askFor(notice);
    const held = this.#held;
    this.#held = [];
    for (const input of held) this.take(input);
  }

  /** Ends that turn's work, also what has not begun. Another turn's work goes on. */
  stop(turnId: string): void {
    const held = this.#held.filter((input) => input.turnId === turnId);
    this.#held = this.#held.filter((input) => input.turnId !== turnId);
    for (const { id } of held) this.#parts.report.result({ turnId, answers: [id], ...stopped });
    const open = this.#lifecycle.stop(turnId);
    const unprompted = this.#turns.running && this.#turns.current?.turnId === turnId;
    if (unprompted) this.#turns.stopping = true;
    if (open || unprompted) this.#parts.interrupt();
  }

  hear(event: SdkEvent): void {
    switch (event.type) {
      case 'input':
        this.#hearInput(event.uuid, event.state);
        break;
      case 'turn':
        this.#turns.began();
        this.#tellTools(event.tools);
        break;
      case 'message':
        this.#partial.begin();
        break;
      case 'text':
        this.#partial.add(event.text);
        break;
      case 'said':
        this.#answer.add(event.message, event.text);
        this.#partial.begin();
        break;
      case 'goes-on':
        this.#answer.goOn();
        break;
      case 'retry':
        this.#answer.retract();
        this.#partial.retract();
        break;
      case 'failure':
        this.#clues = { ...this.#clues, reason: event.reason };
        break;
      case 'limit':
        this.#clues = { ...this.#clues, resetsAt: event.resetsAt };
        break;
      case 'task':
        this.#turns.workBegan(event.key, event.by);
        break;
      case 'over':
        this.#summaries.set(event.key, event.summary);
        break;
      case 'background':
        this.#turns.inBackground(event.keys, performance.now(), (key) => this.#summaries.get(key) ?? '');
        this.#summaries.clear();
        break;
      case 'tool-result':
        this.#answer.settle();
        this.#turns.readOn();
        break;
      case 'result':
        this.#hearResult(event.result);
        break;
      case 'tool':
        this.#turns.workBegan(event.id, event.by);
        break;
      case 'life':
        break;
    }
  }

  /** The SDK's process is gone and was not meant to be: what it had taken is given back as failed, for this reason. */
  died(sentence: string): ResultError {
    const { report } = this.#parts;
    const code = isUnknownSession(sentence) ? 'session' : 'agent';
    const message = `The agent's process ended unexpectedly: ${sentence}`;
    const open = [...this.#lifecycle.open, ...this.#held].filter(({ id }) => !this.#own.has(id));
    for (const turnId of new Set(open.map((input) => input.turnId))) {
      const answers = open.filter((input) => input.turnId === turnId).map((input) => input.id);
      report.result({ turnId, answers, status: 'error', result: null, error: { code, message } });
    }
    return { code, message };
  }

  /** Nothing more will be heard. */
  end(): void {
    this.#partial.drop();
  }

  /** Once: what the agent was really given, for whoever reads the run's log. */
  #tellTools(tools: readonly string[]): void {
    if (!this.#toldTools) this.#parts.log(`tools: ${tools.join(' ')}`);
    this.#toldTools = true;
  }

  #hearInput(uuid: string, state: string): void {
    const step = this.#lifecycle.heard(uuid, state);
    switch (step.type) {
      case 'started':
        this.#turns.took(placeOf(step.input));
        // The interrupt came too early for this one: it was still waiting, and would now run.
        if (step.stopping) this.#parts.interrupt();
        break;
      case 'again':
        this.#parts.log(`Input ${step.input.id} was swallowed (${state}); handing it over again.`);
        this.take(step.input);
        break;
      case 'dropped':
        if (this.#own.has(step.input.id)) break;
        this.#parts.report.result({
          turnId: step.input.turnId,
          answers: [step.input.id],
          ...(step.stopping ? stopped : dropped),
        });
        break;
      case 'none':
        break;
    }
  }

  #hearResult(result: SdkResult): void {
    const { report, start } = this.#parts;
    const entries = this.#lifecycle.answered();
    const stopping = this.#turns.stopping || entries.some((entry) => entry.stopping);
    const alone = entries.length > 0 && entries.every(({ input }) => input.task !== undefined);
    const said = isSilence(result.result ?? '') && alone ? '' : this.#answer.take(spokenIn(result));
    const verdict = verdictOf(result, { stopping, said, clues: this.#clues });
    // One that came after the stop and was taken in with what it stopped: nobody wanted that one to end.
    const [spared, answered] = split(entries, (entry) => verdict.status === 'stopped' && !entry.stopping);
    const asked = answered.map((entry) => entry.input);
    const inputs = asked.filter(({ id }) => !this.#own.has(id));
    const begunBy = this.#turns.placeOf(result.origin?.runId ?? '');
    const turnId = (inputs[0] ?? asked[0])?.turnId ?? begunBy?.turnId ?? this.turnId;
    const newSessionId = this.newSessionId(result.session_id);
    this.#turns.ended(performance.now(), result.origin?.runId);
    this.#partial.finish();
    this.#answer.take('');
    this.#clues = {};
    report.result({
      turnId,
      answers: inputs.map((input) => input.id),
      ...verdict,
      ...(newSessionId !== undefined && { newSessionId }),
      usage: this.#meter.take(result),
      ...(inputs.length === 0 && { origin: { runId: start.runId, turnId } }),
    });
    for (const entry of spared) this.take(entry.input);
    this.look();
  }

  /** The agent heard of it in another chat's turn: it is asked once more, for the chat the work was begun for. */
  #askFor({ key, place, summary }: Notice): void {
    const id = `background-${key}`;
    const text = `<background_work note="${foldedNote}">${escapeXml(visibleOnly(summary))}</background_work>`;
    this.#own.add(id);
    this.take({ v: 1, type: 'message', id, ...place, text });
  }
}

const foldedNote =
  'This work, begun in the background for this chat, ended while you were at work for another one. Nobody here has heard of it: tell this chat now what it should know. Your answer goes here alone.';

/** What the SDK takes for the answer; for a failure it is a sentence of its own. */
function spokenIn(result: SdkResult): string {
  return result.is_error ? '' : (result.result ?? '');
}

// A schedule's agent that ends so wants nothing said, whatever it murmured on the way.
function isSilence(text: string): boolean {
  return /^\s*<internal>[\s\S]*<\/internal>\s*$/i.test(text);
}

function placeOf({ turnId, chatJid, threadId }: MessageInput): Place {
  return { turnId, chatJid, threadId };
}

function split<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
