import { NanoclawError } from '../model/errors.ts';
import type { Egress, Group } from '../model/group.ts';
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
}

/** Changes what is given of a group. The next turn, or the next container, goes by it. Throws `group.unknown`, `group.invalid`. */
export function setGroup(store: Store, change: { folder: string; now: number } & GroupChanges): Group {
  const { folder, now, model, budget } = change;
  return store.transaction(() => {
    const old = store.groups.get(folder);
    if (!old) {
      throw new NanoclawError('group.unknown', `There is no group with the folder ${folder}.`, {
        cure: '"npx nanoclaw groups list" shows them all.',
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
    };
    store.groups.save(group, now);
    // What waited for it may go now, or is held again.
    if (model !== undefined) store.inbox.wakeCauses('model');
    if (budget !== undefined) store.inbox.wakeCauses('budget');
    return group;
  });
}
