import type { Bell } from '../lib/bell.ts';
import type { Timetable } from '../lib/next-run.ts';
import type { Place } from '../model/chat.ts';
import { NanoclawError } from '../model/errors.ts';
import type { Schedule, Task } from '../model/task.ts';
import type { NewTask } from '../store/tasks.ts';
import type { Desk } from './post-message.ts';

/** What making and changing schedules needs. */
export interface TaskDesk extends Desk {
  readonly taskBell: Bell;
  readonly timetable: Timetable;
}

/** Of one group, at the same time. */
const maxTasks = 100;

export interface WantedTask extends Pick<NewTask, 'group' | 'prompt' | 'script' | 'contextMode' | 'createdBy'> {
  readonly place: Place;
  readonly schedule: Schedule;
  /** v1's files bring their own. */
  readonly id?: string | undefined;
}

/**
 * Makes a schedule. Joins the caller's transaction. Throws `schedule.invalid`, `schedule.past`, `task.invalid`,
 * `task.taken`, `task.too-many`.
 */
export function scheduleTask(desk: TaskDesk, wanted: WantedTask): Task {
  const { store, clock } = desk;
  return store.transaction(() => {
    const { id } = wanted;
    refuseEmpty(wanted.prompt);
    if (id !== undefined && (!/^[A-Za-z0-9][\w.-]{0,63}$/.test(id) || /^t\d+$/.test(id))) {
      throw new NanoclawError('task.invalid', `"${id.slice(0, 80)}" cannot be a task’s id.`, {
        cure: 'Leave taskId out: the host gives one.',
      });
    }
    if (id !== undefined && store.tasks.get(id)) {
      throw new NanoclawError('task.taken', `There is a task ${id} already.`, {
        cure: 'Change it with update_task, or leave taskId out.',
      });
    }
    refuseMany(desk, wanted.group);
    const task = store.tasks.add({ ...wanted, ...timingOf(desk, wanted.schedule), createdAt: clock.now() });
    desk.taskBell.ring();
    return task;
  });
}

/** From now on: the schedule as it is kept, when it comes next, and where an interval is counted from. Throws `schedule.invalid`, `schedule.past`. */
export function timingOf(
  { clock, timetable }: TaskDesk,
  given: Schedule,
): { schedule: Schedule; nextRunAt: number; anchorAt: number | undefined } {
  const now = clock.now();
  // It is shown in one line.
  const schedule = { ...given, value: given.value.trim().replace(/\s+/g, ' ') };
  const anchorAt = schedule.type === 'interval' ? now : undefined;
  const nextRunAt = timetable.next({ ...schedule, anchorAt }, now);
  if (nextRunAt !== undefined) return { schedule, nextRunAt, anchorAt };
  const { zone } = timetable;
  throw new NanoclawError('schedule.past', `${schedule.value} is past: it is ${zone.inWords(now)} in ${zone.name}.`, {
    cure: 'Give a local time that is still to come, such as 2026-03-01T15:30.',
  });
}

export function refuseEmpty(prompt: string): void {
  if (prompt.trim() !== '') return;
  throw new NanoclawError('task.invalid', 'The prompt is empty: nobody would know what to do.', {
    cure: 'Say what is to be done when the time has come.',
  });
}

/** Throws `task.too-many` when the group has as many active schedules as it may. */
export function refuseMany({ store }: Pick<Desk, 'store'>, group: string): void {
  if (store.tasks.activeOf(group) < maxTasks) return;
  throw new NanoclawError('task.too-many', `The group ${group} has ${maxTasks} active tasks, which is the most.`, {
    cure: 'Cancel or pause one first; list_tasks shows them.',
  });
}
