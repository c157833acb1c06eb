/** Ends one thing that was started. Aborted: nothing is waited for any more; that can come while it runs. */
type Stop = (now: AbortSignal) => void | Promise<void>;

/** What has been started, and how each of it is stopped: in reverse, once. */
export class Stops {
  readonly #stops: Stop[] = [];
  readonly #now = new AbortController();
  #ending: Promise<void> | undefined;

  add(stop: Stop): void {
    this.#stops.push(stop);
  }

  /** Whoever asks later waits for the same end; with `now` it hurries. */
  run({ now }: { now: boolean }): Promise<void> {
    if (now) this.#now.abort();
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    const failures: unknown[] = [];
    for (const stop of this.#stops.splice(0).reverse()) {
      try {
        await stop(this.#now.signal);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
