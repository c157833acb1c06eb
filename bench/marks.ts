import { moment } from './moment.ts';
import type { Steps } from './row.ts';

/** Moments by name; of each name the first since `clear`. */
export class Marks {
  readonly #marks = new Map<string, number>();

  set(name: string): void {
    this.at(name, moment());
  }

  at(name: string, at: number | undefined): void {
    if (at !== undefined && !this.#marks.has(name)) this.#marks.set(name, at);
  }

  clear(): void {
    this.#marks.clear();
  }

  /** Milliseconds from one to the other. */
  span(from: string, to: string): number {
    return (this.#marks.get(to) ?? Number.NaN) - (this.#marks.get(from) ?? Number.NaN);
  }

  /** From each of the names to the next. */
  steps(names: readonly string[]): Steps {
    return Object.fromEntries(names.slice(1).map((name, i) => [`→ ${name}`, this.span(names[i] ?? '', name)]));
  }
}
