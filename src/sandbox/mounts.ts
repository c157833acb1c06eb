import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mailboxPlaces } from '../../protocol/mailbox.ts';
import { giveTree } from '../lib/give-tree.ts';
import { type Owner, SafeDirectory } from '../lib/safe-files.ts';
import type { Group } from '../model/group.ts';
import { insideHome } from './environment.ts';
import { isWithin, judgeMount, readMountAllowlist, realPath } from './mount-allowlist.ts';
import type { Mount } from './sandbox.ts';

export interface MountOptions {
  readonly home: string;
  readonly checkout: string;
  /** Allowlists and secrets; no mount may show any of it. */
  readonly configDirectory: string;
  /** Holds the group's gateway socket. */
  readonly gatewayDirectory: string;
  readonly group: Pick<Group, 'folder' | 'isMain' | 'mounts'>;
  /** The run's user where the host is root: what agents write is given to it. */
  readonly owner: Owner | undefined;
  /** The other groups, whose agents may write in the sources of their own mounts. */
  readonly others?: readonly Pick<Group, 'folder' | 'isMain' | 'mounts'>[];
}

export interface PreparedMounts {
  readonly mounts: readonly Mount[];
  /** One sentence for every additional mount that was refused or made read-only. */
  readonly rejected: readonly string[];
}

// What main's agent may read of the installation. A list of what is shown, never of what is hidden: whatever is new in
// the checkout (a database, a key, a backup) stays unseen.
const projectParts = [
  ...['src', 'protocol', 'container', 'setup', 'scripts', 'docs', 'skills', 'groups/main', 'groups/global'],
  ...['package.json', 'README.md', 'AGENTS.md', 'CHANGELOG.md'],
];

/** Everything one run sees. Makes the group's own directories where they are missing and gives them to the run's user. */
export async function prepareMounts(options: MountOptions): Promise<PreparedMounts> {
  const { home, checkout, group, owner } = options;
  const own = makeOwnDirectories(home, group.folder, owner);
  if (owner) {
    for (const root of [own.folder, own.global, own.mailbox, own.projects]) await giveTree(root, { parts: [], owner });
  }
  const mounts: Mount[] = [
    { source: own.folder, target: '/workspace/group', readOnly: false },
    { source: own.global, target: '/workspace/global', readOnly: !group.isMain },
    { source: own.mailbox, target: '/workspace/ipc', readOnly: false },
    { source: own.projects, target: `${insideHome}/.claude/projects`, readOnly: false },
    ...[mailboxPlaces.input, mailboxPlaces.replies].map((place) => ({
      source: join(own.mailbox, place),
      target: `/workspace/ipc/${place}`,
      readOnly: true,
    })),
    ...readOnly(join(checkout, 'container/skills'), '/opt/skills'),
    ...readOnly(options.gatewayDirectory, '/run/gw'),
    ...(group.isMain
      ? projectParts.flatMap((part) => readOnly(join(checkout, part), `/workspace/project/${part}`))
      : []),
  ];
  const extra = additionalMounts(options);
  return { mounts: [...mounts, ...extra.mounts], rejected: extra.rejected };
}

/** The parents belong to the host; a link in place of a last component throws files.unsafe. */
function makeOwnDirectories(home: string, folder: string, owner: Owner | undefined) {
  const make = (parent: string, name: string): string => {
    mkdirSync(join(home, parent), { recursive: true, mode: parent === 'groups' ? 0o755 : 0o700 });
    using within = SafeDirectory.open(join(home, parent));
    within.makeDirectory(name, { owner })[Symbol.dispose]();
    return realPath(join(home, parent, name)) ?? join(home, parent, name);
  };
  const mailbox = make('data/ipc', folder);
  using inMailbox = SafeDirectory.open(mailbox);
  for (const place of Object.values(mailboxPlaces)) inMailbox.makeDirectory(place, { owner })[Symbol.dispose]();
  return {
    mailbox,
    folder: make('groups', folder),
    global: make('groups', 'global'),
    projects: make(join('data/sessions', folder), 'projects'),
  };
}

function readOnly(path: string, target: string): Mount[] {
  const source = realPath(path);
  return source === undefined ? [] : [{ source, target, readOnly: true }];
}

function additionalMounts(options: MountOptions): { mounts: Mount[]; rejected: string[] } {
  const { group, others = [] } = options;
  if (group.mounts.length === 0) return { mounts: [], rejected: [] };
  const allowlist = readMountAllowlist(options.configDirectory);
  const judge = (of: Pick<Group, 'isMain' | 'mounts'>) =>
    of.mounts.map((request) => judgeMount(request, { allowlist, isMain: of.isMain }));
  const judged = judge(group);
  const granted = [...judged, ...others.flatMap(judge)].flatMap((one) => (one.ok ? [one.mount] : []));
  const written = granted.filter((mount) => !mount.readOnly).map((mount) => mount.source);
  const mounts: Mount[] = [];
  const rejected: string[] = [];
  for (const judgement of judged) {
    if (!judgement.ok) {
      rejected.push(judgement.why);
      continue;
    }
    const { mount, note } = judgement;
    const why =
      whyNotShown(mount.source, options) ??
      whyReachable(mount.source, written, options.home) ??
      whyTwice(mount, mounts);
    if (why === undefined) mounts.push(mount);
    else rejected.push(`The mount of ${mount.source} is refused: ${why}`);
    if (why === undefined && note !== undefined) rejected.push(note);
  }
  return { mounts, rejected };
}

/** Keys, databases, other groups' mailboxes: in neither direction may a mount meet them. */
function whyNotShown(source: string, { home, configDirectory }: MountOptions): string | undefined {
  const ours = ['store', 'data', 'logs', '.env'].map((part) => join(home, part));
  for (const path of [...ours, configDirectory]) {
    const real = realPath(path);
    if (real !== undefined && (isWithin(source, real) || isWithin(real, source))) {
      return `it would show ${path}, which is the host's own.`;
    }
  }
  return undefined;
}

/** A source below a directory some agent writes could be exchanged for a link between this look and the mount. */
function whyReachable(source: string, written: readonly string[], home: string): string | undefined {
  const groups = realPath(join(home, 'groups'));
  const inGroup = groups !== undefined && isWithin(source, groups) && source.slice(groups.length + 1).includes('/');
  const roots = written.filter((root) => root !== source && isWithin(source, root));
  return inGroup || roots.length > 0 ? 'it lies in a directory that an agent can write.' : undefined;
}

function whyTwice(mount: Mount, before: readonly Mount[]): string | undefined {
  const taken = before.some(({ target }) => isWithin(mount.target, target) || isWithin(target, mount.target));
  return taken ? `${mount.target} is taken by another mount.` : undefined;
}
