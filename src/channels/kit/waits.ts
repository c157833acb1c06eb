import type { Clock } from '../../lib/clock.ts';

/** `burst` at once, then one each `everyMs`. */
export interface Pace {
  readonly burst: number;
  readonly everyMs: number;
}

/** Who has to wait and how long: what the platform asked for, by chat and for all, and what keeps it from asking. */
export class Waits {
  readonly #clock: Clock;
  /** By chat; '' is all of them. */
  readonly #until = new Map<string, number>();
  /** When the last message at this pace would be due if they had come evenly. */
  readonly #due = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `jid` undefined: all chats. A longer wait that is there already stays. */
  ask(jid: string | undefined, ms: number): void {
    const until = this.#clock.now() + ms;
    if (until > (this.#until.get(jid ?? '') ?? 0)) this.#until.set(jid ?? '', until);
  }

  /** What is left of the wait for a chat, 0 for none. */
  leftMs(jid: string | undefined): number {
    return Math.max(this.#left(''), jid === undefined ? 0 : this.#left(jid));
  }

  /** What is to be waited so that all paces are kept; when that is nothing, it is counted. */
  spend(paces: readonly (readonly [string, Pace | undefined])[]): number {
    const now = this.#clock.now();
    const due = paces.flatMap(([key, pace]) => {
      if (!pace) return [];
      const next = Math.max(this.#due.get(key) ?? 0, now) + pace.everyMs;
      return [{ key, next, lateMs: next - now - pace.burst * pace.everyMs }];
    });
    const waitMs = Math.max(0, ...due.map(({ lateMs }) => lateMs));
    if (waitMs === 0) for (const { key, next } of due) this.#due.set(key, next);
    return waitMs;
  }

  moved(from: string, to: string): void {
    for (const map of [this.#until, this.#due]) {
      const there = map.get(from);
      if (there !== undefined) map.set(to, Math.max(there, map.get(to) ?? 0));
      map.delete(from);
    }
  }

  #left(key: string): number {
    const left = (this.#until.get(key) ?? 0) - this.#clock.now();
    if (left <= 0) this.#until.delete(key);
    return Math.max(0, left);
  }
}
