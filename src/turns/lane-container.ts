import { randomUUID } from 'node:crypto';
import { pause } from '../lib/clock.ts';
import { untilAborted } from '../lib/until-aborted.ts';
import { sentenceOf } from '../model/errors.ts';
import type { Group } from '../model/group.ts';
import { type Failure, failureOfError } from './causes.ts';
import { type LiveFrame, LiveRun } from './live-run.ts';
import type { LaneParts, Launched } from './parts.ts';
import { startLineFor } from './start-line.ts';

// The runner gives its SDK process 5 s to save and go.
const closingMs = 8_000;
/** An engine that works ends a container in a moment; one that does not is not waited for. */
const patienceMs = 10_000;

interface Ended {
  readonly live: LiveRun;
  readonly code: number | null;
  readonly endedByUs: boolean;
}

/** The one container a group may have: being made, alive, or ended and not judged yet. */
export class LaneContainer {
  readonly #parts: LaneParts;
  readonly #onFrame: (frame: LiveFrame) => void;
  readonly #changed: () => void;
  #live: LiveRun | undefined;
  #coming: Promise<LiveRun> | undefined;
  #ended: Ended | undefined;

  constructor(parts: LaneParts, options: { onFrame: (frame: LiveFrame) => void; changed: () => void }) {
    this.#parts = parts;
    this.#onFrame = options.onFrame;
    this.#changed = options.changed;
  }

  /** Also when it is closing, and when it has ended and is not judged yet. */
  get live(): LiveRun | undefined {
    return this.#live;
  }

  get occupied(): boolean {
    return (this.#live ?? this.#coming) !== undefined;
  }

  /** Set from its end until `forget`. */
  get ended(): Ended | undefined {
    return this.#ended;
  }

  /** The living one, the one being made, or a new one. `jid`: a chat of the group. */
  obtain(group: Group, jid: string): Promise<LiveRun> {
    if (this.#live) return Promise.resolve(this.#live);
    this.#coming ??= this.#make(group, jid).finally(() => {
      this.#coming = undefined;
    });
    return this.#coming;
  }

  /** One that an earlier host has made. */
  adopt(group: Group, run: { runId: string; launched: Launched }): LiveRun {
    return this.#follow(group, run);
  }

  /** It has ended and was judged. */
  forget(): void {
    this.#live = undefined;
    this.#ended = undefined;
  }

  /** The living one, once there is none being made any more, or nobody can wait for that. */
  async settled(): Promise<LiveRun | undefined> {
    return this.#live ?? (await this.#coming?.catch(() => undefined));
  }

  /** For a host that goes. Resolves when it is gone, or after 10 s: then it is the next host's to find. Nothing is spent. */
  async kill(): Promise<void> {
    let live: LiveRun | undefined;
    let gaveUp = false;
    using _patience = this.#parts.clock.after(patienceMs, () => {
      gaveUp = true;
      live?.giveUp();
    });
    live = await this.settled();
    if (!live) return;
    await live.kill({ endedByUs: true });
    if (!gaveUp) await live.exited;
    else if (this.#parts.launcher.adopts) this.detach();
  }

  /** As `kill`, but it may save what it has first. */
  async close(): Promise<void> {
    const live = await this.settled();
    if (!live) return;
    live.close();
    const gone = new AbortController();
    void live.exited.then(() => gone.abort());
    if (await pause(this.#parts.clock, closingMs, gone.signal)) await this.kill();
  }

  /** It goes on without us. */
  detach(): void {
    this.#live?.detach();
    this.forget();
  }

  async #make(group: Group, jid: string): Promise<LiveRun> {
    const runId = randomUUID();
    const { launcher, calledOff } = this.#parts;
    const launching = untilAborted(launcher.launch(group, runId, calledOff), calledOff);
    launching.then(
      () => this.#parts.onMade(undefined),
      (error: unknown) => this.#noteFailure(error),
    );
    const launched = await launching;
    const live = this.#follow(group, { runId, launched });
    live.begin(startLineFor(this.#parts, { group, runId, jid }));
    return live;
  }

  #noteFailure(error: unknown): void {
    const failure = failureOfLaunch(error);
    if (failure.type === 'outside' && failure.cause === 'sandbox') this.#parts.onMade(failure.detail);
  }

  #follow(group: Group, run: { runId: string; launched: Launched }): LiveRun {
    const { clock, log, settings } = this.#parts;
    const { maxOutputBytes } = settings;
    const live = new LiveRun({ group, ...run, clock, log, maxOutputBytes, onFrame: this.#onFrame });
    this.#live = live;
    void live.exited.then((exit) => {
      this.#ended = { live, ...exit };
      this.#changed();
    });
    return live;
  }
}

/** Whatever kept a container from being made or given its work, the message is innocent of it. */
export function failureOfLaunch(error: unknown): Failure {
  const failure = failureOfError(error);
  return failure.type === 'message' ? { type: 'outside', cause: 'sandbox', detail: sentenceOf(error) } : failure;
}
