import { spawn } from 'node:child_process';

export interface ProgramOptions {
  /** All that the program gets of an environment; without it, ours. */
  readonly env?: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
  /** Where it runs; without it, where we do. */
  readonly directory?: string;
  readonly signal?: AbortSignal | undefined;
  /** In a process group of its own: a Ctrl-C in the terminal is not for it. */
  readonly ownGroup?: boolean;
}

export interface ProgramEnd {
  /** Its own exit code; undefined when it did not run, or did not end by itself. */
  readonly code: number | undefined;
  /** Without the last line's end. */
  readonly stdout: string;
  readonly stderr: string;
  /** It was killed because the time was over. */
  readonly timedOut: boolean;
  /** Why it did not run. */
  readonly error?: NodeJS.ErrnoException;
}

/**
 * One program from its start to its end, with nothing on its standard input. Rejects only where the system can begin no
 * program at all (no memory, arguments too long).
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramEnd> {
  const { env, deadlineMs, directory, signal, ownGroup = false } = options;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: ownGroup,
    killSignal: 'SIGKILL',
    ...(env ? { env } : {}),
    ...(directory === undefined ? {} : { cwd: directory }),
    ...(deadlineMs === undefined ? {} : { timeout: deadlineMs }),
    ...(signal ? { signal } : {}),
  });
  const said = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    said.stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    said.stderr += chunk;
  });
  return new Promise((resolve) => {
    let failure: NodeJS.ErrnoException | undefined;
    const end = (code: number | null) =>
      resolve({
        code: code ?? undefined,
        stdout: said.stdout.replace(/\r?\n$/, ''),
        stderr: said.stderr.replace(/\r?\n$/, ''),
        timedOut: child.killed && signal?.aborted !== true,
        ...(failure ? { error: failure } : {}),
      });
    child.once('error', (error) => {
      failure = error;
      if (child.pid === undefined) end(null);
    });
    // Whoever was killed may have left children that hold its output open.
    child.once('exit', (code) => {
      if (child.killed) end(code);
    });
    child.once('close', end);
  });
}
