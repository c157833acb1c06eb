import type { Task, TaskRun } from '../model/task.ts';
import type { InboxRow } from '../store/inbox.ts';
import type { Store } from '../store/store.ts';
import { shorten } from '../text/shorten.ts';

/** The task and the run an inbox row stands for; undefined for what a person said. */
export function taskOf(
  store: Store,
  row: Pick<InboxRow, 'message_seq'>,
): { readonly task: Task; readonly run: TaskRun } | undefined {
  const run = store.taskRuns.ofMessage(row.message_seq);
  const task = run && store.tasks.get(run.taskId);
  return task && { task, run };
}

/** As people read it: `The task “water the plants” (t5)`. */
export function nameOfTask({ id, prompt }: Task): string {
  return `The task “${shorten(prompt, 60).replaceAll('<', '‹')}” (${id})`;
}
