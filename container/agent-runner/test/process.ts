import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../src/index.ts', import.meta.url));

/** The runner as a program of its own, as a sandbox starts it. */
export function spawnRunner(places: object, environment: Record<string, string | undefined>): ChildProcess {
  return spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program, JSON.stringify(places)], {
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

export function exitOf(child: ChildProcess): Promise<number | string | null> {
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
}

/** As `exitOf`, once everything it said has been read as well. */
export function endOf(child: ChildProcess): Promise<number | string | null> {
  return new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
}

/** Processes whose environment holds `entry` and whose command line holds `words`. */
export function processesWith(entry: string, words: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => read(`/proc/${pid}/environ`).split('\0').includes(entry))
    .filter((pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').includes(words))
    .map(Number);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process is gone, or not ours.
    return '';
  }
}
