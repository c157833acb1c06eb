// Programs that may take minutes (npm, an image build), each in a process group of its own: it ends with all that it has
// started, when we say so and when we are gone, however that came about.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * Descriptor 3 is held by us alone: its end means that the group is to end. Who does not obey within five seconds is killed.
 * The shell itself stays until the program has ended, so that its end is the program's.
 */
const guarded = `
trap : TERM
{ read -r _ <&3; trap '' TERM; kill -TERM 0; sleep 5; kill -KILL 0; } >/dev/null 2>&1 &
guard=$!
"$@" 3<&-
code=$?
kill "$guard" 2>/dev/null
exit "$code"`;

/**
 * Resolves with the exit code and the last 64 kB of what the program said; `onLine` gets each line at once. When `signal` is
 * aborted the whole group is ended, and it resolves once that is done. It has nothing on its standard input.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, signal?: AbortSignal | undefined, onLine?: (line: string) => void }} [options]
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export function runInGroup(command, args, { cwd, env = process.env, signal, onLine } = {}) {
  signal?.throwIfAborted();
  const child = spawn('/bin/sh', ['-c', guarded, 'sh', command, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output = (output + chunk).slice(-64_000);
    });
    // What it says of its own end is no news.
    if (onLine) createInterface({ input: stream }).on('line', (line) => signal?.aborted || onLine(line));
  }
  const hold = child.stdio[3];
  // It may end before we let go of it.
  hold.on('error', () => hold.destroy());
  const stop = () => hold.destroy();
  signal?.addEventListener('abort', stop);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // Whoever was ended may have left children that hold its output open.
    child.once('exit', (code) => {
      if (!signal?.aborted) return;
      killGroup(child.pid);
      resolve({ code, output });
    });
    child.once('close', (code) => resolve({ code, output }));
  }).finally(() => {
    signal?.removeEventListener('abort', stop);
    hold.destroy();
  });
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // Nobody is left, which is what was wanted (macOS says EPERM of those that are only waited for).
    if (error.code !== 'ESRCH' && error.code !== 'EPERM') throw error;
  }
}
