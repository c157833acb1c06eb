// Questions that nobody answers come to an end: a look every few seconds, nothing kept in memory.
import { expireQuestions } from './acts/expire-questions.ts';
import { Bell } from './lib/bell.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { Loop } from './lib/loop.ts';
import type { Store } from './store/store.ts';

/** They are told of to the minute. */
const everyMs = 15_000;

/** Begins at once; what it returns ends it. */
export function keepQuestions(parts: { store: Store; clock: Clock; log: Log; inboxBell: Bell }): () => Promise<void> {
  const { store, clock, log, inboxBell } = parts;
  const loop = new Loop({
    bell: new Bell(),
    clock,
    everyMs,
    look: () => {
      if (expireQuestions({ store, clock })) inboxBell.ring();
    },
    onError: (error) => log.error({ err: error }, 'an unanswered question could not be ended'),
  });
  loop.start();
  return () => loop.stop();
}
