import { type Clock, pause } from '../../lib/clock.ts';
import { NanoclawError } from '../../model/errors.ts';

/** After its signal a call is given so long to say by itself what became of it. */
const farewellMs = 1_000;
const endMs = 3_000;

/** What is in flight between a start and a stop: each call with a deadline of its own, all of it ended together. */
export class Life {
  readonly #clock: Clock;
  readonly #name: string;
  readonly #ending = new AbortController();
  readonly #jobs = new Set<Promise<unknown>>();

  constructor(name: string, clock: Clock) {
    this.#name = name;
    this.#clock = clock;
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /**
   * Settles as `work` does, and soon after `signal`, the deadline or the end in any case, with `channel.unsure` when `work`
   * does not say better: nobody knows whether it was done.
   */
  async run<T>(
    work: (signal: AbortSignal) => Promise<T>,
    { signal, deadlineMs }: { signal?: AbortSignal | undefined; deadlineMs: number },
  ): Promise<T> {
    const deadline = new AbortController();
    using _timer = this.#clock.after(deadlineMs, () => deadline.abort());
    const all = AbortSignal.any([this.#ending.signal, deadline.signal, ...(signal ? [signal] : [])]);
    const job = this.hold(all.aborted ? Promise.reject(this.#late()) : work(all));
    return await Promise.race([job, this.#lateAfter(all, job)]);
  }

  /** What the end waits for. */
  hold<T>(job: Promise<T>): Promise<T> {
    this.#jobs.add(job);
    const done = () => void this.#jobs.delete(job);
    job.then(done, done);
    return job;
  }

  /** Ends everything; resolves when nothing is in flight any more, or in 3 s whatever hangs. */
  async end(): Promise<void> {
    this.#ending.abort();
    const deadline = new AbortController();
    await Promise.race([Promise.allSettled(this.#jobs), pause(this.#clock, endMs, deadline.signal)]);
    deadline.abort();
  }

  /** Rejects a little after the signal; never when the job was over before. */
  #lateAfter(signal: AbortSignal, job: Promise<unknown>): Promise<never> {
    return new Promise((_, reject) => {
      const onAbort = () => {
        const timer = this.#clock.after(farewellMs, () => reject(this.#late()));
        const over = () => timer[Symbol.dispose]();
        job.then(over, over);
      };
      const over = () => signal.removeEventListener('abort', onAbort);
      job.then(over, over);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #late(): NanoclawError {
    return new NanoclawError('channel.unsure', `${this.#name} has not answered in time.`);
  }
}
