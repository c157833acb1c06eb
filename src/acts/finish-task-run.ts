import type { Task, TaskOutcome, TaskRun } from '../model/task.ts';
import { shorten } from '../text/shorten.ts';
import { type Desk, postMessage } from './post-message.ts';

/** A task that has failed so often in a row is paused. */
const maxFailures = 8;
const longestPauseMs = 6 * 3_600_000;

/**
 * What became of the run a message belongs to; nothing for what a person said, or for a run that has ended. Called in the
 * transaction that makes the message's inbox row done or dead. A task that fails comes back later and later, and is
 * paused in the end; its chat is told.
 */
export function finishTaskRun(
  desk: Desk,
  end: { message: number; outcome: TaskOutcome; detail?: string | undefined },
): void {
  const { store, clock } = desk;
  const { outcome, detail } = end;
  const run = store.taskRuns.ofMessage(end.message);
  if (!run || !store.taskRuns.end(run.id, { outcome, detail }, clock.now())) return;
  const task = store.tasks.get(run.taskId);
  if (task && outcome !== 'failed') store.tasks.save({ ...task, failures: 0, notBefore: 0 });
  // What somebody asked for beside the schedule says nothing about the schedule.
  else if (task && !run.byHand) countFailure(desk, { task, run, detail });
  desk.taskBell?.ring();
}

function countFailure(desk: Desk, failed: { task: Task; run: TaskRun; detail: string | undefined }): void {
  const { store, clock } = desk;
  const { task, detail } = failed;
  const failures = task.failures + 1;
  const notBefore = clock.now() + Math.min(60_000 * 2 ** (failures - 1), longestPauseMs);
  if (failures < maxFailures || task.state !== 'active') {
    store.tasks.save({ ...task, failures, notBefore });
    return;
  }
  const why = detail === undefined ? '' : `: ${quoted(detail)}`;
  const pauseReason = `It failed ${failures} times in a row${why}`;
  store.tasks.save({ ...task, failures, notBefore, state: 'paused', pauseReason });
  const text = `⏸ The schedule ${task.id} (“${quoted(task.prompt)}”) is paused. ${pauseReason}. Ask me to resume it when the cause is gone.`;
  const key = `notice:task-paused:${failed.run.id}`;
  // A chat that was taken from the group since hears nothing more from it.
  if (store.chats.get(task.place.jid)?.group === task.group)
    postMessage(desk, { key, group: task.group, place: task.place, text });
}

/** Nothing in it may look like a tag that hides the rest. */
function quoted(text: string): string {
  return shorten(text, 80).replaceAll('<', '‹');
}
