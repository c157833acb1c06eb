import { NanoclawError } from '../model/errors.ts';
import type { Task } from '../model/task.ts';
import { refuseHomeless } from './find-task.ts';
import { refuseMany, type TaskDesk, timingOf } from './schedule-task.ts';

export type TaskDeed = 'pause' | 'resume' | 'cancel';

/**
 * Pauses, resumes or cancels a task. Resumed, it comes next by its schedule from now on: what was left out meanwhile is
 * not made up for. Asking for what is so already changes nothing. Throws `task.over`, `task.homeless`, `task.too-many`,
 * `schedule.*`.
 */
export function setTaskState(desk: TaskDesk, to: { task: Task; deed: TaskDeed; reason?: string }): Task {
  const { store } = desk;
  const { task } = to;
  return store.transaction(() => {
    const changed = changedTask(desk, task, to);
    store.tasks.save(changed);
    desk.taskBell.ring();
    return changed;
  });
}

function changedTask(desk: TaskDesk, task: Task, { deed, reason }: { deed: TaskDeed; reason?: string }): Task {
  if (task.state === 'cancelled' && deed === 'cancel') return task;
  refuseOver(task, deed);
  switch (deed) {
    case 'cancel':
      return { ...task, state: 'cancelled', nextRunAt: undefined };
    case 'pause':
      return task.state === 'paused' ? task : { ...task, state: 'paused', pauseReason: reason };
    case 'resume': {
      if (task.state === 'active') return task;
      refuseHomeless(desk.store, task);
      refuseMany(desk, task.group);
      return { ...task, ...resumed(desk, task), state: 'active', pauseReason: undefined, failures: 0, notBefore: 0 };
    }
  }
}

/** Throws `task.over` for a task that comes no more. */
export function refuseOver(task: Task, deed: TaskDeed | 'update'): void {
  if (task.state !== 'done' && task.state !== 'cancelled') return;
  const over = task.state === 'done' ? 'has run and is finished' : 'was cancelled';
  throw new NanoclawError('task.over', `The task ${task.id} ${over}; there is nothing to ${deed}.`, {
    cure: 'Schedule a new one if it is still wanted.',
  });
}

// An interval keeps its anchor, so that a pause does not move it.
function resumed(desk: TaskDesk, task: Task): Pick<Task, 'nextRunAt'> {
  if (task.schedule.type !== 'interval' || task.anchorAt === undefined) {
    return { nextRunAt: timingOf(desk, task.schedule).nextRunAt };
  }
  return { nextRunAt: desk.timetable.next({ ...task.schedule, anchorAt: task.anchorAt }, desk.clock.now()) };
}
