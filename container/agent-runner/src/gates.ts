import type { MessageInput, ResultFile } from '../../../protocol/mailbox.ts';
import { sentenceOf } from './errors.ts';
import { askGate, type GateAnswer } from './gate.ts';
import type { Layout } from './layout.ts';
import type { Report } from './report.ts';
import { withOutput } from './script-output.ts';

export interface GatesParts {
  readonly layout: Layout;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly report: Report;
  /** The script wants the agent woken: the input, with what the script found out. */
  readonly pass: (input: MessageInput) => void;
  readonly changed: () => void;
}

/** Tasks whose script is asked first. Whatever else comes goes by them. */
export class Gates {
  readonly #parts: GatesParts;
  readonly #asked = new Map<string, { input: MessageInput; stop: AbortController }>();
  #ended = false;

  constructor(parts: GatesParts) {
    this.#parts = parts;
  }

  /** Of a script that runs. */
  get turnId(): string | undefined {
    return [...this.#asked.values()][0]?.input.turnId;
  }

  /** The input goes on, or is answered, when the script has spoken. */
  ask(input: MessageInput, script: string): void {
    const { layout, environment, changed } = this.#parts;
    const stop = new AbortController();
    this.#asked.set(input.id, { input, stop });
    const options = { cwd: layout.group, environment, limitMs: layout.scriptMs, signal: stop.signal };
    void askGate(script, options)
      .catch(
        (error): GateAnswer => ({ type: 'failed', reason: `the task's script cannot be run: ${sentenceOf(error)}` }),
      )
      .then((answer) => {
        this.#asked.delete(input.id);
        if (this.#ended) return;
        this.#heed(input, answer);
        changed();
      });
  }

  stop(turnId: string): void {
    for (const { input, stop } of this.#asked.values()) if (input.turnId === turnId) stop.abort();
  }

  /** Nothing more is reported. */
  end(): void {
    this.#ended = true;
    for (const { stop } of this.#asked.values()) stop.abort();
  }

  #heed(input: MessageInput, answer: GateAnswer): void {
    switch (answer.type) {
      case 'wake':
        this.#parts.pass({ ...input, text: withOutput(input.text, answer.data) });
        break;
      case 'skip':
        this.#report(input, { status: 'ok', result: null, skipped: true });
        break;
      case 'stopped':
        this.#report(input, { status: 'stopped', result: null });
        break;
      case 'failed':
        this.#report(input, { status: 'error', result: null, error: { code: 'agent', message: answer.reason } });
        break;
    }
  }

  #report(input: MessageInput, verdict: Pick<ResultFile, 'status' | 'result' | 'skipped' | 'error'>): void {
    this.#parts.report.result({ turnId: input.turnId, answers: [input.id], ...verdict });
  }
}
