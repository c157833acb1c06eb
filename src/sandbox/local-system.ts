import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { NanoclawError } from '../model/errors.ts';
import { bubblewrapProblem, installBubblewrap, programIn, thisUser } from './cures.mjs';
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
  const bwrap = programIn(searchPath, 'bwrap');
  if (!bwrap) {
    const cure = installBubblewrap(thisUser(searchPath));
    throw new NanoclawError('sandbox.unavailable', 'bubblewrap is not installed.', { cure });
  }
  if (!isRoot) return { bwrap: realpathSync(bwrap), setpriv: undefined };
  const setpriv = programIn(searchPath, 'setpriv');
  if (setpriv) return { bwrap: realpathSync(bwrap), setpriv: realpathSync(setpriv) };
  const cure = 'Install util-linux, or run the host as an ordinary user.';
  throw new NanoclawError('sandbox.unavailable', 'The command setpriv is missing: root cannot be given up.', { cure });
}

/** Turns the words of a bubblewrap that could not start into a sentence and its cure. */
export function localProblem(stderr: string, searchPath: string): NanoclawError {
  const { says, cure } = bubblewrapProblem(thisUser(searchPath), stderr);
  return new NanoclawError('sandbox.unavailable', says, { cure });
}

function isInside(path: string, directory: string): boolean {
  const between = relative(directory, path);
  return between !== '' && !between.startsWith('..') && !isAbsolute(between) && join(directory, between) === path;
}
