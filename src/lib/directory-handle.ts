import { closeSync, constants, fstatSync, lstatSync, openSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { NanoclawError, systemCode } from '../model/errors.ts';

/** Open flag of macOS: no link at any component of the path. Unknown bits are ignored by other systems' open(2). */
const noFollowAny = 0x20000000;

/** Added to every open of something an agent may have put there. */
export const noFollow = constants.O_NOFOLLOW | (process.platform === 'darwin' ? noFollowAny : 0);

/** A file descriptor that closes with its block. */
export function openFile(path: string, flags: number, mode?: number): Disposable & { fd: number } {
  const fd = openSync(path, flags, mode);
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}

/**
 * An open directory and the addresses of its entries; for safe-files and give-tree only.
 *
 * On Linux an address goes through the file descriptor, so renaming or replacing any directory above changes nothing:
 * an address always means the directory that was opened. Elsewhere addresses are paths, checked component by component
 * against the opened directory each time one is made. A swap between that check and the call is then possible for
 * unlink, rename and mkdir (on macOS not for open, which refuses links at every component by itself).
 */
export class DirectoryHandle implements Disposable {
  readonly #path: string;
  readonly #linux: boolean;
  #fd: number;

  private constructor(fd: number, path: string, linux: boolean) {
    this.#fd = fd;
    this.#path = path;
    this.#linux = linux;
  }

  /** Links in `root` itself are followed: it is trusted. `platform` is there for tests. */
  static open(root: string, parts: readonly string[], platform: string = process.platform): DirectoryHandle {
    let handle = DirectoryHandle.#openRoot(root, platform === 'linux');
    for (const part of parts) {
      using parent = handle;
      handle = parent.child(part);
    }
    return handle;
  }

  static #openRoot(root: string, linux: boolean): DirectoryHandle {
    try {
      const path = realpathSync(root);
      return new DirectoryHandle(openSync(path, constants.O_RDONLY | constants.O_DIRECTORY), path, linux);
    } catch (cause) {
      throw asFilesError(cause, root);
    }
  }

  /** Opens a directory in this one. Throws files.missing, or files.unsafe for a link and anything else. */
  child(name: string): DirectoryHandle {
    const address = this.entry(name);
    const path = join(this.#path, name);
    try {
      const fd = openSync(address, constants.O_RDONLY | constants.O_DIRECTORY | noFollow);
      return new DirectoryHandle(fd, path, this.#linux);
    } catch (cause) {
      throw asFilesError(cause, path);
    }
  }

  get fd(): number {
    // The number of a closed descriptor soon belongs to something else.
    if (this.#fd < 0) throw new Error(`${this.#path} was used after it was closed`);
    return this.#fd;
  }

  /** For sentences only: what it was called when it was opened. */
  get path(): string {
    return this.#path;
  }

  /** The directory itself. */
  self(): string {
    if (this.#linux) return `/proc/self/fd/${this.fd}`;
    const opened = fstatSync(this.fd);
    const there = lstatSync(this.#path, { throwIfNoEntry: false });
    const same = there?.ino === opened.ino && there.dev === opened.dev && realpathSync(this.#path) === this.#path;
    if (!same) throw unsafe(this.#path, undefined);
    return this.#path;
  }

  /** One entry of it. Throws files.bad-name for anything but a single component. */
  entry(name: string): string {
    const tooLong = Buffer.byteLength(name) > 255;
    if (name === '' || name === '.' || name === '..' || tooLong || /[/\0]/.test(name) || !name.isWellFormed()) {
      throw new NanoclawError('files.bad-name', `${JSON.stringify(name.slice(0, 80))} is not the name of one file.`);
    }
    return `${this.self()}/${name}`;
  }

  [Symbol.dispose](): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}

/** What an agent can cause becomes files.missing or files.unsafe; what it cannot (disk full, too many open files) stays. */
export function asFilesError(cause: unknown, label: string): unknown {
  const code = systemCode(cause) ?? '';
  if (code === 'ENOENT') return new NanoclawError('files.missing', `${label} does not exist.`, { cause });
  return hostileCodes.has(code) ? unsafe(label, cause) : cause;
}

function unsafe(label: string, cause: unknown): NanoclawError {
  const cure = 'Look what stands there; once it is moved away, it is made again.';
  const message = `${label} cannot be used: it is closed to the host, or a link or something else stands in its place.`;
  return new NanoclawError('files.unsafe', message, { cause, cure });
}

/** Every way in which something in the wrong place, or closed, answers. */
export const hostileCodes: ReadonlySet<string> = new Set([
  ...['ELOOP', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY', 'ENXIO', 'ENODEV', 'EBUSY', 'EXDEV'],
  ...['EACCES', 'EPERM', 'EAGAIN', 'ETXTBSY', 'ESTALE'],
]);
