// What can be wrong with the database itself; nothing of it is any message's fault.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { NanoclawError, systemCode } from '../model/errors.ts';

/** True when the place, not what is stored, is the reason: later it may go, or once a person has helped. */
export function isOfThePlace(error: unknown): boolean {
  const code = systemCode(error) ?? '';
  return (
    /^SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|PERM|AUTH|NOMEM|PROTOCOL|CORRUPT(?!_VTAB)|NOTADB)/.test(code) ||
    ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM'].includes(code)
  );
}

/** True when what the file says is not to be believed: it is damaged, or its disk gives no answer. A search index can be made anew. */
export function isDamage(error: unknown): boolean {
  return /^SQLITE_(CORRUPT(?!_VTAB)|NOTADB|IOERR_(READ|SHORT_READ|DATA|CORRUPTFS|FSTAT|MMAP))/.test(
    systemCode(error) ?? '',
  );
}

/** True when the disk, not the caller, is the reason. */
export function isDiskFull(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'SQLITE_IOERR_WRITE';
}

/** Why a database cannot be opened, as a sentence with its cure; what is none of these troubles stays as it is. */
export function openingTrouble(path: string, error: unknown): unknown {
  const code = systemCode(error) ?? '';
  const told = (name: string, sentence: string, cure: string) =>
    new NanoclawError(`store.${name}`, sentence, { cure, cause: error });
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code))
    return told('damaged', `${path} is damaged: it is no database that can be read.`, cureOfDamage(path));
  if (/^SQLITE_(BUSY|LOCKED)/.test(code))
    return told('locked', `Another program holds ${path}.`, 'Close it (a database viewer, a backup) and start again.');
  if (/^SQLITE_(FULL|IOERR_WRITE)|^ENOSPC|^EDQUOT/.test(code))
    return told('full', `There is no room left on the disk of ${path}.`, 'Free some and start again.');
  if (/^SQLITE_IOERR_(READ|SHORT_READ|DATA|CORRUPTFS|FSTAT|MMAP)|^EIO/.test(code))
    return told(
      'disk',
      `The disk of ${path} gives errors (${code}).`,
      'See that it is there and sound (dmesg says what the system knows), copy what you can from it, and start again.',
    );
  if (code === 'EROFS')
    return told('closed', `The disk of ${path} can only be read.`, 'Set NANOCLAW_HOME to a directory on another one.');
  if (/^(SQLITE_(READONLY|CANTOPEN|PERM|IOERR)|EACCES|EPERM|ENOTDIR|EEXIST)/.test(code) || error instanceof TypeError)
    return told('closed', `${path} cannot be written${whose(path)}.`, cureOfClosed(path));
  if (code === 'ERR_DLOPEN_FAILED' || (error instanceof Error && /bindings file/.test(error.message))) {
    const sentence = `The database module cannot be loaded by this Node (${process.version}).`;
    return told('module', sentence, 'Build it for this one: npm rebuild better-sqlite3');
  }
  return error;
}

// The copy that was made before the last change of its form is the newest there is.
function cureOfDamage(path: string): string {
  const aside = `mv ${quoted(path)} ${quoted(`${path}.damaged`)} && rm -f ${quoted(`${path}-wal`)} ${quoted(`${path}-shm`)}`;
  const copy = readdirSync(dirname(path))
    .filter((name) => name.startsWith(`${basename(path)}.before-`) && /\d$/.test(name))
    .sort((a, b) => Number(b.split('-').at(-1)) - Number(a.split('-').at(-1)))[0];
  if (copy === undefined) return `Put your backup in its place, or begin anew (what was said is lost): ${aside}`;
  const from = join(dirname(path), copy);
  const day = statSync(from).mtime.toISOString().slice(0, 10);
  return `Put your backup in its place, or the copy of ${day}: ${aside} && cp ${quoted(from)} ${quoted(path)}`;
}

function cureOfClosed(path: string): string {
  return `See that ${dirname(path)} is a directory in which this user may write, and everything in it too: sudo chown -R "$(id -un)" ${quoted(dirname(path))}`;
}

function whose(path: string): string {
  const there = existsSync(path) ? path : dirname(path);
  const owner = statSync(there, { throwIfNoEntry: false })?.uid;
  const ours = process.getuid?.();
  return owner === undefined || owner === ours ? '' : `: it belongs to the user ${owner}, and the host runs as ${ours}`;
}

export function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
