import { fchownSync, fstatSync, lchownSync, lstatSync, type Stats, statfsSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { hasCode, systemCode } from '../model/errors.ts';
import { DirectoryHandle } from './directory-handle.ts';
import type { Owner } from './safe-files.ts';

/** Each level holds two descriptors. Whatever is nested deeper was made by the agent, and is its own already. */
const deepest = 100;

/** How Linux names an overlay in `statfs`. */
const overlayMagic = 0x794c7630;

/**
 * Gives the directory and everything below it to `owner`, for a host that runs as root and containers that do not.
 * A link changes hands itself, its target never. Left alone: other file systems, devices, plain files with more than
 * one name (the other may be outside), names that are not UTF-8. Other work goes on meanwhile. A race cannot widen
 * this on Linux (hard links: see SafeDirectory). Returns how many changed hands.
 * Throws files.missing, files.unsafe, and the system's EPERM where the host may not.
 */
export async function giveTree(root: string, options: { parts: readonly string[]; owner: Owner }): Promise<number> {
  using top = DirectoryHandle.open(root, options.parts);
  const walk = { owner: options.owner, device: fstatSync(top.fd).dev, overlay: isOverlay(top.self()), changed: 0 };
  await giveDirectory(top, walk, 0);
  return walk.changed;
}

/** `overlay`: as in a container without a volume; there a file has the number of the layer it comes from, a directory that of the whole. */
type Walk = { owner: Owner; device: number; overlay: boolean; changed: number };

async function giveDirectory(directory: DirectoryHandle, walk: Walk, depth: number): Promise<void> {
  for await (const { name } of await opendir(directory.self(), { bufferSize: 256 })) {
    if (name.includes('\ufffd')) continue;
    const stats = lstatSync(directory.entry(name), { throwIfNoEntry: false });
    if (!stats || isElsewhere(directory.entry(name), stats, walk)) continue;
    if (stats.isDirectory()) await giveBelow(directory, name, { walk, depth: depth + 1 });
    else giveEntry(directory.entry(name), stats, walk);
  }
  const stats = fstatSync(directory.fd);
  if (!needsGiving(stats, walk)) return;
  fchownSync(directory.fd, walk.owner.uid, walk.owner.gid);
  walk.changed++;
}

async function giveBelow(parent: DirectoryHandle, name: string, at: { walk: Walk; depth: number }): Promise<void> {
  if (at.depth > deepest) return;
  using child = openIfStillThere(parent, name);
  if (child) await giveDirectory(child, at.walk, at.depth);
}

/** On another file system, which is nobody's to give. */
function isElsewhere(path: string, stats: Stats, { device, overlay }: Walk): boolean {
  if (stats.dev === device) return false;
  if (!overlay || stats.isDirectory()) return true;
  // A link is no place where anything could be mounted; a file can be one.
  return !stats.isSymbolicLink() && !isOverlay(path);
}

function isOverlay(path: string): boolean {
  try {
    return statfsSync(path).type === overlayMagic;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function openIfStillThere(parent: DirectoryHandle, name: string): DirectoryHandle | undefined {
  try {
    return parent.child(name);
  } catch (error) {
    if (hasCode(error, 'files.missing') || hasCode(error, 'files.unsafe')) return undefined;
    throw error;
  }
}

function giveEntry(path: string, seen: Stats, walk: Walk): void {
  if (!needsGiving(seen, walk)) return;
  try {
    lchownSync(path, walk.owner.uid, walk.owner.gid);
    walk.changed++;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

function needsGiving(stats: Stats, walk: Walk): boolean {
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return false;
  if (stats.isFile() && stats.nlink > 1) return false;
  return stats.uid !== walk.owner.uid || stats.gid !== walk.owner.gid;
}
