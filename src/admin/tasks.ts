import type { TaskFacts, TaskRunFacts } from '../../protocol/admin-tasks.ts';
import { findTask } from '../acts/find-task.ts';
import { runTask } from '../acts/run-task.ts';
import { scheduleTask, type TaskDesk } from '../acts/schedule-task.ts';
import { setTaskState, type TaskDeed } from '../acts/set-task-state.ts';
import { scheduleInWords } from '../acts/task-words.ts';
import type { Bell } from '../lib/bell.ts';
import { NanoclawError } from '../model/errors.ts';
import { messageName } from '../model/message.ts';
import type { Task, TaskRun } from '../model/task.ts';
import type { AdminHandlers } from './handlers.ts';

interface TaskDoor {
  readonly desk: TaskDesk;
  readonly inboxBell: Bell;
}

/** What an operator may do with schedules: all that agents may, with those of every group. */
export function taskHandlers({
  desk,
  inboxBell,
}: TaskDoor): Pick<AdminHandlers, Extract<keyof AdminHandlers, `tasks.${string}`>> {
  const { store } = desk;
  const change = (id: string, deed: TaskDeed) =>
    factsOf(setTaskState(desk, { task: findTask(store, id), deed, reason: 'from the command line' }));
  return {
    'tasks.list': ({ group, all }) => {
      const everything = () => (group === undefined ? store.tasks.all() : store.tasks.ofGroup(group));
      return (all ? everything() : store.tasks.standing(group)).map((task) => {
        const [last] = store.taskRuns.newest(task.id, 1);
        return { ...factsOf(task), last: last ? runFactsOf(last) : null };
      });
    },
    'tasks.show': ({ id, runs }) => ({
      ...factsOf(findTask(store, id)),
      runs: store.taskRuns.newest(id, runs).map(runFactsOf),
    }),
    'tasks.add': ({ chat, prompt, script, contextMode, scheduleType: type, scheduleValue: value }) => {
      const task = scheduleTask(desk, {
        group: groupOf(desk, chat),
        place: { jid: chat, thread: undefined },
        prompt,
        script,
        contextMode,
        schedule: { type, value },
        createdBy: 'command line',
      });
      return factsOf(task);
    },
    'tasks.pause': ({ id }) => change(id, 'pause'),
    'tasks.resume': ({ id }) => change(id, 'resume'),
    'tasks.cancel': ({ id }) => change(id, 'cancel'),
    'tasks.run': ({ id }) => {
      const message = runTask(desk, findTask(store, id));
      inboxBell.ring();
      return { message };
    },
  };
}

function groupOf({ store }: TaskDesk, jid: string): string {
  const group = store.chats.get(jid)?.group;
  if (group !== undefined) return group;
  throw new NanoclawError('chat.not-wired', `${jid} is no chat of a group.`, {
    cure: '"./nanoclaw chats list" shows which chats are.',
  });
}

function factsOf(task: Task): TaskFacts {
  return {
    id: task.id,
    group: task.group,
    chat: task.place.jid,
    thread: task.place.thread ?? null,
    prompt: task.prompt,
    script: task.script ?? null,
    scheduleType: task.schedule.type,
    scheduleValue: task.schedule.value,
    schedule: scheduleInWords(task.schedule),
    contextMode: task.contextMode,
    state: task.state,
    pauseReason: task.pauseReason ?? null,
    nextRunAt: task.nextRunAt ?? null,
    failures: task.failures,
    createdAt: task.createdAt,
    createdBy: task.createdBy,
  };
}

export function runFactsOf(run: TaskRun): TaskRunFacts {
  const { dueAt, firedAt, state, missed, byHand } = run;
  return {
    dueAt,
    firedAt,
    state,
    missed,
    byHand,
    endedAt: run.endedAt ?? null,
    detail: run.detail ?? null,
    message: messageName(run.message),
  };
}
