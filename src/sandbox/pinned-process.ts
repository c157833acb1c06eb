import { readFileSync } from 'node:fs';
import { type Clock, pause } from '../lib/clock.ts';
import { systemCode } from '../model/errors.ts';

/** A process of this machine, told from a later one that got its number. Linux. */
export class Pinned {
  readonly #pid: number;
  readonly #startedAt: string | undefined;

  private constructor(pid: number) {
    this.#pid = pid;
    this.#startedAt = look(pid)?.startedAt;
  }

  /** Undefined where the kernel does not tell, or there is none. */
  static onlyChildOf(parent: number | undefined): Pinned | undefined {
    const pids = parent === undefined ? '' : (readOrUndefined(`/proc/${parent}/task/${parent}/children`) ?? '');
    return /^\d+ $/.test(pids) ? new Pinned(Number(pids)) : undefined;
  }

  /** A dead one that nobody has asked for yet is dead. */
  lives(): boolean {
    const seen = look(this.#pid);
    return seen !== undefined && seen.startedAt === this.#startedAt && !'ZX'.includes(seen.state);
  }

  /** Resolves when it has ended, soon: for one that was killed or is the last of its kind. At most some seconds. */
  async gone(clock: Clock): Promise<void> {
    for (let looks = 0; looks < 1_000 && this.lives(); looks++) {
      // The first turns keep the process alive and take microseconds each; a clock's pause would do neither.
      if (looks < 200) await new Promise((resolve) => setImmediate(resolve));
      else await pause(clock, 5);
    }
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
  const text = readOrUndefined(`/proc/${pid}/stat`) ?? '';
  // The name before it may hold anything, spaces and brackets included.
  const [state, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const startedAt = rest[18];
  return state === undefined || startedAt === undefined ? undefined : { state, startedAt };
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}
