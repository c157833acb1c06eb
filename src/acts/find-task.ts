import { NanoclawError } from '../model/errors.ts';
import type { Group } from '../model/group.ts';
import type { Task } from '../model/task.ts';
import type { Store } from '../store/store.ts';
import { guard } from './guard.ts';

/**
 * A task by its id. `asker`: the group that wants to see or change it; without one it is the operator. Throws
 * `task.unknown`, `task.foreign`.
 */
export function findTask(store: Store, id: string, asker?: Pick<Group, 'folder'>): Task {
  const task = store.tasks.get(id);
  if (!task) {
    throw new NanoclawError('task.unknown', `There is no task ${id.slice(0, 80)}.`, {
      cure: asker ? 'list_tasks shows those there are.' : '"./nanoclaw tasks list" shows those there are.',
    });
  }
  if (asker && guard(store, asker, { verb: 'task', group: task.group }) !== 'allowed') {
    throw new NanoclawError('task.foreign', `The task ${id} belongs to another group.`, {
      cure: 'You may see and change your own group’s tasks only; list_tasks shows them.',
    });
  }
  return task;
}

/** Why a task has nowhere to run; undefined when its chat is its group's. */
export function homelessness(store: Store, { group, place }: Task): string | undefined {
  if (!store.groups.get(group)) return `there is no group ${group} any more`;
  if (store.chats.get(place.jid)?.group !== group) return `the chat ${place.jid} does not belong to ${group} any more`;
  return undefined;
}

/** Throws `task.homeless`. */
export function refuseHomeless(store: Store, task: Task): void {
  const why = homelessness(store, task);
  if (why === undefined) return;
  throw new NanoclawError('task.homeless', `The task ${task.id} cannot run: ${why}.`, {
    cure: 'Cancel it, and schedule a new one where it belongs.',
  });
}
