import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mailboxPlaces } from '../../protocol/mailbox.ts';
import { giveTree } from '../lib/give-tree.ts';
import { type Owner, SafeDirectory } from '../lib/safe-files.ts';
import type { Group, MountRequest } from '../model/group.ts';
import { insideHome } from './environment.ts';
import { isWithin, judgeMount, type MountProblem, readMountAllowlist, realPath } from './mount-allowlist.ts';
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
  const extra = judgeMounts(options);
  return {
    mounts: [...mounts, ...extra.flatMap(({ mount }) => mount ?? [])],
    rejected: extra.flatMap(({ problem }) => problem?.why ?? []),
  };
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

/** What becomes of one additional mount: `problem` without a mount is a refusal, with one it is mounted read-only instead. */
export interface JudgedMount {
  readonly request: MountRequest;
  readonly mount: Mount | undefined;
  readonly problem: MountProblem | undefined;
}

export type JudgeOptions = Pick<MountOptions, 'home' | 'configDirectory' | 'others' | 'owner'> & {
  readonly group: Pick<Group, 'isMain' | 'mounts'>;
};

/** Each additional mount of the group against the allowlist as it is now, the host's own files and other mounts. */
export function judgeMounts(options: JudgeOptions): readonly JudgedMount[] {
  const { group, others = [] } = options;
  if (group.mounts.length === 0) return [];
  const allowlist = readMountAllowlist(options.configDirectory);
  const judge = (of: Pick<Group, 'isMain' | 'mounts'>) =>
    of.mounts.map((request) => ({ request, judgement: judgeMount(request, { allowlist, isMain: of.isMain }) }));
  const judged = judge(group);
  const granted = [...judged, ...others.flatMap(judge)].flatMap(({ judgement }) =>
    judgement.ok ? [judgement.mount] : [],
  );
  const written = granted.filter((mount) => !mount.readOnly).map((mount) => mount.source);
  const mounts: Mount[] = [];
  return judged.map(({ request, judgement }) => {
    if (!judgement.ok) return { request, mount: undefined, problem: judgement };
    const { mount, note } = judgement;
    const why =
      whyNotShown(mount.source, options) ??
      whyReachable(mount.source, written, options.home) ??
      whyTwice(mount, mounts);
    if (why !== undefined) {
      const problem = { why: `The mount of ${mount.source} is refused: ${why}`, cure: 'Mount another directory.' };
      return { request, mount: undefined, problem };
    }
    mounts.push(mount);
    return { request, mount, problem: note ?? whyNotWritable(mount, options.owner) };
  });
}

/** The run's user is not the host's own where that is root. */
function whyNotWritable({ source, readOnly }: Mount, owner: Owner | undefined): MountProblem | undefined {
  if (readOnly || !owner) return undefined;
  const { uid, gid, mode } = statSync(source);
  const mask = uid === owner.uid ? 0o200 : gid === owner.gid ? 0o020 : 0o002;
  if ((mode & mask) !== 0) return undefined;
  return {
    why: `Agents run as the user ${owner.uid}, who may not write in ${source}.`,
    cure: `Give it to them (chown -R ${owner.uid}:${owner.gid} "${source}"), or leave :rw out.`,
  };
}

/** Keys, databases, other groups' mailboxes: in neither direction may a mount meet them. */
function whyNotShown(source: string, { home, configDirectory }: JudgeOptions): string | undefined {
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
