// What is old is taken away once a day, a little at a time.
import { Bell } from './lib/bell.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { Loop } from './lib/loop.ts';
import type { Store } from './store/store.ts';

const dayMs = 86_400_000;
const breathMs = 50;

/** Begins at once; what it returns ends it. */
export function keepPruned({ store, clock, log }: { store: Store; clock: Clock; log: Log }): () => Promise<void> {
  const bell = new Bell();
  let breath: Disposable | undefined;
  const loop = new Loop({
    bell,
    clock,
    everyMs: dayMs,
    look: () => {
      if (store.prune.step(clock.now())) breath = clock.after(breathMs, () => bell.ring());
    },
    onError: (error) => log.error({ err: error }, 'what is old could not be taken away'),
  });
  loop.start();
  return () => {
    breath?.[Symbol.dispose]();
    return loop.stop();
  };
}
