// Questions that nobody answers come to an end: a look every few seconds, nothing kept in memory.
import { expireQuestions } from './acts/expire-questions.ts';
import type { Desk } from './acts/post-message.ts';
import { Bell } from './lib/bell.ts';
import type { Log } from './lib/log.ts';
import { Loop } from './lib/loop.ts';

/** They are told of to the minute. */
const everyMs = 15_000;

/** Begins at once; what it returns ends it. */
export function keepQuestions(parts: { desk: Desk; log: Log; inboxBell: Bell }): () => Promise<void> {
  const { desk, log, inboxBell } = parts;
  const loop = new Loop({
    bell: new Bell(),
    clock: desk.clock,
    everyMs,
    look: () => {
      if (expireQuestions(desk)) inboxBell.ring();
    },
    onError: (error) => log.error({ err: error }, 'an unanswered question could not be ended'),
  });
  loop.start();
  return () => loop.stop();
}
