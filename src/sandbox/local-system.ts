import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { NanoclawError } from '../model/errors.ts';
import { findProgram } from './find-program.ts';
import type { LocalPlan, SystemPath } from './local-arguments.ts';

// The host's toolset and what it needs to run; nothing here is anybody's data.
const toolset = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
const settings = [
  '/etc/alternatives',
  '/etc/ssl',
  '/etc/pki',
  '/etc/ca-certificates',
  '/etc/ld.so.cache',
  '/etc/fonts',
];

export function systemPaths(): SystemPath[] {
  return [...toolset, ...settings].flatMap((path) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (!stats) return [];
    return [{ path, linkTo: stats.isSymbolicLink() ? readlinkSync(path) : undefined }];
  });
}

/** Those of `directories` that would be seen because they lie in the toolset (a home below /usr/local). */
export function hiddenIn(system: readonly SystemPath[], directories: readonly string[]): string[] {
  const shown = system.filter((entry) => entry.linkTo === undefined).map((entry) => entry.path);
  return directories
    .filter((directory) => lstatSync(directory, { throwIfNoEntry: false }) !== undefined)
    .map((directory) => realpathSync(directory))
    .filter((directory) => shown.some((path) => isInside(directory, path)));
}

/** `setpriv` only where root has to be given up. Throws `sandbox.unavailable` with the cure. */
export function localPrograms(searchPath: string, isRoot: boolean): LocalPlan['programs'] {
  const bwrap = findProgram(searchPath, 'bwrap');
  if (!bwrap) {
    throw new NanoclawError('sandbox.unavailable', 'bubblewrap is not installed.', { cure: installBubblewrap });
  }
  if (!isRoot) return { bwrap: realpathSync(bwrap), setpriv: undefined };
  const setpriv = findProgram(searchPath, 'setpriv');
  if (setpriv) return { bwrap: realpathSync(bwrap), setpriv: realpathSync(setpriv) };
  const cure = 'Install util-linux, or run the host as an ordinary user.';
  throw new NanoclawError('sandbox.unavailable', 'The command setpriv is missing: root cannot be given up.', { cure });
}

export const installBubblewrap = 'Install it: sudo apt-get install -y bubblewrap (or your system’s own way).';

/** Turns the words of a bubblewrap that could not start into a sentence and its cure. */
export function localProblem(stderr: string): NanoclawError {
  const known = problems.find(({ words }) => words.test(stderr));
  const message =
    known?.message ?? `bubblewrap could not make a sandbox: ${stderr.trim().slice(0, 300) || 'no reason given'}.`;
  return new NanoclawError('sandbox.unavailable', message, { cure: known?.cure ?? 'Install Docker instead.' });
}

const problems = [
  {
    words: /No permissions to creat\w* (a )?new namespace|Creating new namespace failed: Operation not permitted/i,
    message: 'This machine does not allow sandboxes: an ordinary program may not create namespaces here.',
    cure:
      'Inside a container: run the host outside of it, or give that container seccomp=unconfined. ' +
      'Elsewhere: sudo sysctl -w kernel.unprivileged_userns_clone=1. Or install Docker.',
  },
  {
    words: /max_\S*namespaces|ENOSPC/,
    message: 'This machine allows no (or no more) user namespaces, which bubblewrap needs.',
    cure: 'Allow them: sudo sysctl -w user.max_user_namespaces=15000. Or install Docker.',
  },
  {
    words: /setting up uid map: Permission denied|RTM_NEWADDR: Operation not permitted/,
    message: 'AppArmor keeps bubblewrap from making a sandbox (as Ubuntu 24.04 and later do).',
    cure:
      "Allow it: printf 'abi <abi/4.0>,\\nprofile bwrap /usr/bin/bwrap flags=(unconfined) {\\n  userns,\\n}\\n' | " +
      'sudo tee /etc/apparmor.d/bwrap && sudo apparmor_parser -r /etc/apparmor.d/bwrap. Or install Docker.',
  },
  {
    words: /bwrap: Unknown option/i,
    message: 'This bubblewrap is too old: 0.8.0 or newer is needed.',
    cure: 'Upgrade it, or install Docker.',
  },
  {
    words: /setpriv: (unrecognized|invalid) option/,
    message: 'The command setpriv is too old to give up root safely.',
    cure: 'Run the host as an ordinary user, upgrade util-linux, or install Docker.',
  },
];

function isInside(path: string, directory: string): boolean {
  const between = relative(directory, path);
  return between !== '' && !between.startsWith('..') && !isAbsolute(between) && join(directory, between) === path;
}
