import { randomBytes } from 'node:crypto';
import {
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  readSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { systemCode } from '../model/errors.ts';
import { asFilesError, DirectoryHandle, hostileCodes, noFollow, openFile } from './directory-handle.ts';

export type Refusal = { ok: false; reason: 'missing' | 'unsafe' | 'too-large' | 'unreadable'; detail: string };
export type Reading = { ok: true; text: string } | Refusal;
export type Copying = { ok: true; bytes: number } | Refusal;
export type Owner = { uid: number; gid: number };
/** `owner` is for a host that runs as root and gives what it makes to the container's user. */
export type NewEntry = { mode?: number; owner?: Owner | undefined };

/**
 * A directory that a hostile agent may rewrite at any moment, also while we use it.
 *
 * Promises: no link is followed at any component; only plain files with one name are read, never more than the cap;
 * nothing blocks (FIFO, socket, device, leased file); nothing outside is written, changed or removed. Once opened it
 * stays the same directory, whatever is renamed above it. On Linux all of this holds against a race;
 * what is weaker elsewhere stands at `DirectoryHandle`.
 *
 * Hard links: whoever can link a file from outside into here, and races our look by unlinking it, can be read as if it
 * were plain. The wall against that is the mount: link(2) does not cross it, so a directory must be mounted into a
 * sandbox by itself, never together with anything that is not the agent's. Refusing second names is the second wall.
 *
 * Names are single components: anything else throws files.bad-name. What an agent can cause is returned by `read`,
 * `copyTo` and `remove`, and thrown by the others as files.unsafe or files.missing; a full disk is thrown as the
 * system's own error. Synchronous: a small file takes tens of microseconds.
 */
export class SafeDirectory implements Disposable {
  readonly #handle: DirectoryHandle;

  private constructor(handle: DirectoryHandle) {
    this.#handle = handle;
  }

  /** `root` is trusted: a path no agent can write to. Each of `parts` must be a real directory in the one before. */
  static open(root: string, ...parts: string[]): SafeDirectory {
    return new SafeDirectory(DirectoryHandle.open(root, parts));
  }

  /**
   * Names of whatever is here, in code-unit order. At most `limit` entries are looked at, whichever the file system
   * names first; names that are not UTF-8 are left out (and count).
   */
  list(limit: number): string[] {
    const names: string[] = [];
    try {
      const directory = opendirSync(this.#handle.self(), { bufferSize: 256 });
      using _closing = { [Symbol.dispose]: () => directory.closeSync() };
      for (let seen = 0; seen < limit; seen++) {
        const entry = directory.readSync();
        if (entry === null) break;
        if (!entry.name.includes('\ufffd')) names.push(entry.name);
      }
    } catch (cause) {
      throw asFilesError(cause, this.#handle.path);
    }
    return names.sort();
  }

  /** Something of that name is here, whatever it is: a link too, wherever it leads. */
  has(name: string): boolean {
    const path = this.#handle.entry(name);
    try {
      return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    } catch (cause) {
      throw asFilesError(cause, `${this.#handle.path}/${name}`);
    }
  }

  /** The whole file as text. A file that is being written gives what is there. */
  read(name: string, maxBytes: number): Reading {
    const chunks: Buffer[] = [];
    const refusal = this.#drain(name, maxBytes, (chunk) => chunks.push(chunk));
    return refusal ?? { ok: true, text: Buffer.concat(chunks).toString('utf8') };
  }

  /** Copies the bytes into a new file of the host's own; the agent keeps no hold on it. `as` is replaced. */
  copyTo(name: string, to: NewEntry & { into: SafeDirectory; as: string; maxBytes: number }): Copying {
    let refusal: Refusal | undefined;
    let bytes = 0;
    to.into.#put(to.as, to, (fd) => {
      refusal = this.#drain(name, to.maxBytes, (chunk) => {
        bytes += chunk.length;
        writeFileSync(fd, chunk);
      });
      return refusal === undefined;
    });
    return refusal ?? { ok: true, bytes };
  }

  /**
   * Whole or not at all: a new file (mode 0600) is renamed over `name`, so a link there is replaced, never written
   * through. Not synced to the disk: what has to survive a power cut stands in the database. A crash in between leaves
   * a `.<random>.tmp`.
   */
  write(name: string, content: string | Uint8Array, options: NewEntry = {}): void {
    this.#put(name, options, (fd) => {
      writeFileSync(fd, content);
      return true;
    });
  }

  /** Removes the entry itself, never what it points to. True: nothing is there now. False: a directory, or not allowed. */
  remove(name: string): boolean {
    const path = this.#handle.entry(name);
    try {
      unlinkSync(path);
      return true;
    } catch (error) {
      const code = systemCode(error) ?? '';
      if (code === 'ENOENT') return true;
      if (hostileCodes.has(code)) return false;
      throw error;
    }
  }

  /** Opens the directory `name`, made first (mode 0700) where it is missing. One that exists keeps its mode. */
  makeDirectory(name: string, options: NewEntry = {}): SafeDirectory {
    const made = this.#mkdir(name);
    const handle = this.#handle.child(name);
    try {
      if (made) fchmodSync(handle.fd, options.mode ?? 0o700);
      if (options.owner) give(handle.fd, options.owner);
      return new SafeDirectory(handle);
    } catch (error) {
      handle[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#handle[Symbol.dispose]();
  }

  #mkdir(name: string): boolean {
    const path = this.#handle.entry(name);
    try {
      mkdirSync(path, { mode: 0o700 });
      return true;
    } catch (cause) {
      if (systemCode(cause) === 'EEXIST') return false;
      throw asFilesError(cause, `${this.#handle.path}/${name}`);
    }
  }

  /** Hands the file's bytes to `take`, or says why not; some may have been handed over by then. */
  #drain(name: string, maxBytes: number, take: (chunk: Buffer) => void): Refusal | undefined {
    const path = this.#handle.entry(name);
    try {
      // Asked first, because opening some devices already does something; decided below, on what was really opened.
      const seen = lstatSync(path, { throwIfNoEntry: false });
      if (!seen) return refuse('missing', 'there is no such file');
      const refusal = refusalOf(seen, maxBytes);
      if (refusal) return refusal;
      const flags = constants.O_RDONLY | noFollow | constants.O_NONBLOCK | constants.O_NOCTTY;
      using file = openFile(path, flags);
      const stats = fstatSync(file.fd);
      return refusalOf(stats, maxBytes) ?? pump(file.fd, { size: stats.size, maxBytes, take });
    } catch (error) {
      const code = systemCode(error) ?? '';
      if (code === 'ENOENT') return refuse('missing', 'there is no such file');
      if (code === 'EACCES' || code === 'EPERM' || code === 'EAGAIN') {
        return refuse('unreadable', `it does not open (${code})`);
      }
      if (hostileCodes.has(code)) return refuse('unsafe', `it is not a plain file (${code})`);
      throw error;
    }
  }

  /** Fills a new private file and renames it over `name`; `fill` returning false, or throwing, leaves nothing behind. */
  #put(name: string, options: NewEntry, fill: (fd: number) => boolean): void {
    const target = this.#handle.entry(name);
    const temporary = `.${randomBytes(8).toString('hex')}.tmp`;
    const mode = options.mode ?? 0o600;
    let kept = false;
    try {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow;
      using file = openFile(this.#handle.entry(temporary), flags, 0o600);
      if (!fill(file.fd)) return;
      // On the descriptor: by name it could be something else by now. The umask has no say.
      fchmodSync(file.fd, mode);
      if (options.owner) give(file.fd, options.owner);
      renameSync(this.#handle.entry(temporary), target);
      kept = true;
    } catch (cause) {
      throw asFilesError(cause, `${this.#handle.path}/${name}`);
    } finally {
      if (!kept) this.remove(temporary);
    }
  }
}

