import PQueue from 'p-queue';

/** Work with the same key runs one after the other, in order; different keys run side by side. */
export class Lanes {
  readonly #queues = new Map<string, PQueue>();

  /** Settles as `work` does. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    let queue = this.#queues.get(key);
    if (!queue) {
      queue = new PQueue({ concurrency: 1 });
      this.#queues.set(key, queue);
    }
    try {
      return await queue.add(work);
    } finally {
      if (queue.size === 0 && queue.pending === 0) this.#queues.delete(key);
    }
  }

  busy(key: string): boolean {
    return this.#queues.has(key);
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.onIdle()));
  }
}
