import { NanoclawError } from '../model/errors.ts';
import { type Egress, type Group, type MountRequest, mountName } from '../model/group.ts';
import type { Store } from '../store/store.ts';

export interface GroupChanges {
  readonly name?: string | undefined;
  readonly trigger?: string | undefined;
  readonly requiresTrigger?: boolean | undefined;
  /** `default` forgets the group's own model. */
  readonly model?: string | undefined;
  readonly egress?: Egress | undefined;
  /** Dollars a day; `default` forgets the group's own, `none` frees it from every budget. */
  readonly budget?: number | 'default' | 'none' | undefined;
  /** Names under /workspace/extra to take away, and mounts to add; one of the same name is replaced. */
  readonly mounts?: { readonly add: readonly MountRequest[]; readonly remove: readonly string[] } | undefined;
  /** `host:port` pairs. */
  readonly allow?: { readonly add: readonly string[]; readonly remove: readonly string[] } | undefined;
}

/**
 * Changes what is given of a group. The next turn, or the next container, goes by it. `check` sees the group before it is
 * stored and throws what is wrong with it. Throws `group.unknown`, `group.invalid`.
 */
export function setGroup(
  store: Store,
  change: { folder: string; now: number } & GroupChanges,
  check: (group: Group) => void = () => undefined,
): Group {
  const { folder, now, model, budget } = change;
  return store.transaction(() => {
    const old = store.groups.get(folder);
    if (!old) {
      throw new NanoclawError('group.unknown', `There is no group with the folder ${folder}.`, {
        cure: '"./nanoclaw groups list" shows them all.',
      });
    }
    if (model !== undefined && !/^[\w.:/@[\]-]{1,100}$/.test(model)) {
      throw new NanoclawError('group.invalid', 'That cannot be a model’s name.', {
        cure: 'Give one as Anthropic writes it, like claude-sonnet-4-5 or opus, or "default".',
      });
    }
    const group: Group = {
      ...old,
      name: change.name ?? old.name,
      trigger: change.trigger ?? old.trigger,
      requiresTrigger: change.requiresTrigger ?? old.requiresTrigger,
      model: model === undefined ? old.model : model === 'default' ? undefined : model,
      egress: change.egress ?? old.egress,
      budget: budget === undefined ? old.budget : budget === 'default' ? undefined : budget,
      ...(change.mounts && { mounts: changedMounts(old, change.mounts) }),
      ...(change.allow && { allow: changedAllow(old, change.allow) }),
    };
    check(group);
    store.groups.save(group, now);
    // What waited for it may go now, or is held again.
    if (model !== undefined) store.inbox.wakeCauses('model');
    if (budget !== undefined) store.inbox.wakeCauses('budget');
    return group;
  });
}

function changedMounts(
  { folder, mounts }: Group,
  { add, remove }: NonNullable<GroupChanges['mounts']>,
): MountRequest[] {
  const unknown = remove.find((name) => !mounts.some((mount) => mountName(mount) === name));
  if (unknown !== undefined) throw notThere(folder, { what: 'mount', unknown, known: mounts.map(mountName) });
  const replaced = new Set([...remove, ...add.map(mountName)]);
  return [...mounts.filter((mount) => !replaced.has(mountName(mount))), ...add];
}

function changedAllow({ folder, allow }: Group, { add, remove }: NonNullable<GroupChanges['allow']>): string[] {
  const unknown = remove.find((entry) => !allow.includes(entry));
  if (unknown !== undefined) throw notThere(folder, { what: 'allowed address', unknown, known: allow });
  return [...new Set([...allow.filter((entry) => !remove.includes(entry)), ...add])];
}

function notThere(
  folder: string,
  { what, unknown, known }: { what: string; unknown: string; known: readonly string[] },
) {
  return new NanoclawError('group.invalid', `The group ${folder} has no ${what} ${unknown}.`, {
    cure: known.length > 0 ? `It has: ${known.join(', ')}.` : 'It has none.',
  });
}
