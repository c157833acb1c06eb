import { Bell } from './lib/bell.ts';
import { type Clock, pause } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { Loop } from './lib/loop.ts';
import type { Store } from './store/store.ts';

/** So few at a time that nobody waits for it: a few milliseconds, then a breath. */
const batch = 100;
const breathMs = 5;

/** Takes what was said into the search, behind the back of those who say it. */
export function keepSearch({ store, clock, log }: { store: Store; clock: Clock; log: Log }): {
  start(): void;
  stop(): Promise<void>;
} {
  const stopping = new AbortController();
  let failing = false;
  const loop = new Loop({
    // Nobody rings: a search itself takes in what was said a moment ago.
    bell: new Bell(),
    clock,
    everyMs: 15_000,
    look: async () => {
      while (store.search.behind() > 0) {
        store.transaction(() => store.search.takeIn(batch));
        failing = false;
        if (!(await pause(clock, breathMs, stopping.signal))) return;
      }
    },
    onError: (error) => {
      if (!failing) log.warn({ err: error }, 'messages cannot be taken into the search; tried again');
      failing = true;
    },
  });
  return {
    start: () => loop.start(),
    stop: () => {
      stopping.abort();
      return loop.stop();
    },
  };
}
