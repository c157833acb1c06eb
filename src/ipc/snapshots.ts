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

/**
 * `available_groups.json` in a group's mailbox, v1's file for scripts and skills: a copy of what the host knows,
 * which the agent may spoil for itself and which is never read here. Written when a container has started and when
 * what it says has changed; its sort order and `lastActivity` alone are no change.
 */
export class Snapshots {
  readonly #parts: SnapshotParts;
  /** What stands in the mailbox of each living container, by its run. */
  readonly #written = new Map<string, { run: string; text: string; at: number }>();

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
  }

  /** Called at every look at a mailbox, so almost always it returns at once. `changed`: a request may have changed it. */
  keep(group: Group, { runId, changed }: { runId: string; changed: boolean }): void {
    const now = this.#parts.clock.now();
    const last = this.#written.get(group.folder);
    if (last?.run === runId && !changed && now - last.at < lookMs) return;
    const groups = this.#groupsFor(group);
    const text = groups
      .map(({ jid, name, isRegistered }) => `${jid} ${name} ${isRegistered}`)
      .sort()
      .join('\n');
    if (last?.run !== runId || last.text !== text)
      this.#write(group, { groups, lastSync: new Date(now).toISOString() });
    this.#written.set(group.folder, { run: runId, text, at: now });
  }

  /** Main sees every chat of several people, the newest first; others see none. */
  #groupsFor({ isMain }: Group) {
    if (!isMain) return [];
    const shared = this.#parts.store.chats.all().filter((chat) => chat.isGroup);
    return shared.map(({ jid, name, lastMessageAt, group }) => ({
      jid,
      name,
      lastActivity: new Date(lastMessageAt ?? 0).toISOString(),
      isRegistered: group !== undefined,
    }));
  }

  #write(group: Group, snapshot: object): void {
    const { root, owner, log } = this.#parts;
    try {
      using mailbox = SafeDirectory.open(root, group.folder);
      mailbox.write('available_groups.json', JSON.stringify(snapshot, null, 1), { owner });
    } catch (error) {
      // What the agent left there (a directory, say) is its own affair; a full disk is told of elsewhere.
      if (!(error instanceof NanoclawError)) throw error;
      log.warn({ group: group.folder, why: error.message }, 'the list of groups could not be put into a mailbox');
    }
  }
}
