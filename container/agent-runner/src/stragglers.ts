import { readdirSync, readFileSync } from 'node:fs';

/** Of those that were begun while we looked. What is still seen after so many looks is dead and not yet gone. */
const looks = 5;

/**
 * Kills every process that carries `NAME=value` in the environment it was started with: whatever the agent left running,
 * also what cut loose from its parents. Does nothing where there is no /proc.
 */
export function endStragglers(name: string, value: string): void {
  for (let look = 0; look < looks; look += 1) {
    const left = processes().filter((pid) => pid !== process.pid && environmentOf(pid).includes(`${name}=${value}`));
    if (left.length === 0) return;
    for (const pid of left) kill(pid);
  }
}

function processes(): number[] {
  try {
    return readdirSync('/proc')
      .map((entry) => Number(entry))
      .filter((pid) => Number.isInteger(pid) && pid > 1);
  } catch {
    return [];
  }
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    // Gone already, or not ours.
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    const wasQuicker = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (!wasQuicker) throw error;
  }
}
