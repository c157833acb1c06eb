import type { Place } from './chat.ts';

/** Nobody wants to wait for a more exact figure of missed occurrences. */
export const mostMissed = 100;

export const scheduleTypes = ['cron', 'interval', 'once'] as const;

/** When something happens. Values are v1's: a cron expression, milliseconds, a local time. */
export interface Schedule {
  readonly type: (typeof scheduleTypes)[number];
  readonly value: string;
}

/** `group`: in the group's own session. `isolated`: in one of its own that nothing is kept of. */
export const contextModes = ['group', 'isolated'] as const;
export type ContextMode = (typeof contextModes)[number];

export type TaskState = 'active' | 'paused' | 'done' | 'cancelled';

/** A schedule that writes inbox rows. */
export interface Task {
  /** `t1`, `t2` …; v1's files bring ids of their own. */
  readonly id: string;
  readonly group: string;
  readonly place: Place;
  readonly prompt: string;
  /** Run in the sandbox first: it decides whether the agent is woken. */
  readonly script: string | undefined;
  readonly schedule: Schedule;
  readonly contextMode: ContextMode;
  readonly state: TaskState;
  readonly pauseReason: string | undefined;
  /** Undefined when it does not come again. */
  readonly nextRunAt: number | undefined;
  /** Where an interval is counted from. */
  readonly anchorAt: number | undefined;
  /** In a row, up to the last run. */
  readonly failures: number;
  /** After a failure: no occurrence before then. 0: none to mind. */
  readonly notBefore: number;
  readonly createdAt: number;
  /** The chat it was asked for in, or `command line`. */
  readonly createdBy: string;
}

/** `silent`: its script, or the agent, had nothing to say. */
export type TaskOutcome = 'ok' | 'silent' | 'failed';

/** One occurrence that became a message. */
export interface TaskRun {
  readonly id: number;
  readonly taskId: string;
  readonly dueAt: number;
  readonly firedAt: number;
  /** How many occurrences it stands for besides its own: missed while the host was down, or the run before still went on. */
  readonly missed: number;
  /** Somebody asked for it; the schedule has nothing to do with it. */
  readonly byHand: boolean;
  /** Number of its message. */
  readonly message: number;
  readonly state: 'open' | TaskOutcome;
  readonly detail: string | undefined;
  readonly endedAt: number | undefined;
}
