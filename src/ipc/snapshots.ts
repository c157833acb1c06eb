import { guard } from '../acts/guard.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type Owner, SafeDirectory } from '../lib/safe-files.ts';
import { NanoclawError } from '../model/errors.ts';
import type { Group } from '../model/group.ts';
import type { Store } from '../store/store.ts';

interface SnapshotParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** `data/ipc`: no agent can write here itself. */
  readonly root: string;
  readonly owner: Owner | undefined;
}

/** Changes that were not asked for in this mailbox (the command line, another group) are seen by then. */
const lookMs = 60_000;
const groupsFile = 'available_groups.json';
const tasksFile = 'current_tasks.json';

interface Written {
  readonly run: string;
  readonly at: number;
  /** What each file says, but for what changes all the time. */
  readonly said: Readonly<Record<string, string>>;
}

/**
 * v1's files for scripts and skills, in the root of a group's mailbox: copies of what the host knows, which the agent may
 * spoil for itself and which are never read here. Written before a container starts, and when they say something
 * else: that somebody spoke in a chat is nothing new.
 */
export class Snapshots {
  readonly #parts: SnapshotParts;
  /** What stands in the mailbox of each group's container. */
  readonly #written = new Map<string, Written>();

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
  }

  /** Called at every look at a mailbox, so almost always it returns at once. `changed`: a request may have changed it. */
  keep(group: Group, { runId: run, changed }: { runId: string; changed: boolean }): void {
    const at = this.#parts.clock.now();
    const last = this.#written.get(group.folder);
    const same = last?.run === run;
    if (same && !changed && at - last.at < lookMs) return;
    const groups = this.#groupsFor(group);
    const tasks = this.#tasksFor(group);
    const said = {
      [groupsFile]: JSON.stringify(groups.map(({ lastActivity: _, ...chat }) => JSON.stringify(chat)).sort()),
      [tasksFile]: JSON.stringify(tasks),
    };
    const body: Readonly<Record<string, object>> = {
      [groupsFile]: { groups, lastSync: new Date(at).toISOString() },
      [tasksFile]: tasks,
    };
    for (const [file, text] of Object.entries(said)) {
      if (!same || last.said[file] !== text) this.#write(group, file, JSON.stringify(body[file], null, 1));
    }
    this.#written.set(group.folder, { run, at, said });
  }

  /** Main sees every chat of several people, the newest first; others see none. */
  #groupsFor(group: Group) {
    const { store } = this.#parts;
    if (guard(store, group, { verb: 'groups' }) !== 'allowed') return [];
    const shared = store.chats.all().filter((chat) => chat.isGroup);
    return shared.map(({ jid, name, lastMessageAt, group: wired }) => ({
      jid,
      name,
      lastActivity: new Date(lastMessageAt ?? 0).toISOString(),
      isRegistered: wired !== undefined,
    }));
  }

  /** Those to come, and those that are paused. */
  #tasksFor(asker: Group) {
    const { store } = this.#parts;
    const tasks = store.tasks.standing(asker.isMain ? undefined : asker.folder);
    return tasks
      .filter(({ group }) => guard(store, asker, { verb: 'task', group }) === 'allowed')
      .map(({ id, group: groupFolder, prompt, script, schedule, state: status, nextRunAt }) => ({
        ...{ id, groupFolder, prompt, ...(script === undefined ? {} : { script }) },
        schedule_type: schedule.type,
        schedule_value: schedule.value,
        ...{ status, next_run: nextRunAt === undefined ? null : new Date(nextRunAt).toISOString() },
      }));
  }

  #write(group: Group, file: string, text: string): void {
    const { root, owner, log } = this.#parts;
    try {
      using mailbox = SafeDirectory.open(root, group.folder);
      mailbox.write(file, text, { owner });
    } catch (error) {
      // What the agent left there (a directory, say) is its own affair; a full disk is told of elsewhere.
      if (!(error instanceof NanoclawError)) throw error;
      log.warn({ group: group.folder, file, why: error.message }, 'a snapshot could not be put into a mailbox');
    }
  }
}
