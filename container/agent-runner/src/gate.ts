import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

export interface GateOptions {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly limitMs: number;
  /** Ends the script with everything it started in its process group. */
  readonly signal: AbortSignal;
}

export type GateAnswer =
  /** `data` is undefined when the script gave none. */
  | { readonly type: 'wake'; readonly data: unknown }
  | { readonly type: 'skip' }
  | { readonly type: 'stopped' }
  /** Why there is no answer, in a sentence without its full stop. */
  | { readonly type: 'failed'; readonly reason: string };

const mostOutput = 1024 * 1024;
/** What is kept of the words for a failure. */
const mostWords = 500;
/** How long output is waited for after the end: what cut loose from the script may hold it open for ever. */
const lastWordsMs = 500;

const verdict = z.object({ wakeAgent: z.boolean(), data: z.unknown().optional() });

/** Runs a task's script and reads from its last line whether the agent is to be woken. */
export async function askGate(script: string, options: GateOptions): Promise<GateAnswer> {
  const directory = mkdtempSync(join(tmpdir(), 'gate-'));
  try {
    const file = join(directory, 'script.sh');
    writeFileSync(file, script);
    return answerOf(await run(file, options), options);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly cutShort: 'time' | 'output' | 'stop' | undefined;
}

function run(file: string, { cwd, environment, limitMs, signal }: GateOptions): Promise<Run> {
  // A process group of its own, so that all of it can be ended.
  const child = spawn('bash', [file], { cwd, env: environment, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let cutShort: Run['cutShort'];
  let stdout = '';
  let stderr = '';
  const end = (why: Run['cutShort']) => {
    cutShort ??= why;
    killGroup(child);
  };
  const stop = () => end('stop');
  const timer = setTimeout(() => end('time'), limitMs);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (stdout.length <= mostOutput) return;
    stdout = '';
    end('output');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-8 * mostWords);
  });
  child.once('exit', () => {
    killGroup(child);
    setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, lastWordsMs).unref();
  });
  return new Promise<Run>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr, cutShort }));
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    const wasQuicker = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (!wasQuicker) throw error;
  }
}

function answerOf({ code, stdout, stderr, cutShort }: Run, { limitMs }: GateOptions): GateAnswer {
  const words = lastWords(stderr);
  const failed = (what: string): GateAnswer => {
    return { type: 'failed', reason: `the task's script ${what}${words === '' ? '' : `; it said: ${words}`}` };
  };
  switch (cutShort) {
    case 'stop':
      return { type: 'stopped' };
    case 'time':
      return failed(`did not end within ${limitMs / 1000} s`);
    case 'output':
      return failed('printed more than 1 MiB');
    case undefined:
      break;
  }
  if (code !== 0) return failed(code === null ? 'was killed' : `ended with exit code ${code}`);
  const line = stdout.trimEnd().split('\n').at(-1)?.trim() ?? '';
  if (line === '') return failed('printed nothing; its last line must be JSON like {"wakeAgent": true}');
  const parsed = verdict.safeParse(parseJson(line));
  if (!parsed.success) return failed(`must end with a line like {"wakeAgent": true}, but it ends with: ${cut(line)}`);
  return parsed.data.wakeAgent ? { type: 'wake', data: parsed.data.data } : { type: 'skip' };
}

function lastWords(stderr: string): string {
  const lines = stderr.trim().split('\n').slice(-3);
  return cut(lines.map((line) => line.trim()).join(' / '));
}

function cut(text: string): string {
  return text.length > mostWords ? `…${text.slice(-mostWords)}` : text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON is no answer; the reader says so.
    return undefined;
  }
}
