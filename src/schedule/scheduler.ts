// A due task becomes an inbox row, and nothing else happens here. What comes of it is the affair of turns, which tell the
// run's end; the rows are the truth, so that a restart goes on where it was.
import { homelessness } from '../acts/find-task.ts';
import { finishTaskRun } from '../acts/finish-task-run.ts';
import { fireTask } from '../acts/fire-task.ts';
import type { TaskDesk } from '../acts/schedule-task.ts';
import { setTaskState } from '../acts/set-task-state.ts';
import { tellMain } from '../acts/tell-main.ts';
import type { Bell } from '../lib/bell.ts';
import type { Log } from '../lib/log.ts';
import { hasCode, sentenceOf } from '../model/errors.ts';
import { mostMissed, type Task } from '../model/task.ts';

export interface SchedulerParts {
  readonly desk: TaskDesk;
  readonly log: Log;
  readonly inboxBell: Bell;
}

/** No longer than this without a look at the clock: somebody may have set it, or the machine may have slept. */
const longestSleepMs = 30_000;
/** After so many, everybody else has their turn. */
const mostAtOnce = 20;

/** Looks at start, when the bell rings, and when the next task is due. */
export class Scheduler {
  readonly #parts: SchedulerParts;
  #listening: Disposable | undefined;
  #timer: Disposable | undefined;
  #asked = false;
  /** No later instant was seen than this. */
  #lookedAt = Number.POSITIVE_INFINITY;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#listening = this.#parts.desk.taskBell.listen(() => this.#ask());
    this.#look();
  }

  /** Nothing is fired from now on. */
  stop(): void {
    this.#listening?.[Symbol.dispose]();
    this.#listening = undefined;
    this.#timer?.[Symbol.dispose]();
  }

  // Later than now: whoever rings may still be inside a transaction.
  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    queueMicrotask(() => {
      this.#asked = false;
      this.#look();
    });
  }

  #look(): void {
    if (!this.#listening) return;
    this.#timer?.[Symbol.dispose]();
    let sleepMs = longestSleepMs;
    try {
      sleepMs = this.#fireAll();
    } catch (error) {
      this.#parts.log.error({ err: error }, 'the schedule could not be looked at');
    }
    this.#timer = this.#parts.desk.clock.after(sleepMs, () => this.#look());
  }

  /** How long nothing more is due. */
  #fireAll(): number {
    const { store, clock } = this.#parts.desk;
    this.#judgeForgotten();
    const now = clock.now();
    // At start too: the clock, and the zone, may be others than when the times were stored.
    if (now < this.#lookedAt) this.#recompute(now);
    this.#lookedAt = now;
    const due = store.tasks.due(now, mostAtOnce);
    let failed = 0;
    for (const task of due) {
      try {
        this.#fire(task);
      } catch (error) {
        failed += 1;
        this.#parts.log.error({ err: error, task: task.id }, 'a task could not be fired');
      }
    }
    if (due.length === mostAtOnce && failed === 0) return 0;
    const next = store.tasks.nextAfter(now);
    return next === undefined ? longestSleepMs : Math.min(longestSleepMs, Math.max(0, next - clock.now()));
  }

  /** When each task comes next, by the clock and the zone there are now. What is overdue stays so. */
  #recompute(now: number): void {
    const { store } = this.#parts.desk;
    store.instants.clamp(now);
    for (const task of store.tasks.standing()) {
      if (task.state !== 'active' || task.nextRunAt === undefined || task.nextRunAt <= now) continue;
      try {
        const changed = this.#timedNow(task, now);
        if (changed.nextRunAt !== task.nextRunAt) store.tasks.save(changed);
      } catch (error) {
        this.#parts.log.error({ err: error, task: task.id }, 'the next time of a task could not be told');
      }
    }
  }

  #timedNow(task: Task, now: number): Task {
    const { timetable } = this.#parts.desk;
    const { schedule, anchorAt } = task;
    // A clock that was set back must not keep an interval waiting for the instant it was made at.
    if (schedule.type === 'interval' && anchorAt !== undefined && anchorAt > now)
      return { ...task, anchorAt: now, nextRunAt: timetable.next({ ...schedule, anchorAt: now }, now) };
    // What is to come once comes, late if it must be.
    return { ...task, nextRunAt: timetable.next({ ...schedule, anchorAt }, schedule.type === 'once' ? 0 : now) };
  }

  /** Runs whose message was answered, stopped or given up and whose end nobody told: a task must not wait for them. */
  #judgeForgotten(): void {
    const { desk } = this.#parts;
    for (const { message, state } of desk.store.taskRuns.settled()) {
      const outcome = state === 'done' ? 'ok' : 'failed';
      desk.store.transaction(() => finishTaskRun(desk, { message, outcome }));
    }
  }

  #fire(task: Task): void {
    const { desk, log, inboxBell } = this.#parts;
    const { store } = desk;
    const homeless = homelessness(store, task);
    const timing = homeless === undefined ? this.#timingOf(task) : { type: 'unreadable' as const, why: homeless };
    switch (timing.type) {
      case 'unreadable':
        this.#pause(task, timing.why);
        return;
      case 'later':
        store.tasks.save({ ...task, nextRunAt: timing.nextRunAt });
        return;
      case 'now': {
        const message = fireTask(desk, { task, ...timing });
        log.debug({ task: task.id, due: timing.dueAt, missed: timing.missed, message }, 'a task is due');
        if (message !== undefined) inboxBell.ring();
      }
    }
  }

  #timingOf(task: Task) {
    const { clock, timetable } = this.#parts.desk;
    const now = clock.now();
    const dueAt = task.nextRunAt ?? now;
    const recurrence = { ...task.schedule, anchorAt: task.anchorAt };
    try {
      if (task.notBefore > now) {
        return { type: 'later' as const, nextRunAt: timetable.next(recurrence, task.notBefore - 1) };
      }
      const following = timetable.next(recurrence, dueAt);
      if (following === undefined || following > now)
        return { type: 'now' as const, dueAt, missed: 0, nextRunAt: following };
      const missed = timetable.count(recurrence, { after: dueAt, until: now, most: mostMissed });
      return { type: 'now' as const, dueAt, missed, nextRunAt: timetable.next(recurrence, now) };
    } catch (error) {
      if (!hasCode(error, 'schedule.invalid')) throw error;
      return { type: 'unreadable' as const, why: sentenceOf(error) };
    }
  }

  #pause(task: Task, reason: string): void {
    const { desk } = this.#parts;
    const text = `⏸ The task ${task.id} of the group ${task.group} is paused: ${reason.replaceAll('<', '‹')}`;
    desk.store.transaction(() => {
      setTaskState(desk, { task, deed: 'pause', reason });
      tellMain(desk, { key: `notice:task-paused:${task.id}:${task.nextRunAt}`, text });
    });
  }
}
