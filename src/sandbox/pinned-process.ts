import { readFileSync } from 'node:fs';
import { systemCode } from '../model/errors.ts';

/** A process of this machine, told from a later one that got its number. Linux. */
export class Pinned {
  readonly #pid: number;
  readonly #startedAt: string | undefined;

  constructor(pid: number) {
    this.#pid = pid;
    this.#startedAt = look(pid)?.startedAt;
  }

  /** A dead one that nobody has asked for yet is dead. */
  lives(): boolean {
    const seen = look(this.#pid);
    return seen !== undefined && seen.startedAt === this.#startedAt && !'ZX'.includes(seen.state);
  }

  kill(): void {
    if (!this.lives()) return;
    try {
      process.kill(this.#pid, 'SIGKILL');
    } catch (error) {
      if (systemCode(error) !== 'ESRCH') throw error;
    }
  }
}

function look(pid: number): { state: string; startedAt: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name before it may hold anything, spaces and brackets included.
    const [state, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const startedAt = rest[18];
    return state === undefined || startedAt === undefined ? undefined : { state, startedAt };
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}
