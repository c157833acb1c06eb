/** What is under way between a start and a stop, so that it can be ended and waited for. */
export class Underway {
  readonly #ending = new AbortController();
  readonly #jobs = new Set<Promise<unknown>>();

  /** Runs `job`; its signal aborts with `signal` and at the end. */
  run<T>(job: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const both = signal ? AbortSignal.any([signal, this.#ending.signal]) : this.#ending.signal;
    const running = job(both);
    this.#jobs.add(running);
    const done = () => void this.#jobs.delete(running);
    running.then(done, done);
    return running;
  }

  /** Resolves when nothing is under way any more. */
  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.allSettled(this.#jobs);
  }
}
