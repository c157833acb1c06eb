import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { type Frame, frame, frameEnd, frameStart } from '../../../protocol/frames.ts';
import type { ReplyFile, RequestFile, ResultFile, StatusBody } from '../../../protocol/mailbox.ts';
import type { StartLine } from '../../../protocol/start.ts';
import { type Layout, layout } from '../src/layout.ts';
import { runAgent } from '../src/run.ts';
import { HostSide, type SayOptions } from './host-side.ts';

/** Generous: two cores, and others work on the same machine. */
export const deadlineMs = 60_000;

export interface RunnerOptions {
  readonly model: string;
  /** A directory of an earlier runner, to go on in. */
  readonly root?: string;
  readonly start?: Partial<StartLine>;
  readonly layout?: Partial<Layout>;
  /** The host's reply to a request; undefined = silence. */
  readonly reply?: (request: RequestFile) => ReplyFile | undefined;
  /** Called before the start line is sent. */
  readonly prepare?: (host: HostSide) => void;
}

/** A runner in this process with the real SDK behind it, on a mailbox in a temporary directory. */
export async function openRunner(options: RunnerOptions) {
  const host = new HostSide(options.root ?? mkdtempSync(join(tmpdir(), 'runner-')));
  options.prepare?.(host);
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const ending = new AbortController();
  const log: string[] = [];
  stderr.setEncoding('utf8').on('data', (text) => log.push(String(text)));
  const places = { ipc: host.ipc, group: join(host.root, 'group'), global: join(host.root, 'global') };
  const exited = runAgent({
    layout: layout.parse({
      ...places,
      claude: join(host.root, 'claude'),
      skills: join(host.root, 'skills'),
      gateway: join(host.root, 'gw', 'gw.sock'),
      ...options.layout,
    }),
    program: '',
    stdin,
    stdout,
    stderr,
    environment: environmentFor(host.root, options.model),
    signal: ending.signal,
  });
  const frames = collectFrames(stdout, (one) => {
    if (one.type === 'bell') answerRequests(host, options, () => stdin.write('\n'));
    if (one.type === 'result') removeInputs(host, one.answers);
  });
  stdin.write(`${startLineFor(options.start)}\n`);
  return new OpenRunner({ host, stdin, frames, log, ending, exited });
}

export function environmentFor(root: string, model: string): Record<string, string | undefined> {
  const { PATH } = process.env;
  return { PATH, HOME: root, NO_PROXY: '127.0.0.1', ANTHROPIC_BASE_URL: model, ANTHROPIC_API_KEY: 'placeholder' };
}

export function startLineFor(start: Partial<StartLine> = {}): string {
  const settings = { timeZone: 'Europe/Berlin', instructions: 'You are Andy.', modelRetries: 0, streaming: false };
  const base = { v: 1, runId: 'run-1', groupFolder: 'main', chatJid: 'terminal:main', isMain: true };
  return JSON.stringify({ ...base, sessionId: randomUUID(), model: 'claude-sonnet-5', settings, ...start });
}

export function collectFrames(stdout: Readable, hear: (one: Frame) => void): Frame[] {
  const frames: Frame[] = [];
  let rest = '';
  stdout.setEncoding('utf8').on('data', (text) => {
    rest += String(text);
    for (;;) {
      const start = rest.indexOf(frameStart);
      const end = rest.indexOf(frameEnd, start);
      if (start < 0 || end < 0) return;
      const one = frame.parse(JSON.parse(rest.slice(start + frameStart.length, end)));
      rest = rest.slice(end + frameEnd.length);
      frames.push(one);
      hear(one);
    }
  });
  return frames;
}

interface OpenParts {
  readonly host: HostSide;
  readonly stdin: PassThrough;
  readonly frames: readonly Frame[];
  readonly log: readonly string[];
  readonly ending: AbortController;
  readonly exited: Promise<number>;
}

export class OpenRunner implements AsyncDisposable {
  readonly host: HostSide;
  readonly frames: readonly Frame[];
  readonly log: readonly string[];
  readonly exited: Promise<number>;
  readonly #parts: OpenParts;

  constructor(parts: OpenParts) {
    this.#parts = parts;
    this.host = parts.host;
    this.frames = parts.frames;
    this.log = parts.log;
    this.exited = parts.exited;
  }

  ring(): void {
    this.#parts.stdin.write('\n');
  }

  say(text: string, options?: SayOptions): string {
    const id = this.host.say(text, options);
    this.ring();
    return id;
  }

  /** The results so far, once there are this many. */
  results(count: number): Promise<ResultFile[]> {
    return until(`${count} results`, () => (this.host.results().length >= count ? this.host.results() : undefined));
  }

  state(state: StatusBody['state']): Promise<StatusBody> {
    return until(`state ${state}`, () => (this.host.status()?.state === state ? this.host.status() : undefined));
  }

  frame(type: Frame['type']): Promise<Frame> {
    return until(`frame ${type}`, () => this.frames.find((one) => one.type === type));
  }

  /** Asks it to close, and gives the exit code. */
  close(): Promise<number> {
    this.host.write(join('input', '_close'), '');
    this.ring();
    return this.exited;
  }

  abort(): Promise<number> {
    this.#parts.ending.abort();
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.abort();
    this.host[Symbol.dispose]();
  }
}

/** Waits for a fact, not for time. */
export async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const fact = look();
    if (fact !== undefined) return fact;
    if (performance.now() > end) throw new Error(`Waited ${deadlineMs / 1000} s for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function answerRequests(host: HostSide, options: RunnerOptions, ring: () => void): void {
  for (const request of host.requests()) {
    if (request.id === undefined || existsSync(join(host.ipc, 'replies', `${request.id}.json`))) continue;
    const reply = options.reply?.(request);
    if (reply) host.write(join('replies', `${request.id}.json`), JSON.stringify(reply));
  }
  ring();
}

function removeInputs(host: HostSide, ids: readonly string[]): void {
  for (const name of host.files('input')) {
    if (ids.some((id) => name.endsWith(`-${id}.json`))) rmSync(join(host.ipc, 'input', name));
  }
}
