import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { placeTrouble } from './place-trouble.ts';

const maxBytes = 10 * 1024 * 1024;
const kept = 5;

/**
 * A log destination that starts a new file at 10 MiB and keeps five old ones (`name.1` is the newest). Throws where this
 * user can never write there; a disk that is full or fails costs the log, not the host.
 */
export class LogFile {
  readonly #path: string;
  #fd: number | undefined;
  #size = 0;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      this.#fd = openSync(path, 'a', 0o600);
      this.#size = fstatSync(this.#fd).size;
    } catch (error) {
      const trouble = placeTrouble(error, path);
      if (trouble) throw trouble;
      // A full or failing disk must not keep the host from starting.
      process.stderr.write(`${path} cannot be written, so the log is lost (${String(error)}).\n`);
    }
  }

  /** What is said after the end is not kept. */
  write(line: string): void {
    if (this.#closed || this.#fd === undefined) return;
    try {
      if (this.#size > maxBytes) this.#rotate();
      this.#size += writeSync(this.#fd, line);
    } catch (error) {
      // A full disk must not take the host with it; what cannot be kept is at least said.
      process.stderr.write(`${String(error)} ${line}`);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#fd !== undefined) closeSync(this.#fd);
  }

  #rotate(): void {
    // Opened before anything is moved or closed: where that fails (a full disk), the old file stays what it is.
    const next = openSync(`${this.#path}.next`, 'a', 0o600);
    try {
      for (let n = kept - 1; n >= 1; n--) moveIfThere(`${this.#path}.${n}`, `${this.#path}.${n + 1}`);
      moveIfThere(this.#path, `${this.#path}.1`);
      renameSync(`${this.#path}.next`, this.#path);
    } catch (error) {
      closeSync(next);
      throw error;
    }
    const old = this.#fd;
    this.#fd = next;
    this.#size = fstatSync(next).size;
    if (old !== undefined) closeSync(old);
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