function refuse(reason: Refusal['reason'], detail: string): Refusal {
  return { ok: false, reason, detail };
}

function refusalOf(stats: Stats, maxBytes: number): Refusal | undefined {
  if (!stats.isFile()) return refuse('unsafe', `it is ${kindOf(stats)}, not a plain file`);
  if (stats.nlink > 1) return refuse('unsafe', `it has ${stats.nlink} names`);
  return stats.size > maxBytes ? tooLarge(maxBytes) : undefined;
}

function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return 'a link';
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

function tooLarge(maxBytes: number): Refusal {
  return refuse('too-large', `it is larger than ${maxBytes} bytes`);
}

/** The file may grow while it is read: the cap counts what came, not what fstat said. */
function pump(fd: number, options: { size: number; maxBytes: number; take: (chunk: Buffer) => void }) {
  let total = 0;
  for (;;) {
    const wanted = total === 0 ? Math.min(options.size, 1_048_576) : 65_536;
    const chunk = Buffer.allocUnsafe(Math.min(wanted, options.maxBytes - total) + 1);
    const count = readSync(fd, chunk, 0, chunk.length, null);
    if (count === 0) return undefined;
    total += count;
    if (total > options.maxBytes) return tooLarge(options.maxBytes);
    options.take(chunk.subarray(0, count));
  }
}

function give(fd: number, owner: Owner): void {
  const { uid, gid } = fstatSync(fd);
  if (uid !== owner.uid || gid !== owner.gid) fchownSync(fd, owner.uid, owner.gid);
}
