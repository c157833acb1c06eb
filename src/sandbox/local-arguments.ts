import { byTarget } from './arguments.ts';
import { insideHome, workingDirectory } from './environment.ts';
import type { Mount, User } from './sandbox.ts';

/** A directory of the host's own system as a run sees it: the same directory read-only, or the same link. */
export type SystemPath = { readonly path: string; readonly linkTo: string | undefined };

export interface LocalPlan {
  readonly programs: { readonly bwrap: string; readonly setpriv: string | undefined };
  readonly user: User;
  readonly hostname: string;
  readonly mounts: readonly Mount[];
  readonly system: readonly SystemPath[];
  /** Directories of ours that lie inside a system path: shown empty. */
  readonly hidden: readonly string[];
  readonly command: readonly string[];
}

export interface LocalArguments {
  readonly program: string;
  readonly args: readonly string[];
  /** Texts to feed to descriptors 3, 4 … */
  readonly files: readonly string[];
  /** Carries a line out when everything stands, and takes one that lets the command begin; both ways on one socket. */
  readonly gateDescriptor: number;
}

// Covered by a tmpfs in the root helper's own view; every file system has it. Sources below it are still found, because
// bubblewrap takes them from the old root.
const stage = '/tmp';

/**
 * Seen from inside: the system, the mounts, nothing else. With `setpriv` (the host is root) an outer bubblewrap that is
 * still root first gathers the sources in one place, because the run's own user may not pass the directories above them
 * (a clone below /root); only then root is given up, for good.
 */
export function bubblewrapArguments(plan: LocalPlan): LocalArguments {
  const { bwrap, setpriv } = plan.programs;
  const files = filesInside(plan);
  const gateDescriptor = 3 + files.length;
  const mounts = byTarget(plan.mounts);
  const sources = setpriv === undefined ? mounts.map((mount) => mount.source) : mounts.map((_, i) => `${stage}/${i}`);
  const inner = [
    ...['--unshare-user', '--disable-userns', '--unshare-all', '--die-with-parent', '--new-session'],
    ...['--cap-drop', 'ALL', '--uid', String(plan.user.uid), '--gid', String(plan.user.gid)],
    ...['--hostname', plan.hostname],
    ...plan.system.flatMap(({ path, linkTo }) =>
      linkTo === undefined ? ['--ro-bind', path, path] : ['--symlink', linkTo, path],
    ),
    ...plan.hidden.flatMap((path) => ['--tmpfs', path]),
    ...files.flatMap(({ path }, i) => ['--ro-bind-data', String(3 + i), path]),
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--tmpfs', insideHome],
    ...['--dir', `${insideHome}/.claude`, '--dir', workingDirectory],
    ...mounts.flatMap(({ target, readOnly }, i) => [readOnly ? '--ro-bind' : '--bind', sources[i] ?? '', target]),
    ...['--remount-ro', '/', '--chdir', workingDirectory],
    ...['--', '/bin/sh', '-c', gate(gateDescriptor), 'sh', ...plan.command],
  ];
  const texts = files.map((file) => file.text);
  const descriptors = { files: texts, gateDescriptor };
  if (setpriv === undefined) return { program: bwrap, args: inner, ...descriptors };
  const outer = [
    // A process namespace of its own: the kernel lets no process without rights signal another user's, not even by dying,
    // so without it the death of this helper would never reach the run.
    ...['--die-with-parent', '--unshare-pid', '--dev-bind', '/', '/', '--tmpfs', stage],
    ...mounts.flatMap(({ source, readOnly }, i) => [readOnly ? '--ro-bind' : '--bind', source, `${stage}/${i}`]),
    ...['--chdir', '/', '--', setpriv, `--reuid=${plan.user.uid}`, `--regid=${plan.user.gid}`, '--clear-groups'],
    ...['--no-new-privs', '--inh-caps=-all', '--bounding-set=-all', bwrap],
  ];
  return { program: bwrap, args: [...outer, ...inner], ...descriptors };
}

/**
 * Each process of the chain asks the kernel to die with its parent only some way into its start; a host killed just
 * before would leave the rest running for ever. So nothing begins until the host, knowing that all have asked, says so;
 * a host that is dead by then closes the socket, and the chain ends by itself. For the same reason nothing is killed
 * before it stands here: a bubblewrap that dies half-way leaves a child that waits for it for ever. (That is also why it is
 * not asked to tell us anything by --info-fd: with nobody left to read, it would die of it.)
 */
function gate(descriptor: number): string {
  return `echo >&${descriptor} && read -r go <&${descriptor} && exec "$@" ${descriptor}<&-`;
}

function filesInside({ user, hostname }: LocalPlan): { path: string; text: string }[] {
  return [
    { path: '/etc/passwd', text: `node:x:${user.uid}:${user.gid}::${insideHome}:/bin/bash\n` },
    { path: '/etc/group', text: `node:x:${user.gid}:\n` },
    { path: '/etc/hosts', text: `127.0.0.1 localhost ${hostname}\n::1 localhost\n` },
    { path: '/etc/nsswitch.conf', text: 'passwd: files\ngroup: files\nhosts: files dns\n' },
  ];
}
