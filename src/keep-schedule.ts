// Schedules in the running host: the desk that all doors change them at, and the scheduler that fires them.
import type { Desk } from './acts/post-message.ts';
import type { TaskDesk } from './acts/schedule-task.ts';
import { Bell } from './lib/bell.ts';
import { Timetable } from './lib/next-run.ts';
import { Zone } from './lib/zone.ts';
import { Scheduler, type SchedulerParts } from './schedule/scheduler.ts';

/** Schedules are kept in one zone, the host's. */
export function taskDesk(desk: Omit<Desk, 'taskBell'>, timeZone: string): TaskDesk {
  return { ...desk, taskBell: new Bell(), timetable: new Timetable(new Zone(timeZone)) };
}

/** Fires what is due from now on, until the function it gives is called. */
export function keepSchedule(parts: SchedulerParts): () => void {
  const scheduler = new Scheduler(parts);
  scheduler.start();
  return () => scheduler.stop();
}
