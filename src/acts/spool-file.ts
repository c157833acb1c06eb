import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { mimeOfName } from '../lib/mime.ts';
import { type Refusal, SafeDirectory } from '../lib/safe-files.ts';
import { hasCode } from '../model/errors.ts';
import type { SpooledFile } from '../store/outbox-row.ts';
import type { Store } from '../store/store.ts';
import { shownFileName } from '../text/file-name.ts';

/** Where an agent's folder is inside. */
const inside = '/workspace/group';

/**
 * No more is taken for a chat while so much waits for it. An agent that asks for many large files would otherwise fill the
 * disk, and hold up everybody else: a copy of 50 MB takes tens of milliseconds, and nothing else happens meanwhile.
 */
const waitingBytes = 100_000_000;
const waitingFiles = 50;

export type Spooling = { ok: true; file: SpooledFile } | { ok: false; reason: Refusal['reason'] | 'empty' };

/** `path` as an agent writes it, absolute or relative to its folder; its components, or undefined when it leads out. */
export function partsInFolder(path: string): string[] | undefined {
  const absolute = posix.resolve(inside, path);
  return absolute.startsWith(`${inside}/`) ? absolute.slice(inside.length + 1).split('/') : undefined;
}

/**
 * Copies an agent's file to where only the host reaches it, so that what is delivered is what stood there when it was asked
 * for. No link is followed at any component. `key` is the outbox's: a request that is done again, because its transaction was
 * undone, replaces its own copy. One that no row names is removed at the next start.
 */
export function spoolFile(
  parts: readonly string[],
  from: { key: string; folder: string; spoolDirectory: string; maxBytes: number },
): Spooling {
  const name = parts.at(-1) ?? '';
  const as = createHash('sha256').update(from.key).digest('hex').slice(0, 32);
  try {
    mkdirSync(from.spoolDirectory, { recursive: true, mode: 0o700 });
    using source = SafeDirectory.open(from.folder, ...parts.slice(0, -1));
    using spool = SafeDirectory.open(dirname(from.spoolDirectory), basename(from.spoolDirectory));
    const copied = source.copyTo(name, { into: spool, as, maxBytes: from.maxBytes });
    if (!copied.ok) return copied;
    if (copied.bytes > 0) return { ok: true, file: { path: as, name: shownFileName(name), mime: mimeOfName(name) } };
    spool.remove(as);
    return { ok: false, reason: 'empty' };
  } catch (error) {
    if (hasCode(error, 'files.missing') || hasCode(error, 'files.bad-name')) return { ok: false, reason: 'missing' };
    if (hasCode(error, 'files.unsafe')) return { ok: false, reason: 'unsafe' };
    throw error;
  }
}

/** True when a chat has as many files waiting to be sent as it may have. */
export function isSpoolFull(store: Store, at: { jid: string; spoolDirectory: string }): boolean {
  const waiting = store.outbox.filesFor(at.jid);
  const sizes = waiting.map(({ path }) => lstatSync(join(at.spoolDirectory, path), { throwIfNoEntry: false })?.size);
  return waiting.length >= waitingFiles || sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) >= waitingBytes;
}
