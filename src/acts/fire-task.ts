import type { Task } from '../model/task.ts';
import type { Desk } from './post-message.ts';

export interface Occurrence {
  readonly task: Task;
  readonly dueAt: number;
  /** How many occurrences it stands for besides this one. */
  readonly missed: number;
  /** When the task comes next; undefined: never again. Not looked at for one by hand. */
  readonly nextRunAt?: number | undefined;
  /** Somebody asked for it: the schedule goes on as if nothing had happened. */
  readonly byHand?: boolean;
}

/**
 * Makes a due task a waking message of its chat: message, inbox row, run and the task's next time, in one transaction, so
 * that no occurrence is fired twice. The message's number; undefined when it is not due any more or its last run still
 * goes on. Rings no bell: the caller rings the inbox's.
 */
export function fireTask({ store, clock }: Pick<Desk, 'store' | 'clock'>, due: Occurrence): number | undefined {
  const { dueAt, missed, byHand = false } = due;
  return store.transaction(() => {
    const task = store.tasks.get(due.task.id);
    if (!task || store.taskRuns.openOf(task.id)) return undefined;
    if (!byHand && (task.state !== 'active' || task.nextRunAt !== dueAt)) return undefined;
    const { nextRunAt } = due;
    const state = nextRunAt === undefined ? 'done' : 'active';
    const goesOn: Task = { ...task, nextRunAt, state };
    // It ran at that instant before the clock was set back.
    if (store.taskRuns.knows(task.id, dueAt)) {
      if (!byHand) store.tasks.save(goesOn);
      return undefined;
    }
    const now = clock.now();
    const message = store.messages.insertInbound(
      {
        ...task.place,
        platformId: `task:${task.id}:${dueAt}`,
        kind: 'message',
        revision: 0,
        senderId: `task:${task.id}`,
        senderName: 'schedule',
        text: task.prompt,
        sentAt: dueAt,
        mentionsAssistant: false,
        fromOwner: false,
        replyTo: undefined,
      },
      'member',
      now,
    );
    if (message === undefined) return undefined;
    store.inbox.add({ group: task.group, place: task.place, message, wakes: true });
    store.taskRuns.add({ taskId: task.id, dueAt, firedAt: now, missed, byHand, message });
    if (byHand) return message;
    store.tasks.save(goesOn);
    return message;
  });
}
