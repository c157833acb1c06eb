import { lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { NanoclawError } from '../model/errors.ts';
import { type Egress, type Group, isGroupFolder } from '../model/group.ts';
import type { Store } from '../store/store.ts';
import { wireChat } from './wire-chat.ts';

export interface Registry {
  readonly store: Store;
  readonly clock: Clock;
  /** `groups/` of the home. */
  readonly groupsDirectory: string;
  /** `groups/` of the checkout: main's and global's CLAUDE.md are the templates of new groups. */
  readonly templatesDirectory: string;
  readonly assistantName: string;
}

export interface NewGroup {
  readonly folder: string;
  readonly name: string;
  readonly jid: string;
  readonly isMain?: boolean | undefined;
  readonly trigger?: string | undefined;
  readonly requiresTrigger?: boolean | undefined;
  readonly model?: string | undefined;
  readonly egress?: Egress | undefined;
}

/** Makes a group: its row, its folder with a CLAUDE.md, its first chat. Throws `group.invalid`, `group.taken`, `chat.*`. */
export function registerGroup(registry: Registry, wanted: NewGroup): Group {
  const { store, clock } = registry;
  if (!isGroupFolder(wanted.folder)) {
    throw new NanoclawError('group.invalid', `"${wanted.folder}" cannot be a group's folder.`, {
      cure: 'Use letters, digits, - and _, at most 64; "global" and "errors" are taken.',
    });
  }
  const isMain = wanted.isMain ?? false;
  const group: Group = {
    folder: wanted.folder,
    name: wanted.name,
    isMain,
    trigger: wanted.trigger ?? `@${registry.assistantName}`,
    requiresTrigger: wanted.requiresTrigger ?? !isMain,
    model: wanted.model,
    egress: wanted.egress ?? (isMain ? 'open-public' : 'llm-only'),
    allow: [],
    mounts: [],
  };
  store.transaction(() => {
    refuseTaken(store, group);
    store.groups.save(group, clock.now());
    wireChat(store, { jid: wanted.jid, folder: group.folder, name: wanted.name });
  });
  makeFolder(registry, group);
  return group;
}

/** A group's own directory and the shared one, with the instructions they begin with. Never overwrites. */
export function makeFolder({ groupsDirectory, templatesDirectory }: Registry, group: Group): void {
  const template = (name: string) => readFileSync(join(templatesDirectory, name, 'CLAUDE.md'), 'utf8');
  begin(join(groupsDirectory, 'global'), () => template('global'));
  // The shared instructions are read by every group beside its own: a copy of them would only be read twice.
  begin(join(groupsDirectory, group.folder), () => (group.isMain ? template('main') : ownNotes(group.name)));
}

function begin(directory: string, text: () => string): void {
  const path = join(directory, 'CLAUDE.md');
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  // Also a link that leads nowhere is there: an agent may have left it where its notes were.
  if (!lstatSync(path, { throwIfNoEntry: false })) writeFileSync(path, text(), { flag: 'wx' });
}

function ownNotes(name: string): string {
  return `# ${name}\n\nWhat is special about this group, one line each: people, wishes, decisions, where things are.\n`;
}

function refuseTaken(store: Store, group: Group): void {
  // Some file systems do not tell Team from team.
  const taken = store.groups.all().find((one) => one.folder.toLowerCase() === group.folder.toLowerCase());
  if (taken) {
    throw new NanoclawError('group.taken', `The folder ${group.folder} belongs to the group "${taken.name}".`, {
      cure: `Wire another chat to it with "npx nanoclaw groups wire --jid JID --folder ${taken.folder}", or choose another folder.`,
    });
  }
  const main = store.groups.main();
  if (group.isMain && main) {
    throw new NanoclawError('group.taken', `There is a main group already: ${main.folder}.`, {
      cure: 'Wire the chat to it instead, or leave --main out.',
    });
  }
}
