import type { Writable } from 'node:stream';
import { encodeFrame } from '../../../protocol/frames.ts';
import type { ResultError, ResultFile, StatusBody } from '../../../protocol/mailbox.ts';
import { sentenceOf } from './errors.ts';
import type { Mailbox } from './mailbox.ts';

export type Log = (sentence: string) => void;

/** How often a mere sign of life is told. */
const lifeMs = 1_000;

/**
 * Everything the host hears of us: files, and the frames that ring and repeat them. A file that cannot be written (a full
 * disk) is logged, and its frame goes out all the same.
 */
export class Report {
  readonly #mailbox: Mailbox;
  readonly #out: Writable;
  readonly #log: Log;
  readonly #runId: string;
  readonly #ordinals = new Map<string, number>();
  #status = '';
  #unwritten: StatusBody | undefined;
  #lifeAt = Number.NEGATIVE_INFINITY;

  constructor(mailbox: Mailbox, options: { out: Writable; log: Log; runId: string }) {
    this.#mailbox = mailbox;
    this.#out = options.out;
    this.#log = options.log;
    this.#runId = options.runId;
  }

  ready(newSessionId: string | undefined): void {
    this.#frame({ type: 'ready', ...(newSessionId !== undefined && { newSessionId }) });
  }

  acked(input: string): void {
    this.#try(`acknowledge ${input}`, () => this.#mailbox.ack(input));
    this.#frame({ type: 'ack', input });
  }

  partial(turnId: string, text: string): void {
    this.#frame({ type: 'partial', turnId, text });
  }

  /** A tool that begins, or has ended (an empty name), is always told, other signs at most once a second. */
  activity(tool?: string): void {
    const now = performance.now();
    if (tool === undefined && now < this.#lifeAt + lifeMs) return;
    this.#lifeAt = now;
    this.#frame({ type: 'activity', ...(tool !== undefined && { tool }) });
  }

  bell(): void {
    this.#frame({ type: 'bell' });
  }

  result(result: Omit<ResultFile, 'v' | 'ordinal'>): void {
    const { turnId } = result;
    // The host may have taken earlier ones away, and an earlier run may have left some.
    const ordinal = Math.max(this.#ordinals.get(turnId) ?? 0, this.#mailbox.lastOrdinal(turnId)) + 1;
    this.#ordinals.set(turnId, ordinal);
    const numbered: ResultFile = { v: 1, ordinal, ...result };
    this.#try(`save the result of ${turnId}`, () => this.#mailbox.result(numbered));
    this.#frame({ type: 'result', ...numbered });
  }

  error(code: ResultError['code'], error: string): void {
    this.#log(error);
    this.#frame({ type: 'error', code, error });
  }

  /** Written when it differs from what stands there; a moment later, so that no message and no answer waits for it. */
  status(status: Omit<StatusBody, 'v' | 'runId' | 'at'>): void {
    const key = JSON.stringify(status);
    if (key === this.#status) return;
    this.#status = key;
    if (!this.#unwritten) setImmediate(() => this.flush());
    this.#unwritten = { v: 1, runId: this.#runId, ...status, at: new Date().toISOString() };
  }

  /** Before the end: what has been said is on disk. */
  flush(): void {
    const body = this.#unwritten;
    this.#unwritten = undefined;
    if (body) this.#try('save the status', () => this.#mailbox.status(body));
  }

  #frame(value: Parameters<typeof encodeFrame>[0]): void {
    this.#out.write(encodeFrame(value));
  }

  #try(what: string, write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#log(`Cannot ${what}: ${sentenceOf(error)}`);
    }
  }
}
