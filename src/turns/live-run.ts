import type { Readable } from 'node:stream';
import type { TypedFrame } from '../../protocol/frames.ts';
import type { StartLine } from '../../protocol/start.ts';
import type { Mailbox } from '../ipc/mailbox.ts';
import { type Clock, pause } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { untilAborted } from '../lib/until-aborted.ts';
import type { Group } from '../model/group.ts';
import { LineCutter } from '../text/lines.ts';
import { FrameReader } from './frame-reader.ts';
import type { Launched } from './parts.ts';
import { RunLog } from './run-log.ts';

// Longer than the runner's own 30 s farewell, or we would kill it while it saves its session.
const farewellMs = 35_000;
/** A longer line of stderr is not kept. */
const logLineLimit = 64 * 1024;
/** Frames of one container that are complained of. */
const mostComplaints = 20;

export type LiveFrame = TypedFrame | BareFrame;
export interface BareFrame {
  readonly type?: undefined;
  readonly status: 'success' | 'error';
  readonly result: string | null;
  readonly newSessionId?: string | undefined;
  readonly error?: string | undefined;
}

interface LiveRunOptions {
  readonly group: Group;
  readonly runId: string;
  readonly launched: Launched;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxOutputBytes: number;
  readonly onFrame: (frame: LiveFrame) => void;
}

/** One living container of a group, as the turns see it: start line, bells, frames, and its end. */
export class LiveRun {
  readonly #options: LiveRunOptions;
  readonly #runLog: RunLog;
  readonly #gaveUp = new AbortController();
  #farewell: Disposable | undefined;
  #closing = false;
  #endedByUs = false;
  #complaints = 0;
  /** Last SDK message or tool progress, host's clock. */
  signAt: number;
  /** Since when no turn runs in it. */
  idleSince: number;
  /** Made ahead of any message, and none has come yet. */
  ahead = false;
  /** Background work of the agent still going on, by its own word. */
  background = 0;
  /** The runner's last words, when it said why it cannot go on. */
  lastError: { code: string; message: string } | undefined;
  readonly exited: Promise<{ code: number | null; endedByUs: boolean }>;

  constructor(options: LiveRunOptions) {
    this.#options = options;
    const { run, logPath } = options.launched;
    this.#runLog = new RunLog(logPath, { maxBytes: options.maxOutputBytes, log: options.log });
    this.signAt = options.clock.now();
    this.idleSince = options.clock.now();
    this.#listenToStdout(run.stdout);
    this.#listenToStderr(run.stderr);
    this.exited = this.#watchExit();
  }

  get group(): Group {
    return this.#options.group;
  }

  get runId(): string {
    return this.#options.runId;
  }

  get mailbox(): Mailbox {
    return this.#options.launched.mailbox;
  }

  get closing(): boolean {
    return this.#closing;
  }

  /** Nothing it did lies ahead. */
  followClock(now: number): void {
    this.signAt = Math.min(this.signAt, now);
    this.idleSince = Math.min(this.idleSince, now);
  }

  begin(line: StartLine): void {
    this.#options.launched.run.stdin.write(`${JSON.stringify(line)}\n`);
  }

  /** There is something new in the mailbox. */
  ring(): void {
    if (this.#options.launched.run.stdin.writable) this.#options.launched.run.stdin.write('\n');
  }

  /** No input is written to it from now on; it finishes what it has and goes. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#endedByUs = true;
    this.mailbox.askToClose();
    this.ring();
    this.#farewell = this.#options.clock.after(farewellMs, () => void this.kill({ endedByUs: true }));
  }

  /**
   * Ends it with everything it started; tried again while the engine does not answer. Resolves when it is gone, or by
   * `giveUp`.
   */
  async kill(options: { endedByUs: boolean }): Promise<void> {
    this.#closing = true;
    this.#endedByUs ||= options.endedByUs;
    const { clock, log, launched } = this.#options;
    const { signal } = this.#gaveUp;
    do {
      try {
        return await untilAborted(launched.run.kill(signal), signal);
      } catch (error) {
        log.error({ err: error, group: this.group.folder, run: this.runId }, 'a container could not be ended');
      }
    } while (await pause(clock, 5_000, signal));
  }

  /** The host can wait no longer. */
  giveUp(): void {
    this.#gaveUp.abort();
  }

  /** Lets go of it without ending it: it is the next host's. `exited` stays open for ever. */
  detach(): void {
    this.#closing = true;
    this.#farewell?.[Symbol.dispose]();
    this.#options.launched.run.detach();
    this.#runLog.close();
  }

  #listenToStdout(stdout: Readable): void {
    const reader = new FrameReader();
    stdout.on('data', (chunk: Buffer) => {
      for (const output of reader.push(chunk)) {
        if (output.type === 'log') this.#runLog.write('out', output.line);
        else if (output.type === 'bad-frame') this.#complain(output.why);
        else this.#onFrame(output.frame);
      }
      this.#runLog.flush();
    });
  }

  // The host's log is for everybody: one container must not fill it.
  #complain(why: string): void {
    this.#complaints += 1;
    if (this.#complaints > mostComplaints) return;
    const last = this.#complaints === mostComplaints;
    const sentence = last
      ? 'a frame was not understood; more of this container are not told'
      : 'a frame was not understood';
    this.#options.log.warn({ group: this.group.folder, why }, sentence);
  }

  #onFrame(frame: TypedFrame | BareFrame): void {
    if (frame.type !== 'bell') this.signAt = this.#options.clock.now();
    if (frame.type === 'error') this.lastError = { code: frame.code, message: frame.error };
    try {
      this.#options.onFrame(frame);
    } catch (error) {
      // A result's file says the same; the next look takes it.
      this.#options.log.error({ err: error, group: this.group.folder }, 'a frame could not be dealt with');
    }
  }

  #listenToStderr(stderr: Readable): void {
    const lines = new LineCutter(logLineLimit);
    stderr.on('data', (chunk: Buffer) => {
      for (const cut of lines.push(chunk)) {
        this.#runLog.write('err', cut.type === 'line' ? cut.text : '[… a line too long to keep]');
      }
      this.#runLog.flush();
    });
  }

  async #watchExit(): Promise<{ code: number | null; endedByUs: boolean }> {
    const { launched, log, group, runId } = this.#options;
    const exit = await launched.run.exited;
    this.#farewell?.[Symbol.dispose]();
    this.#runLog.write('err', `[ended: code ${exit.code ?? 'none'}, signal ${exit.signal ?? 'none'}]`);
    this.#runLog.close();
    log.info({ group: group.folder, run: runId, ...exit }, 'a container ended');
    await launched.release();
    return { code: exit.code, endedByUs: this.#endedByUs };
  }
}
