// Two starts of a fresh clone must not install at once: each npm removes what the other one has just written.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { InstallError } from './install-error.mjs';

/**
 * Waits for whoever installs into `folder` already. The lock of a process that has died is taken over.
 * @param {string} folder
 * @param {{ log: (line: string) => void, signal?: AbortSignal | undefined }} options
 */
export async function holdInstallLock(folder, { log, signal }) {
  const file = path.join(folder, '.install-lock');
  for (let told = false; ; ) {
    const holder = take(file);
    if (holder === undefined) return { release: () => rmSync(file, { force: true }) };
    if (!lives(holder)) {
      takeFromDead(file, holder);
      continue;
    }
    if (!told) log(`Another command (pid ${holder}) is installing here already; waiting for it …`);
    told = true;
    await pause(300);
    signal?.throwIfAborted();
  }
}

/** Undefined once it is ours, else who has it. */
function take(file) {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return undefined;
  } catch (error) {
    if (error.code === 'EEXIST') return holderOf(file);
    throw new InstallError(
      `${path.dirname(file)} cannot be written (${error.code}), but something has to be installed there once. Run this once as its owner, or make a clone of your own.`,
    );
  }
}

/** Several may find the same dead holder: one gets its lock out of the way, and nobody that of a living one. */
function takeFromDead(file, holder) {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    // Somebody was quicker and holds it by now.
    if (holderOf(aside) !== holder) linkSync(aside, file);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function holderOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    // Given back between the two looks.
    if (error.code === 'ENOENT') return -1;
    throw error;
  }
}

function lives(pid) {
  // Not written yet, or gone already: look again.
  if (!(pid > 0)) return pid === 0;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
