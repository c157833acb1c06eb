// Programs the tests start: each in a process group of its own, so that it can be ended with all its children
// and nothing else ever is.
import { spawn } from 'node:child_process';

const running = new Set();

/** Runs one program on our own output. Resolves with its exit code, or the signal that ended it. */
export function run(command, args, { cwd, minutes, env = process.env } = {}) {
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
  running.add(child);
  const deadline = setTimeout(() => {
    console.log(`✗ ${command} ${args[0] ?? ''} did not end within ${minutes} min and is stopped`);
    end(child);
  }, minutes * 60_000);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal));
  }).finally(() => {
    clearTimeout(deadline);
    // What the program left behind in its group is ours as well.
    end(child);
    running.delete(child);
  });
}

export function endPrograms() {
  for (const child of running) end(child);
}

function end(child) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
