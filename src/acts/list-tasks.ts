import type { Group } from '../model/group.ts';
import type { Task } from '../model/task.ts';
import { guard } from './guard.ts';
import type { TaskDesk } from './schedule-task.ts';
import { taskInWords } from './task-words.ts';

/** What is over stays in view for a while. */
const mostOver = 10;

/** The schedules a group may see, one line each: those to come, and the newest that are finished. */
export function listTasks(desk: TaskDesk, asker: Group, how: { promptUnits: number }): string[] {
  const { store, timetable } = desk;
  return visibleTasks(desk, asker).map((task) => {
    const [last] = store.taskRuns.newest(task.id, 1);
    const line = taskInWords(task, { zone: timetable.zone, last, ...how });
    const elsewhere = task.group === asker.folder ? '' : ` · group ${task.group}, ${task.place.jid}`;
    const thread = task.place.thread === undefined ? '' : ` · thread ${task.place.thread}`;
    return `${line}${elsewhere}${thread}`;
  });
}

function visibleTasks({ store }: TaskDesk, asker: Group): Task[] {
  // Only to look through fewer of them: who may see what, the guard decides.
  const folder = asker.isMain ? undefined : asker.folder;
  const tasks = [...store.tasks.standing(folder), ...store.tasks.newestDone(mostOver, folder)];
  return tasks.filter(({ group }) => guard(store, asker, { verb: 'task', group }) === 'allowed');
}
