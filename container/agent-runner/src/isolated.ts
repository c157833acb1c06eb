import type { MessageInput } from '../../../protocol/mailbox.ts';
import { type IsolatedParts, IsolatedSession } from './isolated-session.ts';

/**
 * Tasks that run in sessions of their own, beside the conversation. One works at a time, for each is a process as large as
 * the agent's own; what one has left in the background does not hold up the next.
 */
export class Isolated {
  readonly #parts: IsolatedParts;
  #waiting: MessageInput[] = [];
  readonly #sessions = new Set<IsolatedSession>();

  constructor(parts: IsolatedParts) {
    this.#parts = parts;
  }

  /** Of what works or waits. */
  get turnId(): string | undefined {
    return this.#working?.input.turnId ?? this.#waiting[0]?.turnId;
  }

  get background(): number {
    return [...this.#sessions].reduce((sum, session) => sum + session.background, 0);
  }

  /** The turns that began what goes on in the background. */
  get backgroundTurns(): string[] {
    return [...this.#sessions].flatMap(({ background, input }) => (background > 0 ? input.turnId : []));
  }

  begin(input: MessageInput): void {
    this.#waiting.push(input);
    this.look();
  }

  stop(turnId: string): void {
    const stopped = this.#waiting.filter((input) => input.turnId === turnId);
    this.#waiting = this.#waiting.filter((input) => input.turnId !== turnId);
    for (const { id } of stopped) this.#parts.report.result({ turnId, answers: [id], status: 'stopped', result: null });
    for (const session of this.#sessions) session.stop(turnId);
  }

  /** Lets go of what is over and begins what waits. */
  look(): void {
    for (const session of this.#sessions) session.look(performance.now());
    if (this.#working) return;
    const input = this.#waiting.shift();
    if (!input) return;
    const session = new IsolatedSession(this.#parts, input);
    this.#sessions.add(session);
    void session.run().finally(() => {
      this.#sessions.delete(session);
      this.#parts.onEvent({ type: 'life' });
    });
  }

  /** At once. What was not answered is not answered. */
  kill(): void {
    this.#waiting = [];
    for (const session of this.#sessions) session.kill();
  }

  get #working(): IsolatedSession | undefined {
    return [...this.#sessions].find((session) => session.busy);
  }
}
