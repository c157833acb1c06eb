import { MessageChannel } from 'node:worker_threads';

/** Time, passed in: the only home of `Date.now` and timers. Tests hand over a clock they wind. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once after `ms`. Disposing it before then cancels. Does not keep the process alive. */
  after(ms: number, run: () => void): Disposable;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    // Node fires at once for delays beyond 2^31-1 ms; nothing here waits that long on purpose.
    const timer = setTimeout(run, Math.min(ms, 2_147_483_647));
    timer.unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** The same for what is only waited for: where the clock is set back, its time goes on from what it was. */
export function steady(clock: Clock): Clock {
  let added = 0;
  let seen = Number.NEGATIVE_INFINITY;
  return {
    now() {
      const now = clock.now() + added;
      if (now < seen) added += seen - now;
      seen = Math.max(seen, now);
      return seen;
    },
    after: (ms, run) => clock.after(ms, run),
  };
}

/** Resolves true after `ms`, false as soon as `signal` aborts. Never rejects. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (full: boolean) => {
      timer[Symbol.dispose]();
      signal?.removeEventListener('abort', onAbort);
      resolve(full);
    };
    const onAbort = () => end(false);
    const timer = clock.after(ms, () => end(true));
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Keeps the process alive until disposed. Our timers do not, and while a host starts or ends nothing else may. */
export function stayAwake(): Disposable {
  const { port1 } = new MessageChannel();
  port1.on('message', () => undefined);
  return { [Symbol.dispose]: () => port1.close() };
}
