import { NanoclawError } from '../model/errors.ts';
import { messageName } from '../model/message.ts';
import type { Task } from '../model/task.ts';
import { refuseHomeless } from './find-task.ts';
import { fireTask } from './fire-task.ts';
import type { Desk } from './post-message.ts';

/**
 * Runs a task now, beside its schedule, which goes on as if nothing had happened. Its message's name. The caller rings
 * the inbox's bell. Throws `task.over`, `task.homeless`, `task.busy`.
 */
export function runTask({ store, clock }: Desk, task: Task): string {
  if (task.state === 'cancelled') {
    throw new NanoclawError('task.over', `The task ${task.id} was cancelled.`, { cure: 'Schedule a new one.' });
  }
  refuseHomeless(store, task);
  const now = clock.now();
  const seq = fireTask(
    { store, clock },
    { task, dueAt: task.nextRunAt === now ? now - 1 : now, missed: 0, byHand: true },
  );
  if (seq !== undefined) return messageName(seq);
  throw new NanoclawError('task.busy', `The task ${task.id} is running already.`, {
    cure: 'Wait for its answer, or end its turn with /stop in its chat.',
  });
}
