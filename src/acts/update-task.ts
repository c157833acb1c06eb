import { NanoclawError } from '../model/errors.ts';
import type { Schedule, Task } from '../model/task.ts';
import { refuseEmpty, type TaskDesk, timingOf } from './schedule-task.ts';
import { refuseOver } from './set-task-state.ts';

export interface TaskChanges {
  readonly prompt?: string | undefined;
  /** '' removes it. */
  readonly script?: string | undefined;
  readonly scheduleType?: Schedule['type'] | undefined;
  /** Read by the task's own type where that is not given too. */
  readonly scheduleValue?: string | undefined;
}

/**
 * Changes what is given of a task; a new schedule counts from now. A paused one stays paused. Throws `task.over`,
 * `task.invalid`, `schedule.*`.
 */
export function updateTask(desk: TaskDesk, { task, ...changes }: { task: Task } & TaskChanges): Task {
  const { store } = desk;
  refuseOver(task, 'update');
  const { prompt = task.prompt, script = task.script } = changes;
  refuseEmpty(prompt);
  const rescheduled = newSchedule(desk, task, changes);
  if (!rescheduled && changes.prompt === undefined && changes.script === undefined) {
    throw new NanoclawError('task.invalid', 'Nothing to change was given.', {
      cure: 'Give a prompt, a schedule_value (with schedule_type when the kind changes) or a script.',
    });
  }
  const changed = { ...task, prompt, script: script === '' ? undefined : script, ...rescheduled };
  store.transaction(() => {
    store.tasks.save(changed);
    desk.taskBell.ring();
  });
  return changed;
}

function newSchedule(desk: TaskDesk, task: Task, changes: TaskChanges): Partial<Task> | undefined {
  const { scheduleType: type = task.schedule.type, scheduleValue: value } = changes;
  if (value === undefined && type === task.schedule.type) return undefined;
  if (value === undefined) {
    throw new NanoclawError('schedule.invalid', `"${task.schedule.value}" is no value for ${type}.`, {
      cure: 'Give schedule_value together with a new schedule_type.',
    });
  }
  return { ...timingOf(desk, { type, value }), failures: 0, notBefore: 0 };
}
