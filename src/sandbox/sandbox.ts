import type { Readable, Writable } from 'node:stream';

/** `engine`: everything below is honoured. `vm`: Apple's. `local`: mounts, network, non-root only. */
export type SandboxClass = 'engine' | 'vm' | 'local';
export const runtimeNames = ['docker', 'podman', 'container', 'local'] as const;
export type RuntimeName = (typeof runtimeNames)[number];

/** What a driver can do. Whatever a run asks for and a driver lacks is refused (`sandbox.cannot`), never dropped. */
export interface SandboxCapabilities {
  readonly runtime: RuntimeName;
  readonly class: SandboxClass;
  /** Memory, cpu and process limits. A run that names limits is refused where this is false. */
  readonly limits: boolean;
  readonly readOnlyRoot: boolean;
  /**
   * Runs outlive the host process and can be attached to again. Where false they end with the host, however it ends, or
   * are found by the next one and can only be removed.
   */
  readonly adopts: boolean;
  /** Bells written after an attach, or after our connection was cut, arrive. Where false the run lives by its 500 ms look. */
  readonly ringsAgain: boolean;
  /** The gateway's unix socket can be bound into the run; without it a run has no way out at all. */
  readonly socketMount: boolean;
}

export interface Mount {
  /** Absolute, resolved, and in a place where no agent can write (checked by mounts.ts). Must exist. */
  readonly source: string;
  /** Absolute, inside. A mount may lie in another one (`ipc` rw, `ipc/input` ro): the order given does not matter. */
  readonly target: string;
  readonly readOnly: boolean;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** `memory` in the engine's words (`2g`); `cpus` may be a fraction; `pids` below 256 hangs Chromium. */
export interface Limits {
  readonly memory: string;
  readonly cpus: number;
  readonly pids: number;
}

/**
 * One run as the host wants it. Identity is (install, group, run). What runs inside (image, or the host's own Node and
 * runner) was given to the driver when it was made. There is no network, whatever the mounts are.
 */
export interface RunSpec {
  /** Letters, digits and -: names this installation among others on the same engine. */
  readonly install: string;
  readonly group: string;
  /** UUID. */
  readonly run: string;
  readonly mounts: readonly Mount[];
  /** All of it: nothing of the host's own environment is handed on. One line each. Never shows in an argument list. */
  readonly environment: Readonly<Record<string, string>>;
  /** Never 0. Files made inside are this user's outside too. */
  readonly user: User;
  readonly limits: Limits | undefined;
}

/**
 * How a run ended by itself: 137 is SIGKILL, mostly the memory limit. `code` is null when a signal ended it or the engine
 * no longer knows. After `kill` or `remove` it says nothing.
 */
export interface RunExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/**
 * A run that lives. stdout and stderr must be drained at all times: a container blocks on a full pipe, its whole event
 * loop with it, and `exited` waits for the last byte to be read.
 */
export interface Run {
  readonly group: string;
  readonly run: string;
  /** The engine's name for it, for logs and people. */
  readonly name: string;
  /**
   * Bells, after the start line. Never errors: what cannot be written is dropped, and the 500 ms look of the runner makes
   * up for it. The driver begins the first write after every attach but the first with a newline, so that a line cut in
   * half by a crash harms nothing; ending it ends nothing.
   */
  readonly stdin: Writable;
  /** Lines printed while our connection was down are missing; files are the truth. Ends when the run has ended. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /**
   * Settles once, when the run itself (not our connection to it) has ended and nothing of it is left: its name is free.
   * Never rejects; stays open for ever after `detach`.
   */
  readonly exited: Promise<RunExit>;
  /**
   * Ends it now, with everything it started. Resolves when it is gone, `exited` too. Idempotent. Rejects
   * (`sandbox.unavailable`, `sandbox.failed`) when the engine did not do it within 30 s, or by `signal`; may then be called
   * again.
   */
  kill(signal?: AbortSignal): Promise<void>;
  /** Lets go of it without ending it; only where `adopts` (elsewhere it throws `sandbox.cannot`). Nothing of it is ours then. */
  detach(): void;
}

export interface FoundRun {
  readonly group: string;
  readonly run: string;
  readonly name: string;
  /** The engine's own id: a later run under the same name is never touched by mistake. */
  readonly id: string;
  /** False: it holds its name but does not run (made and never started, being removed). Only fit for `remove`. */
  readonly running: boolean;
}

/**
 * Where turns run. Errors: `sandbox.unavailable` (engine not answering: rows wait, the owner is told), `sandbox.no-image`
 * (cure names the build command), `sandbox.cannot` (a required property the driver lacks), `sandbox.name-taken` (a run of
 * this group is still there: find and remove or adopt it), `sandbox.failed` (anything else, with the engine's own words).
 */
export interface Sandbox {
  readonly capabilities: SandboxCapabilities;
  /** Resolves when runs can start. Throws `sandbox.unavailable` or `sandbox.no-image`. Settles within 10 s of calling. */
  check(signal?: AbortSignal): Promise<void>;
  /**
   * Starts one run and connects to it. The first line written to stdin is the start line. At most one run per group.
   * Settles within 60 s; when it throws (abort included: `sandbox.failed`), nothing of the run is left.
   */
  start(spec: RunSpec, signal?: AbortSignal): Promise<Run>;
  /** What is left of this install's runs, whoever started them. Empty for drivers that do not adopt. */
  find(install: string, signal?: AbortSignal): Promise<readonly FoundRun[]>;
  /** Connects to a found, running run again. Throws `sandbox.failed` when it is gone or does not run. */
  attach(found: FoundRun, signal?: AbortSignal): Promise<Run>;
  /** Ends a found run and everything of it. Absent is fine. */
  remove(found: FoundRun, signal?: AbortSignal): Promise<void>;
}
