import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { NanoclawError, systemCode } from '../model/errors.ts';

/** How something in the wrong place, or closed to us, answers: nothing helps until a person has moved or opened it. */
const misplaced = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ELOOP']);

/** A system's error about a place of ours as a sentence with its cure; undefined for what passes by itself, and for all else. */
export function placeTrouble(error: unknown, path = pathOf(error)): NanoclawError | undefined {
  const code = systemCode(error) ?? '';
  if (path === undefined || !misplaced.has(code)) return undefined;
  const elsewhere = 'put your data elsewhere: export NANOCLAW_HOME="$HOME/nanoclaw-data", then start again.';
  const told = (sentence: string, cure: string) =>
    new NanoclawError('home.not-writable', sentence, { cure, cause: error });
  if (code === 'EROFS')
    return told(`${path} cannot be written: its disk can only be read.`, `Make it writable, or ${elsewhere}`);
  if (code !== 'EACCES' && code !== 'EPERM') {
    const there = inTheWay(path);
    const mend = `Look what it is and move it away (mv '${there}' '${there}.away'); it is made again. Or ${elsewhere}`;
    return told(`${there} is in the way: there should be a folder of mine, and it is none.`, mend);
  }
  const owner = statSync(nearest(path), { throwIfNoEntry: false })?.uid;
  const whose = owner === process.getuid?.() ? '' : `, it belongs to the user ${owner}`;
  const mend = `Give it to the one I run as (sudo chown -R "$(id -un)" '${nearest(path)}'), or ${elsewhere}`;
  return told(`${path} cannot be written by this user (${code})${whose}.`, mend);
}

function pathOf(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}

/** The first component that is no folder; a link that leads nowhere is seen by nobody but the system. */
function inTheWay(path: string): string {
  const found = nearest(path);
  return statSync(found).isDirectory() ? path : found;
}

function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}
